/* html.h - HTML as its bytes come: the text that is in it, and how it is seen (WHATWG HTML 13.2.5).  Pure.
 *
 * A tokenizer, not a parser: no tree, and of the elements that are open only what they say of colours, size and
 * visibility, LIMIT_HTML_DEPTH deep.  Time is linear in the bytes.  Nothing is ever wrong: what is no tag is text. */
#ifndef FILTERS_CONTENT_HTML_H
#define FILTERS_CONTENT_HTML_H

#include "base/limits.h"
#include "base/str.h"
#include "filters/content/body.h"
#include "filters/content/look.h"
#include "filters/content/sheet.h"
#include "filters/content/skeleton.h"
#include "filters/content/text.h"

#include <stdbool.h>
#include <stdint.h>

struct html_reference {
	enum text_link_kind kind;
	uint8_t tag;       /* it is in: of tags.def, where it is less than TAG_COUNT */
	bool has_text;     /* up to link_end() */
	struct str target; /* entities undone */
};

/* What happens, in the order of the document.  Texts are valid during the call. */
struct html_events {
	/* Whole characters of UTF-8, entities undone. */
	void (*text)(void *ctx, struct str text, bool hidden);
	/* A cell of a table, a line's end; hidden: it is between hidden text alone. */
	void (*space)(void *ctx, bool hidden);
	void (*block)(void *ctx, bool hidden); /* text before and behind it are apart; the same */
	void (*seam)(
		void *ctx); /* an element that parts no text, though rules may take it for one that does */
	void (*gap)(void *ctx,
		    enum body_gap gap); /* body.h: by this tag alone, not by how it is seen */
	void (*reference)(void *ctx, const struct html_reference *reference);
	void (*link_end)(void *ctx);                 /* the text of an "a" is over */
	void (*charset)(void *ctx, struct str name); /* what a "meta" says the text is in */
	/* Text that some programs show, perhaps in place of something else (aside.c), as text comes; it is over. */
	void (*aside)(void *ctx, struct str text);
	void (*aside_end)(void *ctx);
};

enum html_state {
	HTML_TEXT,
	HTML_ENTITY,    /* behind "&" */
	HTML_OPEN,      /* behind "<" */
	HTML_END_NAME,  /* behind "</", where one end tag alone is one */
	HTML_TAG,       /* in a tag, up to ">" */
	HTML_MARKUP,    /* behind "<!", "<?" or "</" and no name, up to ">" */
	HTML_CONDITION, /* at the head of a comment: "[if mso]>" */
	HTML_COMMENT,   /* up to "-->" or "--!>" */
	HTML_CDATA,     /* up to "]]>": text */
	HTML_RAW,       /* in a script or a style, up to its end tag */
};

/* Where in a tag (WHATWG HTML 13.2.5.8 and on). */
enum html_place {
	HTML_PLACE_TAG,    /* in its name */
	HTML_PLACE_NAMES,  /* in the name of an attribute, before or behind it */
	HTML_PLACE_VALUE,  /* behind "=" */
	HTML_PLACE_BARE,   /* in a value */
	HTML_PLACE_QUOTED, /* in one in quotes */
};

/* An element that is open, for those within. */
struct html_element {
	uint8_t tag;
	bool tiny;
	bool mute;         /* text in it is none */
	uint8_t realm;     /* enum html_realm */
	bool claims;       /* it has a class or an id */
	bool styled;       /* it has a style of its own */
	uint8_t direction; /* enum html_direction */
	uint8_t order;     /* enum html_letter_order: of itself alone */
	bool flows;        /* its text goes on with what is around, whatever it is called */
	uint32_t hidden;   /* bits of enum html_hidden */
	uint16_t turned;   /* html_turned() */
	uint32_t color, background; /* 0xrrggbb, or an enum html_color */
	uint32_t links;             /* the colour of links, the same */
	uint64_t own,
		around; /* of what style sheets ask for around others: what it is, and with it all around it */
	struct look look; /* while somebody counts */
};

/* What elements in one are. */
enum html_realm { HTML_OF_HTML, HTML_OF_SVG, HTML_OF_MATH, HTML_OF_HTML_AGAIN /* within such */ };

enum html_direction { HTML_ANY_DIRECTION, HTML_TO_RIGHT, HTML_TO_LEFT };
/* Whether all of its text goes in its direction, or what is around has no say. */
enum html_letter_order { HTML_ANY_ORDER, HTML_OVERRIDDEN, HTML_APART };

enum html_color {
	HTML_NO_COLOR = 1 << 24, /* nobody knows which */
	HTML_CLEAR,              /* of text: none, it is not seen on anything */
	HTML_INHERIT,            /* while a tag is read: that of what is around */
	HTML_UNSAID,             /* while a style sheet is read: nothing is said of it */
};

enum { HTML_PIECES = 256 };

struct html {
	const struct html_events *events;
	void *ctx;
	enum html_state state;
	enum html_place place; /* HTML_TAG: in which part of it */
	char quote;            /* HTML_PLACE_QUOTED: by which */
	bool named;            /* HTML_PLACE_NAMES: an attribute has begun */
	bool literal;          /* tags are text, up to the end tag of `raw` */
	uint8_t raw;           /* HTML_RAW, `literal`: the tag that began it */
	uint8_t matched;       /* bytes of what ends a comment or raw text that have come */
	bool elsewhere;        /* HTML_RAW: a style sheet that is not for screens */
	uint8_t body;          /* which colours a <body> has said: bits of claims.c */
	bool line;             /* a <br>, and no text since */
	char *tag;             /* the tag so far, without "<", if it came in pieces */
	uint32_t n, size;
	char entity[LIMIT_HTML_ENTITY];
	uint8_t entity_n;
	char pieces[HTML_PIECES]; /* of text that are short: one event for many */
	uint16_t pieces_n;
	struct html_element *open;    /* LIMIT_HTML_DEPTH of them, and room for one more */
	uint32_t depth, beyond;       /* beyond: open past the limit */
	uint16_t counts[256];         /* of open elements by tag */
	uint8_t recent[32];           /* tags met last, by their names */
	uint32_t turns;               /* elements that turned their text about */
	uint32_t steps;               /* so many were taken since the owner cleared it */
	struct html *under_condition; /* what a comment says to some programs; NULL: nothing */
	struct sheet *sheet;          /* of style elements; NULL: there is none */
	struct tally_html *tally;     /* NULL: nobody counts */
	struct skeleton *skeleton;    /* NULL: nobody looks at it */
};

/* A zeroed struct with events and ctx is at the beginning. */
void html_feed(struct html *h, struct str bytes);
void html_end(struct html *h);  /* what was begun and is no tag is text */
void html_free(struct html *h); /* of a zeroed one too */

#endif
