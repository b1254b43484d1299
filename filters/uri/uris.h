/* uris.h - the URIs of a message: where they are, whom they lead to, and the forms in which rules see them.
 *
 * Written by the filter `uri` at the beginning of PHASE_END, and complete for all filters behind it in filters.def;
 * facts->uris is valid until the scope is over, and read-only for all others, except that hosts past ASCII are kept as
 * uri_host_read() meets them.
 *
 * Each URI is here once, and so is each host and each form.  LIMIT_URIS and its like bound it; `cut` says that there was
 * more. */
#ifndef FILTERS_URI_URIS_H
#define FILTERS_URI_URIS_H

#include "base/ip.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a URI is, as bits. */
enum uri_origin {
	URI_IN_TEXT = 1 << 0,
	URI_IN_SUBJECT = 1 << 1,
	URI_IN_NAME = 1 << 2, /* the name beside an address in From or Reply-To */
	URI_IN_FILE = 1 << 3, /* the name of an attachment */
	URI_IN_LINK = 1 << 4,
	URI_IN_IMAGE = 1 << 5, /* or what else is fetched to show the message */
	URI_IN_FORM = 1 << 6,  /* where a form is sent to */
	URI_IN_BASE = 1 << 7,
	URI_IN_URI = 1 << 8,   /* part of another one */
	URI_IN_ASIDE = 1 << 9, /* text that some programs show in place of something else */
};

/* What is notable about it, as bits. */
enum uri_trait {
	URI_MAIL = 1 << 0,
	URI_BARE = 1 << 1,    /* no program makes a link of it: no scheme, no "www." */
	URI_GUESS = 1 << 2,   /* nor does SpamAssassin see it */
	URI_USER = 1 << 3,    /* there is something with "@" in front of the host */
	URI_ESCAPED = 1 << 4, /* its host is written with % */
	URI_ODD_IP = 1 << 5,  /* its host is an address that does not look like one */
	URI_IP = 1 << 6,
	URI_SPOILT = 1 << 7, /* it is written so that no program follows it, as hxxp */
};

/* A text in `bytes`: a URI, a host, a form; or several of these at a time. */
struct uri_text {
	uint32_t at, n;
	uint16_t uri, site; /* which it is, from 1; 0: it is none */
	uint16_t ascii;     /* what IDNA makes of it as a host; itself: none; 0: it was not asked */
	bool form;          /* rules see it */
	bool refused;       /* it was taken for a URI, and leads nowhere; or only its head does */
};

struct uri {
	uint16_t text;    /* as it is written, with the scheme that is meant in front; from 1 */
	uint16_t site;    /* whom it leads to, from 1; 0: nobody */
	uint16_t origins; /* enum uri_origin, all of them */
	uint16_t traits;  /* enum uri_trait */
	uint16_t nested;  /* of how many others, of other domains, it is part */
	uint16_t link, last_link; /* of facts->text: those that lead there, from 1; 0: none */
	uint16_t
		promised; /* a text: another domain, to which a link says that it leads; 0: none does */
};

/* A host: a name of A-labels in lower case, or an address; see host.h. */
struct uri_site {
	uint16_t text;
	uint16_t origins; /* of all URIs that lead there */
	uint16_t traits;  /* those that all of them have */
	uint8_t domain_n; /* length of the registrable domain at its end; 0: none */
	struct ip ip;     /* IP_NONE: it has a name */
};

struct uris {
	char *bytes;
	struct uri_text *texts;
	struct uri *items;
	struct uri_site *sites;
	uint16_t *slots; /* a hash table of texts */
	uint16_t *
		next_links; /* of the links of facts->text: the next one to the same URI, as in struct uri */
	uint32_t n, size;
	uint32_t text_count, text_room, count, room, site_count, site_room, slot_room;
	uint32_t idn_n; /* bytes of hosts that IDNA was asked about */
	bool cut;
	bool unread;    /* there were more of these hosts */
	bool shortened; /* one was longer than LIMIT_URI */
};

/* By number, from 1. */
static inline struct str uris_text(const struct uris *u, uint16_t text)
{
	const struct uri_text *t = &u->texts[text - 1];

	return (struct str){ .p = u->bytes + t->at, .n = t->n };
}

/* The registrable domain; empty: there is none. */
static inline struct str uri_site_domain(const struct uris *u, const struct uri_site *site)
{
	const struct str name = uris_text(u, site->text);

	return str_from(name, name.n - site->domain_n);
}

/* ---- for the writer; a zeroed struct is an empty one ---- */

/* The text's number; 0: there is no room for another one. */
uint16_t uris_keep(struct uris *u, struct str text);
/* The number of a text that is kept; 0: it is not. */
uint16_t uris_find(const struct uris *u, struct str text);
/* The URI, the site that a text is; a new one has nothing but its text.  NULL: no room. */
struct uri *uris_item(struct uris *u, uint16_t text);
struct uri_site *uris_site(struct uris *u, uint16_t text);
void uris_free(struct uris *u);

#endif
