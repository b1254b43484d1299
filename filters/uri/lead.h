/* lead.h - whom a URI leads to, and how much of what stands in text is one; pure but for the Public Suffix List. */
#ifndef FILTERS_URI_LEAD_H
#define FILTERS_URI_LEAD_H

#include "filters/uri/host.h"

struct lead {
	const struct suffixes *suffixes;
	struct uris *uris; /* of the message, as uri_host_read() wants it; or NULL */
};

/* It is a name for something, not a place. */
bool lead_is_mail(struct str uri);
bool lead_is_placeless(struct str uri);

/* As it is written, or in the first of its forms (forms.h) that leads to a public name, guesses aside.  *traits: enum uri_trait.
 * False: it leads nowhere. */
bool lead_read(const struct lead *lead, struct str uri, struct uri_host *host,
	       uint16_t *traits) NODISCARD;

/* In one form or the other; or nobody knows. */
bool lead_is_public(const struct lead *lead, struct str uri);

/* Of a web address in text what readers take for it: no punctuation past ASCII is in its host, and nothing past ASCII
 * where that makes it none. */
struct str lead_in_text(const struct lead *lead, struct str uri);

#endif
