/* parts.h - a URI taken apart (RFC 3986 appendix B), and references put together with their base (5.2), pure. */
#ifndef FILTERS_URI_PARTS_H
#define FILTERS_URI_PARTS_H

#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

/* Without the characters that part them.  p == NULL: it is not there. */
struct uri_parts {
	struct str scheme, authority, path, query, fragment;
};

struct uri_parts uri_parts(struct str uri);

/* Bytes in front of the first of these characters; all, when there is none. */
size_t uri_until(struct str s, const char *set);

/* What the reference means in a document with this base; an empty base: none.  As much as fits. */
void uri_resolve(struct str base, struct str reference, struct out *o);

/* Where browsers go: without what they leave out and with "\" as "/", `http:` with any number of slashes.  False:
 * it is no web address. */
struct uri_place {
	struct str user; /* p == NULL: none */
	struct str host, rest;
};
bool uri_place(struct str uri, struct uri_place *place) NODISCARD;

#endif
