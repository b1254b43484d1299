/* find.h - URIs in text, where programs that show mail make links of it, and some more; pure, in linear time.
 *
 * Found are addresses with a scheme (http, https, ftp, mailto), what begins with "www." or "ftp.", mail addresses, and
 * names that end in a top level that there is, with what stands behind them; and, as guesses, what only a person would
 * follow: "hxxp://", and names in front of punctuation. */
#ifndef FILTERS_URI_FIND_H
#define FILTERS_URI_FIND_H

#include "base/str.h"
#include "filters/suffixes.h"

enum uri_found {
	URI_FOUND_SCHEME, /* it begins with one, or with "www." or "ftp." */
	URI_FOUND_MAIL,   /* has an "@" */
	URI_FOUND_BARE,   /* a name, and what follows it */
	URI_FOUND_SPOILT, /* such a name, behind a scheme that is spoilt */
	URI_FOUND_GUESS,  /* a name, or an address with the scheme spoilt */
};

/* The URI as it is written, without punctuation at its end. */
typedef void uri_found_fn(void *ctx, struct str uri, enum uri_found how);

/* "www." and "www2." at its head; the length of that, 0: it begins otherwise. */
size_t uri_www_length(struct str s);

/* In UTF-8; to be called for whole paragraphs. */
void uri_find(struct str text, const struct suffixes *suffixes, uri_found_fn *found, void *ctx);

#endif
