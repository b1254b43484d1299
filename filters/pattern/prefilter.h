/* prefilter.h - which rules can match on a text at all.
 *
 * Between a text and the expressions that are run on it there is one question: prefilter_look() sets a bit for each rule
 * that might match, and only those are run.  A bit too many costs time; a bit too few loses a hit.  What answers it now
 * is grams.h: three bytes in a row that a match must have, without regard to case, are somewhere in the text.
 *
 * Whoever knows better, an automaton of all expressions say, takes the same place: he compiles the patterns in
 * prefilter_new(), in their order, whose index is a bit's number; keeps what he needs for a look in struct
 * prefilter_scratch, of which a worker has one; and in prefilter_look() clears bits that grams have left (what he cannot
 * compile keeps its bit).  The text may be of many pieces, one behind the other, and a rule looks at each of them alone:
 * an expression that is anchored has to be one that may begin at any of them (pieces end in LF, or anywhere), and a
 * match of his that spans two pieces is a bit too many.  Bytes behind the text are readable, zero, at least 32. */
#ifndef FILTERS_PATTERN_PREFILTER_H
#define FILTERS_PATTERN_PREFILTER_H

#include "conf/pattern.h"

#include <stdint.h>

struct prefilter;
struct prefilter_scratch;

/* Patterns that look at the same text; those without an expression always keep their bit. */
struct prefilter *prefilter_new(const struct pattern *const *patterns, size_t count);
void prefilter_free(struct prefilter *p);

struct prefilter_scratch *prefilter_scratch_new(void);
void prefilter_scratch_free(struct prefilter_scratch *scratch);

/* Words of a set of so many bits. */
static inline size_t prefilter_words(size_t count)
{
	return (count + 63) / 64;
}

/* Fills prefilter_words(count) words of `bits`. */
void prefilter_look(const struct prefilter *p, struct prefilter_scratch *scratch, struct str text,
		    uint64_t *bits);

#endif
