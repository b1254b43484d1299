/* boundary.h - the boundaries of the multiparts that are open, outermost first, and which of them a line is (RFC 2046
 * 5.1.1).  A line costs time by its length and, where it has the hash of a boundary, one comparison: the hash is keyed, so
 * that nobody can make many lines that have it. */
#ifndef FILTERS_CONTENT_BOUNDARY_H
#define FILTERS_CONTENT_BOUNDARY_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct boundary {
	size_t at, n; /* in `bytes` */
	uint64_t hash;
	uint8_t next; /* level around it in its bucket, + 1; 0: none */
	bool open;    /* lines are compared with it */
};

enum {
	BOUNDARY_BUCKETS = 256,
	BOUNDARY_FEW =
		8, /* levels that are all compared with a line, before it is read to its end */
};

/* Zeroed: empty, and no memory taken. */
struct boundaries {
	char *bytes;
	size_t n, size;
	struct boundary *rows; /* LIMIT_MIME_DEPTH of them */
	unsigned depth, open;
	uint32_t
		looks; /* at lines that may be boundaries by how they begin: whoever bounds them sets it back */
	uint8_t firsts[256]; /* how many of those that are open begin with this byte */
	uint8_t buckets[BOUNDARY_BUCKETS]; /* by hash: the innermost level, + 1; 0: none */
};

/* One level more; an empty one is no boundary.  At most LIMIT_MIME_DEPTH levels, LIMIT_MIME_BOUNDARY bytes. */
void boundaries_push(struct boundaries *b, struct str boundary);
void boundaries_pop(struct boundaries *b);
void boundaries_close(struct boundaries *b,
		      unsigned level); /* its end has come: looked for no more */
bool boundaries_closed(const struct boundaries *b, unsigned level);

/* Whether a line may be a boundary that is looked for: s is what of it is there, and not empty.  Most lines are told apart by
 * how they begin. */
bool boundaries_may_begin(const struct boundaries *b, struct str s);

/* line begins with "--" and has no line end.  The innermost level whose boundary it is, and whether it ends the multipart;
 * -1: none. */
int boundaries_find(const struct boundaries *b, struct str line, bool *closes);

/* Of a text, not empty, that begins in mid-line: up to the line end before the first line that is a boundary, or may become one,
 * itself left out; s.n: there is none. */
size_t boundaries_run(struct boundaries *b, struct str s);
/* Of a text that begins with a line: the bytes of whole lines before the first one that is empty, is a boundary, or may become
 * one of them. */
size_t boundaries_lines(struct boundaries *b, struct str s);

void boundaries_free(struct boundaries *b);

/* Without the whitespace that may stand at the end of such a line, and of a boundary. */
struct str boundary_trim(struct str s);

#endif
