/* prefilter.h - which of many expressions may match in a text, found in one pass over it.
 *
 * Of each expression the texts are known of which one must be there (pattern/literal.h); those of all of them are looked
 * for at once, by Vectorscan.  Where that is not installed, or an expression says nothing of the kind, the expression
 * is always a candidate: nothing is ever missed, only more is tried. */
#ifndef FILTERS_PATTERN_PREFILTER_H
#define FILTERS_PATTERN_PREFILTER_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree;
struct prefilter_item {
	const struct tree *expression; /* NULL: it is to be tried in any case */
};

/* What matching needs, for one text at a time: a worker has one for all of its prefilters. */
struct prefilter_scratch;
struct prefilter_scratch *prefilter_scratch_new(void);
void prefilter_scratch_free(struct prefilter_scratch *scratch);

/* Of one kind of text; only read once it is made.  NULL: all are candidates always. */
struct prefilter;
struct prefilter *prefilter_new(const struct prefilter_item *items, size_t count,
				struct prefilter_scratch *scratch);
void prefilter_free(void *prefilter);

/* Numbers of 64 items each. */
static inline size_t prefilter_words(size_t count)
{
	return (count + 63) / 64;
}

/* Sets the bit of each item, as if there were none. */
static inline void prefilter_all(size_t count, uint64_t *candidates)
{
	for (size_t i = 0; i < prefilter_words(count); i++)
		candidates[i] = UINT64_MAX;
	if (count % 64)
		candidates[count / 64] = (1ull << count % 64) - 1;
}

/* Sets the bit of each item that may match, clears the others. */
void prefilter_find(const struct prefilter *f, struct prefilter_scratch *scratch, struct str text,
		    uint64_t *candidates);

#endif
