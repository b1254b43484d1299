/* received.h - what a Received field says of a handover (RFC 5321 4.4), as far as programs that write them say it; pure.
 *
 * RFC 5321 has one form, the field has hundreds: where the name by DNS stands and where what was said in EHLO depends on
 * who wrote it.  Read are the words and comments up to "by", by what is in them, not program by program; few are known by
 * name, where nothing else tells their form apart.  Rules for SpamAssassin expect its reading, and get it. */
#ifndef FILTERS_RECEIVED_RECEIVED_H
#define FILTERS_RECEIVED_RECEIVED_H

#include "base/ip.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

enum received_kind {
	RECEIVED_RELAY,
	RECEIVED_LOCAL, /* a handover that says nothing of a relay: within a machine, or without an address */
	RECEIVED_FETCHED,    /* from a mailbox: what stands below came by another way */
	RECEIVED_UNREADABLE, /* it should say something of a relay */
};

/* Views into the reader's bytes; empty: not said.  White space and any of []()<>|# in them are '!'. */
struct received {
	struct str ip, rdns, helo, by, id, ident, mail_from, auth;
	struct ip address; /* ip, where it is one */
	bool looked_up;    /* who wrote it asks DNS: that rdns is empty says that there is none */
};

/* As much as fits of the value is read; o is where the fields are. */
enum received_kind received_read(struct str value, struct out *o, struct received *r);

/* Makes what is no part of a relay's text a '!', in place. */
void received_mask(char *p, size_t n);

#endif
