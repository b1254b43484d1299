/* tags.h - a tag list (RFC 6376 3.2), the form of DKIM-Signature and of key records: bytes in, tags out; pure. */
#ifndef FILTERS_DKIM_TAGS_H
#define FILTERS_DKIM_TAGS_H

#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

enum dkim_tags { DKIM_TAGS_ONE, DKIM_TAGS_END, DKIM_TAGS_BAD };

/* The next tag of *rest, without the whitespace around its name and value; within a value folds are still there.
 * The list was dkim_text_ok(). */
enum dkim_tags dkim_tags_next(struct str *rest, struct str *name, struct str *value);

/* Printable ASCII, spaces and tabs; a CRLF only where a line is folded. */
bool dkim_text_ok(struct str text);

struct str dkim_trim(struct str s); /* without folding whitespace at its ends */
bool dkim_has_space(struct str s);
void dkim_squeeze(struct str s, struct out *o); /* without any whitespace */

/* The next item of a list with colons between; items are trimmed and may be empty.  *rest.p == NULL: it was the
 * last. */
struct str dkim_item(struct str *rest);

/* Names with dots between, of letters, digits, "-" and "_", as d= and s= are; at most LIMIT_DOMAIN bytes. */
bool dkim_domain_ok(struct str domain);

#endif
