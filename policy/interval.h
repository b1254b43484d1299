/* interval.h - numbers that may not be known yet: everything between two bounds.
 *
 * Truth is a number too: 0 is false, anything else true, so "unknown" is an interval with 0 and
 * something else in it.  Every operation is monotonic: narrower operands never give a result
 * outside what wider ones gave.  That, and bounds that saturate instead of becoming infinite (an
 * infinity times zero is no number), is all that deciding early rests on. */
#ifndef POLICY_INTERVAL_H
#define POLICY_INTERVAL_H

#include <stdbool.h>

#define INTERVAL_BOUND 1e15

struct interval {
	double low, high;
};

static inline struct interval interval_point(double v)
{
	return (struct interval){ .low = v, .high = v };
}

static inline bool interval_known(struct interval i)
{
	return !(i.low < i.high);
}

static inline bool interval_same(struct interval a, struct interval b)
{
	return !(a.low < b.low) && !(b.low < a.low) && !(a.high < b.high) && !(b.high < a.high);
}

static inline bool interval_true(struct interval i)
{
	return i.low > 0 || i.high < 0;
}

static inline bool interval_false(struct interval i)
{
	return !(i.low < 0) && !(i.high > 0);
}

/* true, false or either. */
static inline struct interval interval_truth(bool can_be_false, bool can_be_true)
{
	return (struct interval){ .low = can_be_false ? 0 : 1, .high = can_be_true ? 1 : 0 };
}

/* The smallest interval with both in it. */
static inline struct interval interval_hull(struct interval a, struct interval b)
{
	return (struct interval){ .low = a.low < b.low ? a.low : b.low,
				  .high = a.high > b.high ? a.high : b.high };
}

/* What a rule is worth: as SpamAssassin has it, one that is true is never below 0; then it is 1. */
static inline struct interval interval_hit(struct interval i)
{
	const double above = i.low < 0 && i.high < 1 ? 1 : i.high;

	return (struct interval){ .low = i.high < 0 ? 1 : i.low < 0 ? 0 : i.low, .high = above };
}

/* Once everything is known: what a value is that hangs on something nobody will ever say. */
static inline struct interval interval_settle(struct interval i)
{
	if (i.low > 0)
		return interval_point(i.low);
	if (i.high < 0)
		return interval_point(i.high);
	return interval_point(0);
}

#endif
