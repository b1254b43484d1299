/* What expressions need of a text, and which texts have it. */
#include "filters/regex/need.h"

#include "base/check.h"
#include "filters/regex/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool may_match(const char *expression, struct str text)
{
	struct arena arena;
	const struct tree *tree;
	struct need need, has;

	arena_init(&arena, 1 << 20);
	tree = tree_read(str_z(expression), STR("i"), &arena);
	assert_non_null(tree);
	need_of(tree, &need);
	arena_reset(&arena);
	need_of_text(text, &has);
	return need_is_met(&need, &has);
}

static void knows_which_texts_cannot_match(void **state)
{
	static const struct {
		const char *expression, *text;
		bool may;
	} cases[] = {
		{ "", "", true },
		{ "a*", "", true },
		{ ".", "", false },
		{ "$.", "x", true },
		{ "abc", "xABCx", true },
		{ "ABC", "xabcx", true },
		{ "abc", "a-b-c bc", false }, /* not side by side */
		{ "ab^$c", "xabc", true },
		{ "a.c", "ac", true },
		{ "a.c", "ad", false },
		{ "ab?c", "ac", true },
		{ "ab?c", "ab", false },
		{ "(?:ab)?c", "c", true },
		{ "(?:ab){2}c", "abcab", true },
		{ "(?:ab){2}c", "a c b", false },
		{ "(?:ab)+c", "abc", true },
		{ "a+b", "a b", false },
		{ "a*b", "b", true },
		{ "ab|cb", "a", false },
		{ "ab|cb", "xcbx", true },
		{ "ab|cd", "cd", true },
		{ "ab|c", "c", true },
		{ "(?:a|ba)c", "ac", true },
		{ "(?:a|ba)c", "a c", false },
		{ "(?:a|b)c", "bc", true },
		{ "(?:|b)c", "c", true },
		{ "a(?:|b)c", "ac", true },
		{ "a(?:|b)c", "abc", true },
		{ "(a)\\1c", "aac", true },
		{ "(?=b)a", "a", true }, /* nothing is known of what it looks at */
		{ "\\d", "abc", false },
		{ "\\d", "a5c", true },
		{ "[0-9a]", "b", true },
		{ "(?-i:[A-Z])", "abc", false },
		{ "(?-i:[A-Z])", "aBc", true },
		{ "\\s", "abc", false },
		{ "\\s", "a\tc", true },
		{ "[\\x00-\\x08\\x7f-\\xff]", "a\n", false },
		{ "[\\x00-\\x08\\x7f-\\xff]", "a\x7f", true },
		{ "[\\x00-\\x08\\x7f-\\xff]", "a\xe9", true },
		{ "\\xe9", "a\x7f", false },
		{ "[\\x80-\\xff]", "i", false },
		{ "[\\x80-\\xff]", "\xe9", true },
		{ "a(?:\\xe9|\\xe8)b", "ab", false },
		{ "(?:[\\x80-\\xff].?){4}", "abcd", false },
		{ "(?:\\xe9){0,4}", "a", true },
		{ "(?&x)(?(DEFINE)(?'x'ab))", "a b", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		if (may_match(cases[i].expression, str_z(cases[i].text)) != cases[i].may)
			fail_msg("/%s/ in '%s'", cases[i].expression, cases[i].text);
}

static void asks_long_texts_for_odd_bytes_only(void **state)
{
	char text[1000];

	(void)state;
	memset(text, ' ', sizeof(text));
	assert_true(may_match("abc", (struct str){ .p = text, .n = sizeof(text) }));
	assert_false(may_match("\\xe9", (struct str){ .p = text, .n = sizeof(text) }));
	assert_false(may_match("\\x00", (struct str){ .p = text, .n = sizeof(text) }));
	text[999] = '\x80';
	assert_true(may_match("\\xe9", (struct str){ .p = text, .n = sizeof(text) }));
	text[999] = '\0';
	assert_true(may_match("\\x00", (struct str){ .p = text, .n = sizeof(text) }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_which_texts_cannot_match),
		cmocka_unit_test(asks_long_texts_for_odd_bytes_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
