/* markup.h - for html.c: what is neither text nor a tag: comments, declarations, sections, scripts and style sheets (WHATWG HTML
 * 13.2.5.4, 13.2.5.15 and 13.2.5.41 and on).  A function takes some of `in`, and returns what is left of it. */
#ifndef FILTERS_CONTENT_MARKUP_H
#define FILTERS_CONTENT_MARKUP_H

#include "filters/content/html.h"

enum { MARKUP_BOGUS = 9 }; /* `matched` of markup that ends at the next ">" */

struct str markup_in_any(struct html *h, struct str in);
struct str markup_in_condition(struct html *h, struct str in);
struct str markup_in_comment(struct html *h, struct str in);
struct str markup_in_cdata(struct html *h, struct str in);
struct str markup_in_raw(struct html *h, struct str in);

/* html.c: for these. */
void html_put_text(struct html *h, struct str s);
void html_put_pieces(
	struct html *h); /* what text there is: whatever else happens comes behind it */
void html_keep(struct html *h, struct str s); /* in h->tag, as much as there is room for */
void html_begin_tag(struct html *h); /* what comes is in one; of its name what is kept has come */

#endif
