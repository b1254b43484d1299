/* writer.h - writes the text of one part after another, from their decoded bytes: out of its charset, and as plain text or as
 * HTML shows it, into a struct text and what rules look at.  Which parts, and how they are seen, its owner says. */
#ifndef FILTERS_CONTENT_WRITER_H
#define FILTERS_CONTENT_WRITER_H

#include "filters/content/calendar.h"
#include "filters/content/charset.h"
#include "filters/content/entity.h"
#include "filters/content/html.h"
#include "filters/content/text.h"

enum writer_kind {
	WRITER_NONE, /* no part is at work */
	WRITER_PLAIN,
	WRITER_CALENDAR, /* plain text, when its lines are whole again */
	WRITER_HTML,
};

/* Zeroed but for the first two, which outlive it. */
struct writer {
	struct text *text;
	struct charsets *charsets;

	enum writer_kind kind; /* read-only for others */
	struct calendar calendar;
	struct charset charset;
	struct html markup;
	unsigned tags;      /* of HTML that may still name a charset */
	struct text hidden; /* of the part at work: it does not part the words around it */
	struct text aside;  /* of it, what some programs show in place of something else */
	uint16_t turned;    /* HTML: by which element what is written is turned about; 0: by none */
	bool parts; /* HTML: hidden text, or a seam, has come behind a letter, and nothing since */
	bool blank; /* not HTML: the line so far */
	uint32_t link; /* the "a" at work, from 1; 0: none */
};

/* A part begins, of which e is told; none is at work. */
void writer_open(struct writer *w, const struct entity *e, enum writer_kind kind,
		 enum text_sight sight);
void writer_put(struct writer *w, struct str bytes);
void writer_close(struct writer *w); /* also when none is at work */
void writer_free(struct writer *w);

#endif
