/* gather.h - writes a struct uris: what is found in a message's text, its references and its header, pure but for
 * charsets and the Public Suffix List. */
#ifndef FILTERS_URI_GATHER_H
#define FILTERS_URI_GATHER_H

#include "filters/content/text.h"
#include "filters/uri/host.h"
#include "filters/uri/redirect.h"
#include "filters/uri/uris.h"

struct gather {
	struct uris *uris;
	const struct suffixes *suffixes;
	enum uri_origin origin;      /* of what is found in text */
	struct redirects *redirects; /* NULL: there are none */
};

/* All references of its HTML, and then its paragraphs. */
void gather_text(struct gather *g, const struct text *text);
/* What people write; its URIs come from there. */
void gather_line(struct gather *g, struct str line, enum uri_origin origin);
/* A reference as it is written, in a document with this base.  NULL: it is none, or there is no room. */
struct uri *gather_reference(struct gather *g, struct str base, struct str reference,
			     enum uri_origin origin);

/* Whom a link's text says it leads to: the text is a URI, or has one with a scheme or "www." in it.  False: it does not
 * say. */
bool gather_promise(const struct gather *g, struct str text, struct uri_host *host) NODISCARD;

#endif
