/* element.h - for html.c: what a tag means for what is seen. */
#ifndef FILTERS_CONTENT_ELEMENT_H
#define FILTERS_CONTENT_ELEMENT_H

#include "filters/content/html.h"
#include "filters/content/tags.h"

/* A whole tag, without "<" and ">": opens or closes elements, tells what is referred to, sets the state behind it. */
void html_tag(struct html *h, struct str tag);
bool html_is_hidden(const struct html *h);
bool html_is_mute(const struct html *h);    /* text at work is none: it is a script in SVG */
bool html_is_foreign(const struct html *h); /* what is at work is in an element of SVG or MathML */
/* The number of the element whose text is read from its end to its beginning; 0: there is none around what is at work. */
uint16_t html_turned(const struct html *h);
struct look html_look(const struct html *h); /* of the text at work; only where somebody counts */
/* late.c: something is open that a style sheet which comes now may be for, and nobody knows any more: it had a class or an id, or a name
 * that is not in tags.def. */
bool html_is_late(const struct html *h);
/* Finds what of the sheet is so of what is open; its rows behind the first ones that came before may colour it. */
void html_match_open(struct html *h, unsigned before);

/* claims.c: an element that begins like what is around it: changes e by its attributes and what the style sheet says of it,
 * tells what it refers to. */
void html_claims(struct html *h, struct html_element *e, struct str name, struct str attributes);

/* What an element has to show that is no text of the document. */
struct html_aside {
	struct str type, value,
		label; /* of a field: its type, what it is filled in with, what stands in it until it is */
	struct str alternative; /* of an image */
	struct str document;    /* of an iframe */
};
/* aside.c: tells of it; the attributes are as they are written. */
void html_tell_aside(struct html *h, uint8_t tag, const struct html_aside *aside);
/* The same of what a comment says to programs that its condition is true of: it begins, goes on, and ends, if it had begun. */
void html_begin_condition(struct html *h);
void html_feed_condition(struct html *h, struct str bytes);
void html_end_condition(struct html *h);

/* entities.c: the character that stands behind "&" at the head of s, letters and digits up to what ends them; how many bytes
 * of s are its name: less than all of them where the rest is text ("&#105agra", "&ampc"); 0: it is none. */
size_t html_entity(struct str s, uint32_t *point);

/* What is said of an element that hides it: a bit for each property, so that a later declaration takes back what an earlier one
 * of it said. */
enum html_hidden {
	HTML_BY_DISPLAY = 1 << 0,
	HTML_BY_VISIBILITY = 1 << 1, /* the only one that an element within can take back */
	HTML_BY_OPACITY = 1 << 2,
	HTML_BY_FILTER = 1 << 3,
	HTML_BY_INDENT = 1 << 4,
	HTML_BY_MARGIN_LEFT = 1 << 5,
	HTML_BY_MARGIN_TOP = 1 << 6,
	HTML_BY_CLIP_PATH = 1 << 7,
	HTML_BY_TRANSFORM = 1 << 8,
	HTML_BY_SCALE = 1 << 9,
	HTML_BY_NATURE = 1 << 10, /* <title> and its like */
	HTML_BY_BOX = 1 << 11,    /* no room in it, and what runs over is cut off */
	HTML_BY_PLACE = 1 << 12,  /* it is placed where nobody sees it, or cut away there */

	/* These only together, up to html_conclude(). */
	HTML_IF_NARROW = 1 << 13,
	HTML_IF_LOW = 1 << 14,
	HTML_IF_KEPT_NARROW = 1 << 15, /* max-width */
	HTML_IF_KEPT_LOW = 1 << 16,
	HTML_IF_CLIPPED = 1 << 17,
	HTML_IF_LEFT = 1 << 18,
	HTML_IF_RIGHT = 1 << 19,
	HTML_IF_TOP = 1 << 20,
	HTML_IF_CUT = 1 << 21,
	HTML_IF_PLACED = 1 << 22,
	HTML_IF_INLINE = 1 << 23, /* it is no block, whatever it is called */
	HTML_BY_ALL = (1 << 24) - 1,
};

/* Which of several declarations. */
enum html_weight {
	HTML_NORMAL,
	HTML_IMPORTANT, /* "!important" behind it */
};

/* style.c: what declarations of a weight, without comments and escapes, say of the element.  Returns how many steps that took. */
unsigned html_style(struct html_element *e, struct str style, enum html_weight weight);
/* All has been said of e: what of it hides it together. */
void html_conclude(struct html_element *e);
/* What all of them say of its look; the same. */
unsigned html_style_look(struct look *look, struct str style);
/* color.c: as attributes have it; HTML_NO_COLOR: none that is known. */
uint32_t html_color(struct str value);
/* In per cent. */
unsigned html_color_opacity(struct str value);
/* Of a name; HTML_NO_COLOR: it is none. */
uint32_t html_color_named(struct str name);

#endif
