/* Any bytes as an expression over a b c d (bits), score: with each of them known or not, the
 * interval that comes out holds what any way of knowing them gives. */
#include "base/check.h"
#include "policy/expr.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BITS = 4 };

static bool resolve(void *ctx, struct str name, struct expr_node *node, struct expr_error *error)
{
	const bool *whole = ctx;

	if (name.n == 1 && name.p[0] >= 'a' && name.p[0] < 'a' + BITS) {
		node->op = EXPR_SYMBOL;
		node->symbol = (symbol_id)(name.p[0] - 'a');
		return true;
	}
	if (str_eq(name, STR("score")) && !*whole) {
		node->op = EXPR_SCORE;
		return true;
	}
	snprintf(error->text, sizeof(error->text), "no " STR_FMT, STR_ARG(name));
	return false;
}

/* known: a bit for each; value: theirs; the score is [value, value + 3] or value. */
static struct interval evaluate(const struct expr *e, unsigned known, unsigned value)
{
	struct interval symbols[BITS];
	struct expr_values v = { .symbols = symbols };

	for (unsigned i = 0; i < BITS; i++)
		symbols[i] = known >> i & 1 ? interval_point(value >> i & 1)
					    : interval_truth(true, true);
	v.score = (struct interval){ .low = -1, .high = 2 };
	if (known == (1 << BITS) - 1)
		v.score = interval_point(value % 4 - 1.0);
	return expr_eval(e, &v);
}

static void check(const struct expr *e)
{
	for (unsigned value = 0; value < 1 << BITS; value++) {
		const struct interval point = evaluate(e, (1 << BITS) - 1, value);

		CHECK(point.low <= point.high && point.high <= point.low);
		CHECK(!e->whole || point.low >= INTERVAL_BOUND || point.low <= -INTERVAL_BOUND ||
		      !(point.low > (double)(int64_t)point.low));
		for (unsigned known = 0; known < (1 << BITS) - 1; known++) {
			const struct interval wide = evaluate(e, known, value);

			CHECK(wide.low <= point.low && point.high <= wide.high);
			CHECK(wide.low >= -INTERVAL_BOUND && wide.high <= INTERVAL_BOUND);
		}
	}
}

static bool has_fractions(struct str text)
{
	return text.n && (memchr(text.p, '.', text.n) || memchr(text.p, '/', text.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str text = { .p = (const char *)data, .n = size };
	bool whole = !has_fractions(text);
	const struct expr_names names = { .ctx = &whole, .resolve = resolve };
	struct arena arena;
	struct expr e;
	struct expr_error error;

	arena_init(&arena, SIZE_MAX);
	if (expr_parse(text, &names, &arena, &e, &error)) {
		e.whole = whole;
		check(&e);
	} else {
		CHECK(error.at <= size && error.text[0]);
	}
	arena_reset(&arena);
	return 0;
}
