/* body.h - what rules look at in a message's body, in the pieces in which they look at it.
 *
 * text.h is what a reader sees; this is what SpamAssassin shows its rules, so that they hit here what they hit there:
 *	BODY_RENDERED  all parts that are plain text or HTML, alternatives, attachments and what is hidden too, in the
 *		order of the message, in UTF-8; characters without any width are there.  A piece is what stands between
 *		empty lines, with the line end it ends in, and at most BODY_LINE bytes of it; runs of whitespace are one
 *		space.  The first piece is the subject.
 *	BODY_RAW       all parts that are text, their transfer encoding undone and nothing else; a piece is a part, or
 *		2 to 4 KB of it.  Lines end in LF.
 *	BODY_HEADERS   the header section of each part, the message's own first.
 * Only what is wanted is written.  LIMIT_PATTERN_VIEW bounds each. */
#ifndef FILTERS_CONTENT_BODY_H
#define FILTERS_CONTENT_BODY_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum body_kind { BODY_RENDERED, BODY_RAW, BODY_HEADERS, BODY_KINDS };
enum { BODY_LINE = 2048 };

/* One behind the other; zeroes behind the last. */
struct body_pieces {
	char *bytes;
	uint32_t *ends; /* of each, in `bytes` */
	uint32_t n, size, count, room;
};

enum body_gap { BODY_NO_GAP, BODY_SPACE, BODY_NEW_LINE, BODY_PARAGRAPH };

/* Whitespace that is due. */
struct body_space {
	bool before, behind; /* before the first line end in it, and behind the last */
	uint8_t lines;       /* 2: or more */
};

struct body {
	unsigned wanted; /* bit of enum body_kind */
	struct body_pieces pieces[BODY_KINDS];
	bool cut; /* there was more */

	/* the writer's own */
	struct body_space space;
	uint32_t left[BODY_HEADERS]; /* characters, bytes of the part that are still taken */
	bool begun;                  /* there is text already, be it whitespace */
	bool html, gap;              /* of the part at work; a gap came last */
	bool text_cr, held_cr;       /* BODY_RENDERED, BODY_RAW: it may belong to a line end */
};

static inline bool body_wants(const struct body *b, enum body_kind kind)
{
	return b->wanted & 1u << kind;
}

static inline struct str body_piece(const struct body_pieces *p, uint32_t i)
{
	const uint32_t at = i ? p->ends[i - 1] : 0;

	return (struct str){ .p = p->bytes + at, .n = p->ends[i] - at };
}

/* ---- for the writer; a struct with nothing but `wanted` is an empty body ---- */

void body_subject(struct body *b, struct str subject);
void body_part(struct body *b); /* one begins that has no others in it */
/* It is text; what is put then is whole characters of UTF-8. */
void body_begin_text(struct body *b, bool html);
void body_end_text(struct body *b);
void body_text(struct body *b, struct str s);
void body_gap(struct body *b, enum body_gap gap); /* an element of HTML that makes one */
/* About so many bytes of the part at work come next: there is room for them, and what is there is not moved for each few. */
void body_expect(struct body *b, size_t n);
void body_begin_raw(struct body *b);
void body_raw(struct body *b, struct str bytes);
void body_end_raw(struct body *b);
void body_header(struct body *b, struct str header);
void body_end(struct body *b);
void body_free(struct body *b);

/* Takes back what was put since: a copy of the struct is a mark. */
void body_rewind(struct body *b, const struct body *mark);

#endif
