/* facts.h - what filters are told of a mail, and what some of them tell the others.
 *
 * Filled by inspection/ as it becomes known; what a pointer leads to is written by one filter, and read by others from the
 * phase on that is named here. */
#ifndef FILTERS_FACTS_H
#define FILTERS_FACTS_H

#include "base/ip.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* What is known so far, read-only.  Fields of later phases are empty. */
struct filter_facts {
	struct ip client_ip; /* IP_NONE: not known, or not the client's own: say nothing of it */
	uint16_t client_port;
	struct str client_name;     /* confirmed by whoever told us; empty: not known, ask DNS */
	struct auth_client *client; /* filters/auth.h: written by `rdns` */
	struct str helo;            /* as the client wrote it */
	bool esmtp;                 /* EHLO, not HELO */
	bool tls, authenticated;
	struct str login;          /* as whom; empty: not known */
	struct str mail_from;      /* the address without brackets; empty: the null sender */
	struct str rcpt_to;        /* of the recipient whose run it is; empty in other scopes */
	bool stored;               /* it came at another time, and nobody says when */
	struct str header;         /* from PHASE_HEADER on: the section, with the empty line */
	uint64_t message_size;     /* from PHASE_END on */
	struct auth_spf *helo_spf; /* from PHASE_HELO on: of the greeting */
	struct auth *auth;         /* from PHASE_MAIL on: filters/auth.h says whose it is */
	struct relays *relays;     /* filters/received/relays.h: from PHASE_HEADER on */
	/* filters/content/text.h and attachments.h, by `content`; uri/uris.h, by `uri`: read in PHASE_ALIGN. */
	struct text *text;
	struct attachments *attachments;
	struct uris *uris;
	struct filter_recipients *recipients; /* filters/recipients.h; complete in PHASE_HEADER */
	struct bulk_facts *bulk;              /* filters/bulk/facts.h: written by `bulk` */
};

#endif
