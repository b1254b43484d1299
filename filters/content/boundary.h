/* boundary.h - the boundaries of the multiparts that are open, outermost first, and which of them a line is (RFC 2046
 * 5.1.1).  A line costs time by its length and, where it has the hash of a boundary, one comparison. */
#ifndef FILTERS_CONTENT_BOUNDARY_H
#define FILTERS_CONTENT_BOUNDARY_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct boundary {
	size_t at, n; /* in `bytes` */
	uint32_t hash;
	bool open; /* lines are compared with it */
};

/* Zeroed: empty, and no memory taken. */
struct boundaries {
	char *bytes;
	size_t n, size;
	struct boundary *rows; /* LIMIT_MIME_DEPTH of them */
	unsigned depth, open;
	uint8_t firsts[256]; /* how many of those that are open begin with this byte */
};

/* One level more; an empty one is no boundary.  At most LIMIT_MIME_DEPTH levels, LIMIT_MIME_BOUNDARY bytes. */
void boundaries_push(struct boundaries *b, struct str boundary);
void boundaries_pop(struct boundaries *b);
void boundaries_close(struct boundaries *b,
		      unsigned level); /* its end has come: looked for no more */
bool boundaries_closed(const struct boundaries *b, unsigned level);

/* Whether a boundary that is looked for begins with this byte: most lines are told apart by that. */
static inline bool boundaries_begin_with(const struct boundaries *b, char c)
{
	return b->firsts[(uint8_t)c] > 0;
}

/* line begins with "--" and has no line end.  The innermost level whose boundary it is, and whether it ends the multipart;
 * -1: none. */
int boundaries_find(const struct boundaries *b, struct str line, bool *closes);
void boundaries_free(struct boundaries *b);

/* Without the whitespace that may stand at the end of such a line, and of a boundary. */
struct str boundary_trim(struct str s);

#endif
