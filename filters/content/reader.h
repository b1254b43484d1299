/* reader.h - reads a message as a person does: takes it apart, undoes transfer encodings and charsets, and writes what is
 * to be seen into a struct text, while the bytes come.  No body is kept.
 *
 * Once the text of a part is full it is only looked for files in it, and the parts are still told apart. */
#ifndef FILTERS_CONTENT_READER_H
#define FILTERS_CONTENT_READER_H

#include "filters/content/cms.h"
#include "filters/content/enclosed.h"
#include "filters/content/lines.h"
#include "filters/content/mime.h"
#include "filters/content/writer.h"

/* A part that others are in. */
struct reader_level {
	bool alternative;
	bool shown;      /* multipart/alternative: the part at work has text that a reader shows */
	uint32_t marked; /* paragraphs before it are judged */
	uint32_t begun;  /* where the part at work began */
	uint32_t bit; /* multipart/alternative, for who counts: one of its own; 0: none is left */
};

struct reader {
	struct text *text;
	struct body *body;    /* NULL: nobody looks */
	bool plain, html;     /* such parts are there, and shown */
	struct intake intake; /* the owner says for whom, before it begins */

	/* the rest is reader.c's own */
	struct mime mime;
	struct charsets *charsets;
	struct decoder decoder;
	size_t effort; /* of undoing a text's encoding, that is no step yet */
	struct enclosed enclosed;
	struct writer writer;
	struct lines lines;
	struct tally_text *counted; /* the part at work, where somebody counts */
	bool file;                  /* the part at work is one */
	bool encloses;              /* it is plain text, in which there may be files */
	bool raw;                   /* it has no text, but rules look at its bytes */
	bool preamble;              /* it is text until the first part begins */
	uint32_t mark;              /* where the preamble began */
	struct body body_mark;
	struct reader *inner; /* of a message in a transfer encoding, the part at work */
	bool is_signed;       /* the part at work is such a file, with a message in it */
	struct cms cms;
	unsigned within;             /* readers that are around it: it is one of those */
	struct reader_level *levels; /* LIMIT_MIME_DEPTH of them */
};

/* The text, its body and charsets outlive it; the text is given back by its owner. */
void reader_begin(struct reader *r, struct text *text, struct charsets *charsets,
		  struct str header);
void reader_feed(struct reader *r, struct str bytes);
void reader_finish(struct reader *r);
void reader_free(struct reader *r); /* of a zeroed one too */

#endif
