/* Where alone a match can begin, and what that leaves of a range of places. */
#include "filters/pattern/start.h"

#include "base/check.h"
#include "filters/pattern/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static enum tree_place start_read(const char *expression, const char *flags)
{
	struct arena arena;
	const struct tree *tree;
	enum tree_place start;

	arena_init(&arena, 1 << 20);
	tree = tree_read(str_z(expression), str_z(flags), &arena);
	assert_non_null(tree);
	start = start_of(tree);
	arena_reset(&arena);
	return start;
}

static void knows_where_all_matches_begin(void **state)
{
	static const struct {
		const char *expression, *flags;
		enum tree_place start;
	} cases[] = {
		{ "abc", "", PLACE_ANYWHERE },
		{ "", "", PLACE_ANYWHERE },
		{ "^abc", "", PLACE_TEXT },
		{ "\\Aabc", "m", PLACE_TEXT },
		{ "^abc", "m", PLACE_LINE },
		{ "^abc", "im", PLACE_LINE },
		{ "(?m)^abc", "", PLACE_LINE },
		{ "(?m:^abc)", "", PLACE_LINE },
		{ "(?-m:^abc)", "m", PLACE_TEXT },
		{ "(?^:^abc)", "m", PLACE_TEXT },
		{ "(?:(?m)a)?^abc", "", PLACE_ANYWHERE },
		{ "(?:(?m))^abc", "", PLACE_ANYWHERE }, /* a group is no place */
		{ "\\babc", "", PLACE_EDGE },
		{ "\\Babc", "", PLACE_ANYWHERE },
		{ "$\\babc", "", PLACE_EDGE },
		{ "(?=x)^abc", "", PLACE_TEXT },
		{ "(?!x)\\babc", "", PLACE_EDGE },
		{ "a^b", "m", PLACE_ANYWHERE },
		{ "a?^b", "m", PLACE_ANYWHERE },
		{ "(?:^a)+b", "m", PLACE_LINE },
		{ "(?:^a)*b", "m", PLACE_ANYWHERE },
		{ "^?b", "", PLACE_ANYWHERE },
		{ "^a|^b", "", PLACE_TEXT },
		{ "\\Aa|^b", "m", PLACE_LINE },
		{ "^b|\\Aa", "m", PLACE_LINE },
		{ "^a|\\bb", "", PLACE_ANYWHERE },
		{ "^a|b", "", PLACE_ANYWHERE },
		{ "(?:^|\\b)b", "", PLACE_ANYWHERE },
		{ "(?&x)b(?(DEFINE)(?'x'^a))", "", PLACE_LINE }, /* its own flags are not known */
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		if (start_read(cases[i].expression, cases[i].flags) != cases[i].start)
			fail_msg("/%s/%s: %d", cases[i].expression, cases[i].flags,
				 start_read(cases[i].expression, cases[i].flags));
}

static void leaves_the_places_at_which_one_may_begin(void **state)
{
	static const struct {
		enum tree_place start;
		const char *text;
		size_t from, to;
		size_t left_from, left_to; /* the same: nothing is left */
	} cases[] = {
		{ PLACE_ANYWHERE, "abc", 1, 2, 1, 2 },   { PLACE_TEXT, "abc", 0, 3, 0, 1 },
		{ PLACE_TEXT, "abc", 1, 3, 0, 0 },       { PLACE_LINE, "a\nc", 1, 2, 1, 2 },
		{ PLACE_EDGE, "ab cd", 0, 1, 0, 1 },     { PLACE_EDGE, "ab cd", 1, 2, 0, 0 },
		{ PLACE_EDGE, "ab cd", 2, 3, 2, 3 },     { PLACE_EDGE, "ab cd", 3, 4, 3, 4 },
		{ PLACE_EDGE, "ab cd", 4, 5, 0, 0 },     { PLACE_EDGE, "ab cd", 1, 5, 1, 5 },
		{ PLACE_EDGE, "a_1 ", 1, 2, 0, 0 },      { PLACE_EDGE, "\xc3\xa9q", 1, 2, 0, 0 },
		{ PLACE_EDGE, "\xc3\xa9q", 2, 3, 2, 3 }, /* they are no letters where bytes are matched */
		{ PLACE_EDGE, "ab", 2, 3, 2, 3 },        { PLACE_EDGE, "", 0, 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct regex_range range = { cases[i].from, cases[i].to };
		const bool some = start_narrow(cases[i].start, str_z(cases[i].text), &range);

		if (some != (cases[i].left_to > cases[i].left_from))
			fail_msg("case %zu: %d", i, some);
		if (some && (range.from != cases[i].left_from || range.to != cases[i].left_to))
			fail_msg("case %zu: %zu to %zu", i, range.from, range.to);
	}
}

static void finds_lines(void **state)
{
	const struct str text = STR("ab\n\ncd\ne");
	char far[3000];

	(void)state;
	assert_int_equal(start_of_line(text, 0, 0, SIGHT_REACH), 0);
	assert_int_equal(start_of_line(text, 2, 0, SIGHT_REACH), 0);
	assert_int_equal(start_of_line(text, 3, 0, SIGHT_REACH), 3);
	assert_int_equal(start_of_line(text, 5, 0, SIGHT_REACH), 4);
	assert_int_equal(start_of_line(text, 5, 1, SIGHT_REACH), 3);
	assert_int_equal(start_of_line(text, 5, 2, SIGHT_REACH), 0);
	assert_int_equal(start_of_line(text, 7, 9, SIGHT_REACH), 0);
	/* the last line end before the place is one of so many bytes */
	assert_int_equal(start_of_line(text, 5, 2, 1), 3);
	assert_int_equal(start_of_line(text, 5, 2, 3), 1);
	assert_int_equal(start_of_line(text, 5, 2, 9), 0);
	assert_int_equal(start_of_line(text, 5, 0, 0), 4);
	assert_int_equal(start_of_line(text, 2, 1, 1), 0);
	memset(far, 'a', sizeof(far));
	far[0] = '\n';
	assert_int_equal(
		start_of_line((struct str){ .p = far, .n = sizeof(far) }, 2999, 0, SIGHT_REACH), 0);
	assert_int_equal(
		start_of_line((struct str){ .p = far, .n = sizeof(far) }, 500, 0, SIGHT_REACH), 1);

	assert_int_equal(start_of_next_line(text, 0, 8), 0);
	assert_int_equal(start_of_next_line(text, 1, 8), 3);
	assert_int_equal(start_of_next_line(text, 3, 8), 3);
	assert_int_equal(start_of_next_line(text, 4, 8), 4);
	assert_int_equal(start_of_next_line(text, 5, 8), 7);
	assert_int_equal(start_of_next_line(text, 5, 7), 7);
	assert_int_equal(start_of_next_line(text, 8, 8), 8);
}

static unsigned line_read(const char *expression, const char *flags)
{
	struct arena arena;
	const struct tree *tree;
	unsigned line;

	arena_init(&arena, 1 << 20);
	tree = tree_read(str_z(expression), str_z(flags), &arena);
	assert_non_null(tree);
	line = tree_line(tree, 1000);
	arena_reset(&arena);
	return line;
}

static void a_part_of_a_line_is_in_every_match(void **state)
{
	static const struct {
		const char *expression, *flags;
		unsigned line;
	} cases[] = {
		{ "^[^\\r\\n]{998}", "m", 998 },
		{ "[^\\n]{1000}", "", 1000 },
		{ "[^\\n]{65535}", "", 1000 },
		{ "(?:a{100}){100}", "", 1000 },
		{ ".{998}", "", 998 },
		{ ".{998}", "s", 0 },
		{ "[^a]{998}", "", 0 },
		{ "\\s{998}", "", 0 },
		{ "a{70}\\n{70}", "", 70 },
		{ "a{70}\\nb{20}c{60}", "", 80 },
		{ "a{70}.b{20}", "", 91 },
		{ "a{70}(?:x|\\n)b{20}", "", 70 },
		{ "a{70}\\n?b{20}", "", 70 },
		{ "(?:a{70}\\n)b{20}", "", 20 },
		{ "a{70}|b{80}", "", 70 },
		{ "a{70}|\\n{80}", "", 0 },
		{ "a{70}b?", "", 70 },
		{ "(?:a{70})?", "", 0 },
		{ "a{0,998}", "", 0 },
		{ "a{70,}b+c*", "", 71 },
		{ "(?=a{998})b{20}", "", 20 },
		{ "(a{20})\\1", "", 20 },
		{ "(?&x)a{20}(?(DEFINE)(?'x'.{70}))", "", 20 }, /* its own flags are not known */
		{ "", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		if (line_read(cases[i].expression, cases[i].flags) != cases[i].line)
			fail_msg("/%s/%s: %u", cases[i].expression, cases[i].flags,
				 line_read(cases[i].expression, cases[i].flags));
}

static void finds_long_lines(void **state)
{
	static const struct {
		struct str text;
		size_t longest;
	} cases[] = {
		{ STR_INIT(""), 0 },           { STR_INIT("\n\n"), 0 },
		{ STR_INIT("abc"), 3 },        { STR_INIT("abc\nd\n"), 3 },
		{ STR_INIT("\nab\ncde"), 3 },  { STR_INIT("a\nbcd\r\ne"), 4 },
		{ STR_INIT("\nabcdef\n"), 6 }, { STR_INIT("ab\ncd\n\n\nef\nghi"), 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		for (size_t least = 1; least < 20; least++)
			assert_int_equal(has_long_line(cases[i].text, least),
					 least <= cases[i].longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_where_all_matches_begin),
		cmocka_unit_test(leaves_the_places_at_which_one_may_begin),
		cmocka_unit_test(finds_lines),
		cmocka_unit_test(a_part_of_a_line_is_in_every_match),
		cmocka_unit_test(finds_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
