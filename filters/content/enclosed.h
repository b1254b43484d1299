/* enclosed.h - files that are written into a text, found as its bytes come: uuencode (POSIX), yEnc (its draft 1.3).
 *
 * As programs that show mail have it: a "begin" counts when a line of such code follows, what is no code ends the file.
 * All else is text, and handed on as it is. */
#ifndef FILTERS_CONTENT_ENCLOSED_H
#define FILTERS_CONTENT_ENCLOSED_H

#include "filters/content/intake.h"

enum enclosed_state {
	ENCLOSED_TEXT,
	ENCLOSED_BEGUN, /* "begin 644 name": a line of code may follow */
	ENCLOSED_UU,
	ENCLOSED_YENC,
};

enum { ENCLOSED_LINE = 1024 }; /* a longer one is neither a beginning nor code */

struct enclosed {
	void (*text)(void *ctx, struct str bytes);
	void *ctx;
	struct intake *intake; /* the files are handed to it; nothing else is, while there is one */
	struct charsets *charsets;
	size_t effort; /* that files took, as decoder_effort() has it: whoever bounds it sets it back */

	/* the rest is enclosed.c's own; zeroed it is at the beginning of a text */
	enum enclosed_state state;
	bool in_line; /* this line is text, to its end */
	bool escaped; /* yEnc: by what came before */
	size_t held;  /* ENCLOSED_BEGUN: bytes of that line, in front in `line` */
	size_t n;
	char *line; /* on the heap, when there is one to be kept */
	size_t decoded_n;
	char *decoded; /* of the file at work, not handed on yet; on the heap, when there is one */
};

void enclosed_feed(struct enclosed *e, struct str bytes);
void enclosed_end(struct enclosed *e); /* of the text; another may begin */
void enclosed_free(struct enclosed *e);

#endif
