/* base/str.h and base/out.h: borrowed strings and bounded text. */
#include "base/out.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void cuts_at_the_first_separator(void **state)
{
	struct str head, tail;

	(void)state;
	assert_true(str_cut(STR("a.b.c"), '.', &head, &tail));
	assert_true(str_eq(head, STR("a")) && str_eq(tail, STR("b.c")));
	assert_false(str_cut(STR("abc"), '.', &head, &tail));
	assert_true(str_eq(head, STR("abc")) && tail.n == 0);
}

static void words_are_set_apart_by_white_space(void **state)
{
	struct str rest = STR(" \tone\ttwo  \r "), word;

	(void)state;
	assert_true(str_word(&rest, &word) && str_eq(word, STR("one")));
	assert_true(str_eq(rest, STR("two  \r")));
	assert_true(str_word(&rest, &word) && str_eq(word, STR("two")));
	assert_true(str_word(&rest, &word) && str_eq(word, STR("\r")));
	assert_false(str_word(&rest, &word));
	assert_int_equal(word.n, 0);
	assert_true(str_eq(str_trim_lines(STR("\n \t\r\na b\r\n\t ")), STR("a b")));
	assert_int_equal(str_trim_lines(STR(" \r\n")).n, 0);
}

static void numbers_are_whole_and_bounded(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_true(str_u64(STR("18446744073709551615"), UINT64_MAX, &v) && v == UINT64_MAX);
	assert_false(str_u64(STR("18446744073709551616"), UINT64_MAX, &v));
	assert_false(str_u64(STR("11"), 10, &v));
	assert_false(str_u64(STR(""), 10, &v));
	assert_false(str_u64(STR("1x"), 10, &v));
}

static void distance_counts_edits(void **state)
{
	(void)state;
	assert_int_equal(str_distance(STR("listner"), STR("listener"), 9), 1);
	assert_int_equal(str_distance(STR("abc"), STR("ABC"), 9), 0);
	assert_int_equal(str_distance(STR("abc"), STR("xyz"), 2), 2);
}

static void out_keeps_what_fits_and_says_so(void **state)
{
	char bytes[8];
	struct out o = OUT(bytes);

	(void)state;
	out_str(&o, STR("1234567"));
	out_str(&o, STR("89"));
	out_char(&o, 'x');
	assert_true(o.full);
	assert_true(str_eq(out_text(&o), STR("1234567")));
}

static void finds_the_first(void **state)
{
	const struct str nothing = { .p = NULL };
	struct str behind = nothing;

	(void)state;
	assert_true(str_find(STR("a-b-c"), STR("-"), &behind));
	assert_true(str_eq(behind, STR("b-c")));
	assert_true(str_find(STR("abc"), STR("abc"), &behind));
	assert_int_equal(behind.n, 0);
	assert_false(str_has(STR("abc"), STR("abcd")));
	assert_false(str_has(nothing, STR("a")));
	assert_true(str_find(STR("abc"), nothing, &behind));
	assert_true(str_eq(behind, STR("abc")));
	assert_true(str_has(nothing, nothing));
	assert_true(str_ihas(STR("from A@Example.org"), STR("a@EXAMPLE")));
	assert_true(str_ihas(STR("aab"), STR("AB")));
	assert_false(str_ihas(STR("abc"), STR("abcd")));
	assert_false(str_ihas(nothing, STR("a")));
	assert_true(str_ihas(nothing, nothing) && str_ihas(STR("a"), nothing));
}

static void order_is_that_of_the_bytes(void **state)
{
	static const struct {
		struct str less, more;
	} pairs[] = {
		{ STR_INIT("a"), STR_INIT("b") },    { STR_INIT("a"), STR_INIT("ab") },
		{ { .p = NULL }, STR_INIT("a") },    { STR_INIT("ab"), STR_INIT("b") },
		{ STR_INIT("a"), STR_INIT("\xe4") }, { STR_INIT("B"), STR_INIT("a") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_true(str_order(pairs[i].less, pairs[i].more) < 0);
		assert_true(str_order(pairs[i].more, pairs[i].less) > 0);
		assert_int_equal(str_order(pairs[i].more, pairs[i].more), 0);
		assert_int_equal(str_order(pairs[i].less, pairs[i].less), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_at_the_first_separator),
		cmocka_unit_test(finds_the_first),
		cmocka_unit_test(words_are_set_apart_by_white_space),
		cmocka_unit_test(numbers_are_whole_and_bounded),
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(out_keeps_what_fits_and_says_so),
		cmocka_unit_test(order_is_that_of_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
