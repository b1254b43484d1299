/* word.h - what stands in the tags of signatures and keys (RFC 6376 3.5, 3.6.1): lists and names, pure. */
#ifndef FILTERS_DKIM_WORD_H
#define FILTERS_DKIM_WORD_H

#include "base/str.h"

#include <stdbool.h>

/* The next item of a list with colons between; items are trimmed and may be empty.  rest->p == NULL: it was the
 * last. */
struct str dkim_item(struct str *rest);

/* Names with dots between, of letters, digits, "-" and "_", as d= and s= are; at most LIMIT_DOMAIN bytes. */
bool dkim_domain_ok(struct str domain);

/* Nothing past ASCII, no NUL: what libopendkim is shown. */
bool dkim_ascii(struct str s);

#endif
