/* attribute.h - for html.c: the attributes in a tag (WHATWG HTML 13.2.5.32 and on), and where they lead. */
#ifndef FILTERS_CONTENT_ATTRIBUTE_H
#define FILTERS_CONTENT_ATTRIBUTE_H

#include "base/out.h"
#include "filters/content/html.h"

/* As they are written; the value without its quotes. */
struct attribute {
	struct str name, value;
};

/* The next of a tag's attributes, stepped over in *rest; false: there is none. */
bool attribute_next(struct str *rest, struct attribute *a);
/* A value without its entities, as much as there is room for; steps are added. */
struct str attribute_text(struct str value, struct out *o, uint32_t *steps);
/* A value without its entities, tabs and line ends (WHATWG URL 4.4), the same. */
struct str attribute_value(struct str value, struct out *o, uint32_t *steps);
struct str attribute_trim(struct str s); /* of the spaces of HTML */
/* reference.c: of an element of enum tag: tells of what the attribute refers to, of which there may be several. */
void attribute_refer(struct html *h, uint8_t tag, const struct attribute *a);
/* Of all url() in declarations. */
void reference_styles(struct html *h, struct str styles);

static inline bool attribute_is_space(char c)
{
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f');
}

#endif
