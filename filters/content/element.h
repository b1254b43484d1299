/* element.h - for html.c: what a tag means for what is seen. */
#ifndef FILTERS_CONTENT_ELEMENT_H
#define FILTERS_CONTENT_ELEMENT_H

#include "filters/content/html.h"

/* A whole tag, without "<" and ">": opens or closes elements, tells what is referred to, sets the state behind it. */
void html_tag(struct html *h, struct str tag);
bool html_is_hidden(const struct html *h);
struct str html_tag_name(uint8_t tag); /* of one in tags.def */

/* entity.c: the character that "&name;" is, name without both; 0: none. */
uint32_t html_entity(struct str name);

/* style.c: what the value of a style attribute says of the element.  Returns how many declarations are in it. */
unsigned html_style(struct html_element *e, struct str style);
/* A colour as attributes have it; HTML_NO_COLOR: none that is known. */
uint32_t html_color(struct str value);

#endif
