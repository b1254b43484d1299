/* literal.h - what a text must hold for a regular expression to match in it.  Pure.
 *
 * Of most expressions in rule files some short texts can be told, of which at least one is in every text that the
 * expression matches, whatever the case of its letters.  All of them, of thousands of rules, are looked for in one pass
 * (pattern/prefilter.h), and most rules need not be tried at all.
 *
 * Nothing need be known of an expression: that is always right, and costs time only. */
#ifndef FILTERS_PATTERN_LITERAL_H
#define FILTERS_PATTERN_LITERAL_H

#include "base/str.h"
#include "filters/pattern/sight.h"

#include <stdbool.h>
#include <stdint.h>

enum { LITERAL_LONGEST = 15, LITERALS_MOST = 256, LITERAL_TIMES_MOST = 64 };

struct literal {
	uint8_t n;
	char bytes[LITERAL_LONGEST]; /* letters of ASCII are small */
};

struct literals {
	unsigned count; /* 0: nothing is known */
	unsigned times; /* they are there so often, all together: of (?:...){3} three times */
	/* One of them begins so many bytes behind the beginning of the match. */
	uint32_t least, most;
	struct literal items[LITERALS_MOST];
};

/* Of the expression, those that are found least, and not in `usual`, which has small letters. */
struct tree;
void literals_of(const struct tree *expression, struct str usual, struct literals *out);
/* In what share of places of mail they are. */
float literals_share(const struct literals *set);

/* ---- sets of them, for literal.c ---- */

void literals_only(struct literals *set, struct str text); /* this one, which fits */
/* False: too many, or too long; *to is as it was. */
bool literals_unite(struct literals *to, const struct literals *with);
/* Each of them with each of the others behind it, where it began. */
bool literals_follow(struct literals *to, const struct literals *with);
/* The head of each, `n` bytes at most, which may be fewer texts. */
void literals_cut(struct literals *set, unsigned n);
/* One of them is in the text, small letters for capitals. */
bool literals_in(const struct literals *set, struct str text);
/* Whether looking for `a` tells more than looking for `b`. */
bool literals_tell_more(const struct literals *a, const struct literals *b);

#endif
