/* window.h - what of an expression is looked for: lanes, one of which is where a match begins, or shortly behind that.
 *
 * A window may begin at any element of the expression that is in every match.  Its alternatives are lanes of their own,
 * as far as that is worth it. */
#ifndef FILTERS_PATTERN_WINDOW_H
#define FILTERS_PATTERN_WINDOW_H

#include "filters/pattern/lane.h"

#include <stdbool.h>

enum { WINDOW_LANES = 192 };

struct window {
	struct lane lanes[WINDOW_LANES];
	unsigned count;
	unsigned times; /* one of them is in each match at least */
	const struct tree *
		begin; /* the part that begins where one is; NULL: a match does, or one of its copies */
	uint32_t lead; /* bytes that a match may begin before it; SIGHT_ANYWHERE: any number */
	uint8_t lines; /* line ends among these, at most; SIGHT_LINES: any number */
	uint8_t reach; /* and among how many of the first of these they are; SIGHT_REACH: anywhere */
};

/* The best window of an expression.  False: none is seldom. */
bool window_find(const struct lane_shares *shares, const struct tree *expression, struct window *w);

#endif
