/* Evaluating expressions over intervals.  No result is ever NaN: operands lie within
 * INTERVAL_BOUND, and what would leave it is cut there. */
#include "base/check.h"
#include "base/limits.h"
#include "policy/expr.h"

#include <float.h>

static double bounded(double v)
{
	if (v > INTERVAL_BOUND)
		return INTERVAL_BOUND;
	return v < -INTERVAL_BOUND ? -INTERVAL_BOUND : v;
}

static struct interval spanning(double low, double high)
{
	return (struct interval){ .low = bounded(low), .high = bounded(high) };
}

/* The least and the greatest of the four corners. */
static struct interval corners(double a, double b, double c, double d)
{
	const struct interval ab = { .low = a < b ? a : b, .high = a < b ? b : a };
	const struct interval cd = { .low = c < d ? c : d, .high = c < d ? d : c };
	const struct interval hull = interval_hull(ab, cd);

	return spanning(hull.low, hull.high);
}

static struct interval divide(struct interval a, struct interval b)
{
	if (interval_false(b))
		return interval_point(0);
	if (!interval_true(b))
		return spanning(-INTERVAL_BOUND, INTERVAL_BOUND);
	return corners(a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high);
}

static struct interval both(struct interval a, struct interval b)
{
	if (interval_true(a))
		return b;
	return interval_false(a) ? a : interval_hull(interval_point(0), b);
}

/* Where a may be 0 it is b; elsewhere it is a, at least as far from 0 as a true value is. */
static struct interval either(struct interval a, struct interval b, double least)
{
	if (interval_false(a))
		return b;
	if (interval_true(a))
		return a;
	if (!(a.low < 0))
		a.low = least;
	if (!(a.high > 0))
		a.high = -least;
	return interval_hull(a, b);
}

static struct interval equal(struct interval a, struct interval b)
{
	const bool meet = a.low <= b.high && b.low <= a.high;

	return interval_truth(!(meet && interval_known(a) && interval_known(b)), meet);
}

static struct interval not(struct interval a)
{
	return interval_truth(!interval_false(a), !interval_true(a));
}

static struct interval negated(struct interval a)
{
	return (struct interval){ .low = 0 - a.high, .high = 0 - a.low };
}

static struct interval less(struct interval a, struct interval b)
{
	return interval_truth(!(a.high < b.low), a.low < b.high);
}

static struct interval combine(enum expr_op op, struct interval a, struct interval b, double least)
{
	switch (op) {
	case EXPR_OR:
		return either(a, b, least);
	case EXPR_AND:
		return both(a, b);
	case EXPR_LESS:
		return less(a, b);
	case EXPR_LESS_EQUAL:
		return not(less(b, a));
	case EXPR_MORE:
		return less(b, a);
	case EXPR_MORE_EQUAL:
		return not(less(a, b));
	case EXPR_EQUAL:
		return equal(a, b);
	case EXPR_UNEQUAL:
		return not(equal(a, b));
	case EXPR_ADD:
		return spanning(a.low + b.low, a.high + b.high);
	case EXPR_SUBTRACT:
		return spanning(a.low - b.high, a.high - b.low);
	case EXPR_MULTIPLY:
		return corners(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high);
	case EXPR_DIVIDE:
		return divide(a, b);
	case EXPR_NUMBER:
	case EXPR_SYMBOL:
	case EXPR_SCORE:
	case EXPR_ENVELOPE_SCORE:
	case EXPR_NOT:
	case EXPR_NEGATE:
		break;
	}
	UNREACHABLE();
}

struct interval expr_eval(const struct expr *e, const struct expr_values *values)
{
	struct interval stack[LIMIT_EXPRESSION_DEPTH];
	const double least = e->whole ? 1 : DBL_TRUE_MIN;
	unsigned n = 0;

	for (unsigned i = 0; i < e->count; i++) {
		const struct expr_node *node = &e->nodes[i];
		const enum expr_op op = (enum expr_op)node->op;

		if (op == EXPR_SYMBOL)
			stack[n++] = values->symbols[node->symbol];
		else if (op == EXPR_NUMBER)
			stack[n++] = interval_point(node->number);
		else if (op == EXPR_SCORE)
			stack[n++] = values->score;
		else if (op == EXPR_ENVELOPE_SCORE)
			stack[n++] = values->envelope_score;
		else if (op == EXPR_NOT)
			stack[n - 1] = not(stack[n - 1]);
		else if (op == EXPR_NEGATE)
			stack[n - 1] = negated(stack[n - 1]);
		else {
			n--;
			stack[n - 1] = combine(op, stack[n - 1], stack[n], least);
		}
	}
	return stack[0];
}
