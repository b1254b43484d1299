/* need.h - what of a text an expression needs to match in it, as bits: sooner asked than the expression is tried.  Pure.
 *
 * Bits are of bytes, of kinds of bytes and of two bytes side by side, of which some share one; case does not matter.  Of an
 * expression those are known that every match has.  Of a long text, which has most of them, few are asked. */
#ifndef FILTERS_REGEX_NEED_H
#define FILTERS_REGEX_NEED_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { NEED_WORDS = 6 };

struct need {
	uint64_t bits[NEED_WORDS];
};

struct tree;

/* No bits: nothing is known. */
void need_of(const struct tree *expression, struct need *need);
/* What a text has. */
void need_of_text(struct str text, struct need *has);

/* False: there is no match in that text. */
static inline bool need_is_met(const struct need *need, const struct need *has)
{
	uint64_t missing = 0;

	for (unsigned i = 0; i < NEED_WORDS; i++)
		missing |= need->bits[i] & ~has->bits[i];
	return missing == 0;
}

#endif
