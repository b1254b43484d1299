/* mailbox.h - names and addresses in a header field, as whoever reads it sees them; pure.
 *
 * mail/address.h says who a message is from, and refuses what could be read in two ways; here something is found in
 * whatever there is, for rules to look at. */
#ifndef MAIL_MAILBOX_H
#define MAIL_MAILBOX_H

#include "base/out.h"

#include <stdbool.h>

struct mailbox {
	struct str name; /* as written: quotes and encoded words are in it; empty: there is none */
	struct str address; /* a view; empty: there is none with an '@' */
};

/* A field's value that is read; begins as { .rest = value }. */
struct mailboxes {
	struct str rest;
	bool open_quote,
		open_comment; /* what begins from here on does not end: it is not looked for again */
};

/* The next one.  False: there are no more.  All of them take time linear in the value. */
bool mailbox_next(struct mailboxes *m, struct mailbox *box);
/* The name on one line, without quotes and comments. */
void mailbox_put_name(const struct mailbox *box, struct out *o);

#endif
