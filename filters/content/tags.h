/* tags.h - the elements of HTML that mean something here, by number, and what they are (tags.def). */
#ifndef FILTERS_CONTENT_TAGS_H
#define FILTERS_CONTENT_TAGS_H

#include "base/str.h"
#include "filters/content/body.h"

#include <stdint.h>

/* tags.def: what an element is. */
enum {
	HTML_BLOCK = 1,
	HTML_CELL = 2,
	HTML_VOID = 4,
	HTML_RAW_TEXT = 8,
	HTML_SELF = 16,
	HTML_GAP = 32, /* enum body_gap times this */
	HTML_SPACE = HTML_GAP * BODY_SPACE,
	HTML_NEW_LINE = HTML_GAP * BODY_NEW_LINE,
	HTML_PARAGRAPH = HTML_GAP * BODY_PARAGRAPH,
	HTML_4 = 128,
	HTML_LAYOUT = HTML_4 - 1, /* all but that */
	HTML_UNSEEN = 256,
	HTML_ENDS_P = 512,
	HTML_LITERAL = 1024,
	HTML_RCDATA = 2048,
	HTML_IN_SVG = 4096,
	HTML_IN_MATH = 8192,
	HTML_BREAKS_OUT = 16384,
};

enum tag {
#define TAG(NAME, FLAGS) TAG_##NAME,
#include "filters/content/tags.def"
#undef TAG
	TAG_COUNT,
	TAG_OTHERS = 128, /* and on: of names that are not in the table, by hash */
};

struct html_tag_row {
	struct str name;
	unsigned flags;
};
extern const struct html_tag_row html_tags[TAG_COUNT]; /* in the order of their names */

/* TAG_OTHERS and on: it is none of them. */
uint8_t html_tag_number(struct str name);

static inline struct str html_tag_name(uint8_t tag) /* of one of them */
{
	return html_tags[tag].name;
}

static inline unsigned html_tag_flags(uint8_t tag)
{
	return tag < TAG_COUNT ? html_tags[tag].flags : 0;
}

static inline bool html_tag_is_of_html4(uint8_t tag)
{
	return html_tag_flags(tag) & HTML_4;
}

/* One in which tags are text. */
static inline bool html_tag_reads_entities(uint8_t tag)
{
	return html_tag_flags(tag) & HTML_RCDATA;
}

#endif
