/* grams.h - bytes that whatever matches an expression has in it, three in a row; pure.
 *
 * Of an expression are read the literals that no match can do without: of a sequence each of them, of alternatives one
 * of each.  A text has all groups of three bytes that are in it as bits of a hashed set, folded to small letters; an
 * expression whose groups are not all there cannot match.  Of what is not understood nothing is asked. */
#ifndef FILTERS_PATTERN_GRAMS_H
#define FILTERS_PATTERN_GRAMS_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Each clause needs one of its literals, a literal all of its groups:
 * { clauses, { literals, { groups, hash ... } ... } ... } */
enum { GRAMS_ROOM = 512 };
struct grams {
	uint32_t words[GRAMS_ROOM];
	size_t n; /* 0: nothing is asked */
};

void grams_read(struct grams *g, struct str expression, struct str flags);

enum { GRAMS_BITS = 1 << 17 };
struct grams_set {
	uint64_t bits[GRAMS_BITS / 64];
	uint32_t mask; /* of a short text: so many of them are used */
};

void grams_fill(struct grams_set *set, struct str text);
/* words: of a struct grams, n > 0. */
bool grams_might_match(const uint32_t *words, const struct grams_set *set);

#endif
