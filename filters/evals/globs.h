/* globs.h - many patterns with "*" and "?", and which of them a text is of; pure.
 *
 * A pattern is found by the longest end of it that has no wildcard and begins with '.' or '@': a text is looked up at each
 * of its own dots, and only patterns without such an end are tried one by one.  A match takes at most the product of both
 * lengths, a text over GLOBS_TEXT bytes is of none. */
#ifndef FILTERS_EVALS_GLOBS_H
#define FILTERS_EVALS_GLOBS_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { GLOBS_TEXT = 320, GLOBS_BUCKETS = 512 };

struct glob {
	struct glob *next;  /* in its bucket */
	struct str pattern; /* lower case */
	struct str with;    /* what it is told with; empty: nothing */
	struct str tail;    /* of the pattern: its end; empty: none */
};

struct globs {
	bool dots; /* a wildcard stands for dots too */
	unsigned count;
	size_t longest;                          /* bytes of a pattern that was added */
	struct glob *buckets[GLOBS_BUCKETS + 1]; /* the last: those without a tail */
};

/* Both are copied in lower case, the pattern has at most GLOBS_TEXT bytes; one that is there is not added again.  False: over the arena's ceiling. */
bool globs_add(struct globs *g, struct arena *arena, struct str pattern, struct str with) NODISCARD;
/* Those that are written like this; `with` NULL: whatever they are told with. */
void globs_remove(struct globs *g, struct str pattern, const struct str *with);

/* Begins as { .text = lower-case text }. */
struct globs_search {
	struct str text;
	bool begun;
	size_t at;    /* tails that begin before it are yet to be looked up */
	uint32_t sum; /* of what is behind it */
	const struct glob *next;
};
/* The next one that the text is of; NULL: there are no more. */
const struct glob *globs_next(const struct globs *g, struct globs_search *search);
bool globs_have(const struct globs *g, struct str text);

/* The one that is written like this, whatever its wildcards; NULL: none. */
const struct glob *globs_find(const struct globs *g, struct str pattern);
/* Of those that are written ".x": the longest where the text, in lower case, is "x" or ends in ".x"; NULL: none. */
const struct glob *globs_find_host(const struct globs *g, struct str text);

#endif
