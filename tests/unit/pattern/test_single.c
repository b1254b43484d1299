/* Expressions of which most matches are one byte: which they are, and that as much is counted as the expression matches. */
#include "filters/pattern/single.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct known {
	struct regex_engine *engine;
	struct regex *regex;
	struct single single;
	bool is_one;
};

static struct known know(const char *expression, const char *flags)
{
	struct known k = { .engine = regex_engine_new() };
	struct arena arena;
	struct regex_error error;
	const struct tree *tree;

	arena_init(&arena, 1 << 20);
	tree = tree_read(str_z(expression), str_z(flags), &arena);
	k.regex = regex_compile(str_z(expression), str_z(flags), &error);
	assert_non_null(tree);
	assert_non_null(k.regex);
	k.is_one = single_of(tree, k.regex, k.engine, &k.single);
	arena_reset(&arena);
	return k;
}

static void forget(struct known *k)
{
	regex_free(k->regex);
	regex_engine_free(k->engine);
}

/* In order of their numbers. */
static bool holds(const struct byte_set *set, const char *bytes)
{
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(set, c) && (unsigned char)*bytes++ != c)
			return false;
	return *bytes == '\0';
}

static void knows_which_bytes_are_matches(void **state)
{
	static const struct {
		const char *expression, *flags;
		bool is_one;
		const char *hits, *stops;
	} cases[] = {
		{ "e", "", true, "e", "" },
		{ "e", "i", true, "Ee", "" },
		{ "[ab]|c", "", true, "abc", "" },
		{ "(?:a|(b)|\\xc3[\\xa8\\xa9])", "", true, "ab", "\xc3" },
		{ "a|bc|b", "", true, "a", "b" },
		{ "a|a", "", true, "a", "" },
		{ "ab|a", "", false, "", "" },
		{ "[[:digit:]]", "", true, "0123456789", NULL }, /* the tree takes all */
		{ "x", "", false, "", "" },                      /* it is seldom */
		{ "x|z|\\xc3[\\xa8\\xa9]", "", false, "", "" },
		{ "", "", false, "", "" },
		{ "a|", "", false, "", "" },
		{ "a?", "", false, "", "" },
		{ "a+", "", false, "", "" },
		{ "ab", "", false, "", "" },
		{ "a|.+", "", false, "", "" },
		{ "a|\\R", "", false, "", "" },
		{ "\\ba", "", false, "", "" },
		{ "a(?=b)", "", false, "", "" },
		{ "(?<!b)a", "", false, "", "" },
		{ "a|^b", "", false, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct known k = know(cases[i].expression, cases[i].flags);

		if (k.is_one != cases[i].is_one ||
		    (k.is_one && !holds(&k.single.hits, cases[i].hits)) ||
		    (k.is_one && cases[i].stops && !holds(&k.single.stops, cases[i].stops)))
			fail_msg("%s", cases[i].expression);
		forget(&k);
	}
}

static void counts_up_to_a_stop(void **state)
{
	const struct str text = STR("aXbXa\xc3\xa8X a");
	struct known k = know("[ab]|\\xc3\\xa8", "");
	size_t from = 0;

	(void)state;
	assert_true(k.is_one);
	assert_int_equal(single_count(&k.single, text, &from, 2), 2);
	assert_int_equal(from, 3); /* behind the second */
	assert_int_equal(single_count(&k.single, text, &from, 9), 1);
	assert_int_equal(from, 5);
	assert_int_equal(single_count(&k.single, text, &from, 9), 0);
	from = 7;
	assert_int_equal(single_count(&k.single, text, &from, 9), 1);
	assert_int_equal(from, text.n);
	assert_int_equal(single_count(&k.single, text, &from, 9), 0);
	from = 0;
	assert_int_equal(single_count(&k.single, STR(""), &from, 9), 0);
	forget(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_which_bytes_are_matches),
		cmocka_unit_test(counts_up_to_a_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
