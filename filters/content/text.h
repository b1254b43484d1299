/* text.h - what a message says, as whoever reads it sees it: UTF-8, in paragraphs, the subject first.
 *
 * Written by the filter `content` while the message arrives; complete in PHASE_ALIGN, where other filters read it from
 * facts->text.  Everything is valid until the scope is over, and read-only for all but `content`.
 *
 * A paragraph is what stands between two empty lines of plain text, or between two blocks of HTML.  Runs of whitespace
 * are one space, ends of lines too; there is none at either end of it, and no empty paragraph.  Characters without any
 * width are left out: nobody sees them, and they are there to part words.  What is shown from right to left though its letters
 * are not (U+202E, <bdo>) is here in the order in which it is read.
 *
 * All text parts are here, each with how it is seen.  A reader shows one of alternatives, the last that he can (RFC 2046
 * 5.1.4).
 *
 * LIMIT_TEXT and its like bound it; `cut` says that there was more.  A part may have half of what is left, so that one that is
 * made to come to a limit, and perhaps shown to nobody, takes no part behind it out of sight. */
#ifndef FILTERS_CONTENT_TEXT_H
#define FILTERS_CONTENT_TEXT_H

#include "base/str.h"
#include "filters/content/skeleton.h"

#include <stdbool.h>
#include <stdint.h>

struct body;
struct tally;

/* TEXT_ASIDE: of HTML, what some programs show in place of something else; rules on the body and on URIs do not see it (aside.c). */
enum text_source { TEXT_SUBJECT, TEXT_PLAIN, TEXT_HTML, TEXT_ASIDE };

enum text_sight {
	TEXT_SHOWN, /* what everybody sees */
	TEXT_OTHER, /* in an alternative that most do not see, in an attachment, or shown by some programs (aside.c) */
	TEXT_HIDDEN, /* in HTML that is shown, but so that it is not to be seen */
};

struct text_paragraph {
	uint32_t at, n; /* in `bytes` */
	uint8_t source; /* enum text_source */
	uint8_t sight;  /* enum text_sight */
};

enum text_link_kind { TEXT_LINK, TEXT_IMAGE, TEXT_FORM, TEXT_BASE };

/* What HTML refers to, as it is written there, entities undone. */
struct text_link {
	uint32_t at, n; /* the reference, in `references` */
	uint32_t from,
		to;    /* TEXT_LINK: what is shown for it, in `bytes`; it may run over paragraphs */
	uint8_t kind;  /* enum text_link_kind */
	uint8_t tag;   /* it is in: see struct html_reference */
	bool has_text; /* TEXT_LINK: something may be shown for it */
	bool has_image;
};

/* What reading has come to, or may come to. */
struct text_effort {
	uint32_t bytes, paragraphs, steps;
};

struct text {
	char *bytes, *references;
	struct text_paragraph *paragraphs;
	struct text_link *links;
	uint32_t n, size, references_n, references_size;
	uint32_t count, room, link_count, link_room;
	uint32_t parted; /* words within which there is text that is hidden */
	bool cut;
	bool turned;       /* letters were written from the last to the first, and are not here */
	bool costly;       /* and that because of LIMIT_TEXT_STEPS: it is made of what is no text */
	struct body *body; /* filters/content/body.h: what rules look at; NULL: there are none */
	struct tally *tally;      /* filters/content/tally.h; NULL: nobody counts */
	struct skeleton skeleton; /* of the HTML that is shown */

	/* the writer's own */
	bool open;          /* the last paragraph goes on */
	bool full;          /* no text of the part at work is taken any more */
	bool turning;       /* what comes is shown from right to left */
	uint32_t turn_from; /* up to which it is in order: `turning` */
	bool space;         /* and a space is due in it before what comes next */
	uint8_t source, sight;
	uint32_t steps;
	uint64_t
		decoding; /* the reader's: what undoing files' encodings has taken (LIMIT_DECODING) */
	struct text_effort kept; /* of the limits, for the parts behind the one at work */
};

static inline struct str text_paragraph(const struct text *t, uint32_t i)
{
	return (struct str){ .p = t->bytes + t->paragraphs[i].at, .n = t->paragraphs[i].n };
}

static inline struct str text_reference(const struct text *t, uint32_t i)
{
	const char *all = t->references; /* NULL: all of them are empty */

	return (struct str){ .p = all ? all + t->links[i].at : NULL, .n = t->links[i].n };
}

/* ---- for the writer; a zeroed struct is an empty text ---- */

/* A part begins: it may have half of what is left, and is full where that is too little. */
void text_begin_part(struct text *t);
/* Reading it took so many steps; it may be full then. */
void text_add_steps(struct text *t, uint32_t steps);
/* From here on: ends the paragraph, if anything changes. */
void text_mode(struct text *t, enum text_source source, enum text_sight sight);
/* About so many bytes come next: there is room for them, and what is there is not moved for each few. */
void text_expect(struct text *t, size_t n);
/* Whole characters of UTF-8.  True: some of it can be seen. */
bool text_put(struct text *t, struct str s);
void text_space(struct text *t); /* a space, if something comes behind it */
void text_break(struct text *t); /* ends the paragraph, and turns no more */
/* What comes is written in the order in which it is read, or from its end to its beginning. */
void text_turn(struct text *t, bool on);
void text_turn_last(struct text *t); /* what has come since */

/* What is here already is as it is read. */
static inline void text_settle(struct text *t)
{
	if (t->turning)
		text_turn_last(t);
}
/* Takes back all paragraphs from this one on. */
void text_rewind(struct text *t, uint32_t count);
/* How paragraphs that were shown are seen. */
void text_demote(struct text *t, uint32_t from, uint32_t to);
/* What it ends with so far is a letter of ASCII. */
static inline bool text_in_word(const struct text *t)
{
	return t->open && !t->space && ascii_alpha(t->bytes[t->n - 1]);
}

/* A reference; its index is link_count - 1 then.  False: it is left out, there are too many. */
bool text_refer(struct text *t, enum text_link_kind kind, struct str reference);
void text_free(struct text *t);

#endif
