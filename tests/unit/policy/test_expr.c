/* test_expr.c - the language of expressions: what it means, what it refuses and where. */
#include "base/check.h"
#include "base/out.h"
#include "policy/expr.h"
#include "policy/lex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* A, B, C, D and U: true, false, 2, -3, unknown. */
enum { SYMBOL_A, SYMBOL_B, SYMBOL_C, SYMBOL_D, SYMBOL_U, SYMBOL_COUNT };

static const struct interval symbols[SYMBOL_COUNT] = {
	[SYMBOL_A] = { 1, 1 },   [SYMBOL_B] = { 0, 0 }, [SYMBOL_C] = { 2, 2 },
	[SYMBOL_D] = { -3, -3 }, [SYMBOL_U] = { 0, 1 },
};

static bool resolve(void *ctx, struct str name, struct expr_node *node, struct expr_error *error)
{
	static const char names[] = "ABCDU";
	const char *at = name.n == 1 ? memchr(names, name.p[0], SYMBOL_COUNT) : NULL;

	(void)ctx;
	if (str_eq(name, STR("score"))) {
		node->op = EXPR_SCORE;
		return true;
	}
	if (!at) {
		snprintf(error->text, sizeof(error->text), "no " STR_FMT, STR_ARG(name));
		return false;
	}
	node->op = EXPR_SYMBOL;
	node->symbol = (symbol_id)(at - names);
	return true;
}

/* "5", "[0,1]" or "12: message". */
static bool provides(void *ctx, struct str name)
{
	(void)ctx;
	return str_eq(name, STR("Mail::Here"));
}

static void evaluate(struct str text, bool conditional, struct out *o)
{
	const struct expr_names names = { .resolve = resolve,
					  .provides = conditional ? provides : NULL };
	const struct expr_values values = { .symbols = symbols,
					    .score = { .low = 3.5, .high = 5 } };
	struct arena arena;
	struct expr e;
	struct expr_error error;
	struct interval v;

	arena_init(&arena, 1 << 20);
	if (!expr_parse(text, &names, &arena, &e, &error)) {
		out_printf(o, "%zu: %s", error.at, error.text);
	} else {
		v = expr_eval(&e, &values);
		if (interval_known(v))
			out_printf(o, "%g", v.low);
		else
			out_printf(o, "[%g,%g]", v.low + 0, v.high + 0); /* no -0 */
	}
	arena_reset(&arena);
}

struct row {
	const char *text, *expect;
};

static void check_rows(const struct row *rows, size_t n, bool conditional)
{
	for (size_t i = 0; i < n; i++) {
		char bytes[300];
		struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };

		evaluate(str_z(rows[i].text), conditional, &o);
		bytes[o.n] = '\0';
		if (strcmp(bytes, rows[i].expect) != 0)
			fail_msg("%s: %s, not %s", rows[i].text, bytes, rows[i].expect);
	}
}

static void means_what_perl_means(void **state)
{
	static const struct row rows[] = {
		{ "1", "1" },
		{ "0.8", "0.8" },
		{ ".5 + 2.", "2.5" },
		{ "A", "1" },
		{ "not A", "0" },
		{ "!B", "1" },
		{ "!!C", "1" },
		{ "A && C", "2" },
		{ "B && C", "0" },
		{ "B || C", "2" },
		{ "C || A", "2" },
		{ "A or B and B", "1" },
		{ "(A or B) and B", "0" },
		{ "A||B&&B", "1" },
		{ "C + A * C", "4" },
		{ "(C + A) * C", "6" },
		{ "C - A - A", "0" },
		{ "12 / C / C", "3" },
		{ "-C + 1", "-1" },
		{ "- -C", "2" },
		{ "A+C > 2", "1" },
		{ "A + C > 3", "0" },
		{ "A + C >= 3", "1" },
		{ "D < 0", "1" },
		{ "D <= -3", "1" },
		{ "A == 1", "1" },
		{ "A != 1", "0" },
		{ "not C > 1", "0" },
		{ "!C > 1", "0" },
		{ "!C < 1", "1" },
		{ "not B and A", "1" },
		{ "not (B or A)", "0" },
		{ "not not A", "1" },
		{ "\tA\r\n and\n\tA ", "1" },
		{ "C / 0", "0" },
		{ "C / B", "0" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), false);
}

static void the_unknown_is_an_interval(void **state)
{
	static const struct row rows[] = {
		{ "U", "[0,1]" },
		{ "U && B", "0" },
		{ "B && U", "0" },
		{ "not not (U || A)", "1" },
		{ "U || -A", "[-1,1]" },
		{ "(-U || -C) < 0", "1" },
		{ "A || U", "1" },
		{ "U && A", "[0,1]" },
		{ "U || B", "[0,1]" },
		{ "U && C", "[0,2]" },
		{ "(U || C) <= 2", "1" },
		{ "!U", "[0,1]" },
		{ "-U", "[-1,0]" },
		{ "U + U", "[0,2]" },
		{ "U - U", "[-1,1]" },
		{ "U * D", "[-3,0]" },
		{ "C * (U + D)", "[-6,-4]" },
		{ "C / (U + 1)", "[1,2]" },
		{ "C / U", "[-1e+15,1e+15]" },
		{ "C / U * 0", "0" },
		{ "U > 1", "0" },
		{ "U >= 0", "1" },
		{ "U < 1", "[0,1]" },
		{ "U == 0", "[0,1]" },
		{ "U == 2", "0" },
		{ "U != 2", "1" },
		{ "U + 3 == 3", "[0,1]" },
		{ "score >= 3.5", "1" },
		{ "score > 3.5", "[0,1]" },
		{ "score > 5", "0" },
		{ "score < 6 and U", "[0,1]" },
		{ "score + U", "[3.5,6]" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), false);
}

static void refuses_with_the_place(void **state)
{
	static const struct row rows[] = {
		{ "", "0: expected a value, not the end" },
		{ "A and", "5: expected a value, not the end" },
		{ "A B", "2: expected an operator, not 'B'" },
		{ "A)", "1: expected an operator, not ')'" },
		{ "(A", "2: missing ')'" },
		{ "(A or (B)", "9: missing ')'" },
		{ "A or or B", "5: expected a value, not 'or'" },
		{ "A = 1", "2: '=': a comparison is written ==" },
		{ "A & B", "2: '&': 'and' is written && or and" },
		{ "A | B", "2: '|': 'or' is written || or or" },
		{ "A and $B", "6: '$': unexpected character" },
		{ "A\x01", "1: unexpected byte 0x01" },
		{ "\xc3\xa4", "0: unexpected byte 0xc3" },
		{ "1.2.3", "0: '1.2.3': not a number (digits with at most one point, 15 of them)" },
		{ ".", "0: '.': not a number (digits with at most one point, 15 of them)" },
		{ "5x", "0: '5x': not a number (digits with at most one point, 15 of them)" },
		{ "1234567890123456",
		  "0: '1234567890123456': not a number (digits with at most one point, 15 of them)" },
		{ "A and NOBODY", "6: no NOBODY" },
		{ "1 < A < 3", "6: comparisons do not chain: join them with 'and'" },
		{ "A == not B", "5: expected a value, not 'not'" },
		{ "plugin(A)", "0: no plugin" },
		{ "A::B", "1: ':': unexpected character" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), false);
}

static void conditions_know_functions(void **state)
{
	static const struct row rows[] = {
		{ "plugin(Mail::SpamAssassin::Plugin::AWL)", "0" },
		{ "!plugin(Mail::SpamAssassin::Plugin::AWL)", "1" },
		{ "can(X) || !has(Y::z)", "1" },
		{ "plugin(Mail::Here) && !can(Mail::Here::not)", "1" },
		{ "plugin()", "7: expected a name in the parentheses" },
		{ "can(A", "5: missing ')'" },
		{ "can", "0: no can" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), true);
}

static void depth_is_bounded(void **state)
{
	char deep[700];
	char bytes[300];
	struct out text = OUT(deep), o = { .p = bytes, .cap = sizeof(bytes) - 1 };

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		out_str(&text, STR("A && ("));
	out_char(&text, 'A');
	for (unsigned i = 0; i < 64; i++)
		out_char(&text, ')');
	evaluate(out_text(&text), false, &o);
	bytes[o.n] = '\0';
	assert_string_equal(bytes, "384: nested too deeply (at most 64 levels)");
	o.n = 0;
	evaluate(str_head(str_from(out_text(&text), 6), 378 + 1 + 63), false, &o);
	bytes[o.n] = '\0';
	assert_string_equal(bytes, "1");
	o.n = text.n = 0;
	for (unsigned i = 0; i < 65; i++)
		out_char(&text, '!');
	out_char(&text, 'A');
	evaluate(out_text(&text), false, &o);
	bytes[o.n] = '\0';
	assert_string_equal(bytes, "64: nested too deeply (at most 64 levels)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means_what_perl_means),
		cmocka_unit_test(the_unknown_is_an_interval),
		cmocka_unit_test(refuses_with_the_place),
		cmocka_unit_test(conditions_know_functions),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
