/* score.h - scores: what symbols weigh, and the sum of it.
 *
 * They are whole numbers of millionths: sums are exact, do not depend on their order, and
 * "score >= 0.8" is true of 0.7 + 0.1, which it is not in binary fractions. */
#ifndef POLICY_SCORE_H
#define POLICY_SCORE_H

#include "base/attr.h"
#include "base/out.h"
#include "policy/interval.h"

#include <stdbool.h>
#include <stdint.h>

struct conf_report;
struct policy;

#define SCORE_UNIT 1000000

/* "[+-]digits[.digits]"; more than six decimals are cut off. */
bool score_parse(struct str text, int64_t *score) NODISCARD;
void score_print(struct out *o, int64_t score); /* "4", "-1.5" */

struct weights {
	int64_t sum;       /* of what is true */
	int64_t low, high; /* bounds of what it may become */
};

/* Adds, `times` 1, or takes away, -1, what a symbol of this value weighs. */
void score_add(struct weights *w, struct interval value, int times, int64_t score);
/* Of both together. */
struct weights score_sum(const struct weights *a, const struct weights *b);
struct interval score_bounds(const struct weights *w);

/* When all rule files are read: what they say no score of gets one.  Warns of a score whose name looks misspelt. */
void score_compile(struct policy *p, struct conf_report *report);

#endif
