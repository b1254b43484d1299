/* mime.h - the parts of a message (RFC 2045, 2046) as its bytes come, in pieces of any size.  Pure but for a buffer.
 *
 * Begin with the header section; feed the rest; finish.  What comes out are three events: a part begins (its header
 * section is complete), bytes of a body, the part ends.  Parts within a part come between its begin and its end;
 * there is one body at a time.  Body bytes are as they came, their transfer encoding still on them: decoder_take().
 *
 * As programs that show mail have it:
 *	a boundary is a whole line, but for whitespace at its end; of open multiparts the innermost that fits is meant;
 *	a multipart whose boundary nobody gives is text; one that never begins has its preamble for a body;
 *	a header section that does not end has no body behind it, and is one itself when no field is in it;
 *	behind its last boundary a multipart has nothing to show.
 *
 * Limits do not fail: what lies beyond is not looked into, and `problems` says so.  Time is linear in the bytes; memory
 * is bounded by LIMIT_MIME_HEADER and LIMIT_MIME_DEPTH. */
#ifndef FILTERS_CONTENT_MIME_H
#define FILTERS_CONTENT_MIME_H

#include "base/limits.h"
#include "filters/content/boundary.h"
#include "filters/content/entity.h"
#include "filters/content/signs.h"

#include <stdbool.h>
#include <stdint.h>

#define MIME_PROBLEMS(X)                                                                           \
	X(LIMIT_PARTS, "more parts than are looked at")                                            \
	X(LIMIT_DEPTH, "parts nested deeper than is looked at")                                    \
	X(LIMIT_HEADER, "header sections of parts longer than is looked at")                       \
	X(LIMIT_LINES, "more lines like boundaries than are looked at")                            \
	X(NO_BOUNDARY, "a multipart without a boundary")                                           \
	X(NO_PARTS, "a multipart without parts")                                                   \
	X(NOT_CLOSED, "a multipart without an end")                                                \
	X(TWICE, "a field that says twice what a part is")                                         \
	X(ENCODED, "a multipart in a transfer encoding")                                           \
	X(PARTIAL, "a piece of a message, of which no piece can be judged")                        \
	X(EXTERNAL, "a part that lies elsewhere, and may change after it was judged")

enum mime_problem {
#define X(ID, ABOUT) MIME_##ID,
	MIME_PROBLEMS(X)
#undef X
		MIME_PROBLEM_COUNT
};

enum mime_kind {
	MIME_LEAF,
	MIME_MULTIPART,
	MIME_MESSAGE, /* message/rfc822: one part follows, the message in it */
};

struct mime_part {
	unsigned number; /* in the order of their beginnings; 0: the message */
	unsigned parent; /* of it; its own: the message */
	unsigned depth;  /* parts around it */
	enum mime_kind kind;
};

struct mime_events {
	/* The entity's texts are valid during the call. */
	void (*begin)(void *ctx, const struct mime_part *part, const struct entity *entity);
	void (*body)(void *ctx, const struct mime_part *part, struct str bytes);
	void (*end)(void *ctx, const struct mime_part *part);
};

enum mime_state { MIME_HEADER, MIME_BODY, MIME_OVER };
enum mime_eol { MIME_EOL_NONE, MIME_EOL_CR, MIME_EOL_LF, MIME_EOL_CRLF };

/* A part that others are in. */
struct mime_frame {
	struct mime_part part;
	bool digest, begun; /* begun: its first part has come */
};

/* What of a mail is looked at yet: a parser of a message that is in a part goes on with what is left, and gives it back. */
struct mime_room {
	unsigned parts;
	size_t header;  /* bytes of header sections */
	uint32_t lines; /* that begin with "--" */
};

struct mime {
	const struct mime_events *events;
	void *ctx;
	struct mime_room left;
	unsigned problems; /* bit of enum mime_problem */
	unsigned signs;    /* enum mime_sign */
	unsigned count, depth;

	/* the rest is mime.c's own */
	enum mime_state state;
	enum mime_eol held; /* a line end: of the body, or of the boundary that may follow */
	bool line_start;
	bool leaf_open;
	bool of_part; /* MIME_HEADER: it is a part's, not that of a message in one */
	struct mime_part leaf;
	char *buffer; /* a header section so far; in a body, a line that may be a boundary */
	size_t n, size, line_at;
	bool cut; /* bytes of the line at work did not fit; of a header section, all lines behind it are left out */
	bool header_full;
	struct mime_frame *frames;
	struct boundaries boundaries; /* a level a frame; a message has none */
};

/* header: with its empty line, if it has one.  Events must outlive m. */
void mime_begin(struct mime *m, const struct mime_events *events, void *ctx, struct str header);
void mime_feed(struct mime *m, struct str bytes);
void mime_finish(struct mime *m); /* every part that is open ends */
void mime_free(struct mime *m);   /* of a zeroed one too */

#endif
