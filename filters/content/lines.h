/* lines.h - what the lines of a message's parts are like, their transfer encoding still on them, in numbers: for functions of
 * rules (filters/evals/plain.c).  As SpamAssassin counts; of a part the first LIMIT_LINES_PART bytes, of all
 * together LIMIT_LINES. */
#ifndef FILTERS_CONTENT_LINES_H
#define FILTERS_CONTENT_LINES_H

#include "filters/content/entity.h"

#include <stdbool.h>
#include <stdint.h>

/* Of all parts together. */
struct line_facts {
	uint64_t quoted_bytes,
		quoted_needless; /* quoted-printable; bytes that are quoted and need not be */
	bool quoted_long;        /* a line of more than 78 */
	uint32_t base64_line;    /* the longest line of base64, with its end */
	bool ascii_illegal;      /* plain text that says to be ASCII, and is not */
	uint64_t plain_bytes, unicode_marks; /* plain text as it is, "&#x20AC;" in it */
	uint64_t plain_size, html_size; /* of the last such part, once alternatives have begun */
	bool has_plain, has_html;
	uint32_t looked_at; /* bytes */
};

/* Of the part at work, which has no others in it.  Zeroed: none, or nobody counts. */
struct lines {
	struct line_facts *facts;
	uint64_t *size;
	bool quoted, base64, ascii, unquoted;
	uint32_t left; /* bytes of it that may still be looked at */

	uint32_t length; /* of the line at work */
	bool cr;         /* it came last */
	uint8_t code;    /* quoted: bytes of "=20" that have come; its digits */
	char digits[2];
	uint32_t trailing; /* quoted spaces at the end of the line so far */
	bool gap;          /* behind them a space that is not */
	uint8_t mark;      /* unquoted: bytes of "&#x20AC;" that have come */
};

/* A part begins; alternatives: a multipart/alternative has begun. */
void lines_begin(struct lines *l, struct line_facts *facts, const struct entity *e,
		 bool alternatives);
void lines_feed(struct lines *l, struct str bytes);
void lines_end(struct lines *l); /* also when none is at work */

#endif
