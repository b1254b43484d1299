/* Any bytes as an expression over a b c d (bits), e f.g (texts, whose comparisons are bits too), score: with each of them known or not, the
 * interval that comes out holds what any way of knowing them gives. */
#include "base/check.h"
#include "base/limits.h"
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

static bool is_text(void *ctx, struct str name)
{
	(void)ctx;
	return str_eq(name, STR("e")) || str_eq(name, STR("f.g"));
}

/* A bit of its own for what is compared with one text, one for lists. */
static bool match(void *ctx, const struct expr_match *m, struct expr_node *node,
		  struct expr_error *error)
{
	char value[4096];

	(void)ctx;
	CHECK(m->count > 0 && m->count <= LIMIT_EXPRESSION_TEXTS);
	for (size_t i = 0; i < m->count; i++) {
		const struct expr_text *text = &m->texts[i];
		struct out o = OUT(value);

		expr_text_value(text, &o);
		CHECK(o.n + 2 <= text->quoted.n || o.full);
		CHECK(text->at > m->at && text->quoted.p == m->source.p + (text->at - m->at));
		CHECK(text->at + text->quoted.n <= m->at + m->source.n);
	}
	if (m->count == 7) {
		error->at = m->texts[6].at;
		snprintf(error->text, sizeof(error->text), "unlucky");
		return false;
	}
	node->op = EXPR_SYMBOL;
	node->symbol = m->count > 1;
	return true;
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
	const struct expr_names names = {
		.ctx = &whole, .resolve = resolve, .is_text = is_text, .match = match
	};
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
