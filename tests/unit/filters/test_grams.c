/* What a match must have in it: never more than Perl asks for, and enough to tell most texts from it. */
#include "filters/pattern/grams.h"

#include "base/check.h"
#include "filters/pattern/prefilter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool might_match(const char *regex, const char *flags, struct str text)
{
	static struct grams_set set;
	static struct grams grams;

	grams_read(&grams, str_z(regex), str_z(flags));
	grams_fill(&set, text);
	return grams.n == 0 || grams_might_match(grams.words, &set);
}

static void texts_are_told_apart(void **state)
{
	static const struct {
		const char *regex, *flags;
		const char *hits, *misses; /* NULL: nothing is known of the expression */
	} cases[] = {
		{ "viagra", "", "buy VIAGRA now", "buy viag now" },
		{ "\\bfree\\s+money\\b", "i", "Free  Money", "free lunch" },
		{ "(?:red|green) house", "", "a green house", "a greenhouse" },
		{ "(?:red|green)", "", "so red", "so blue" },
		{ "(?:red|)house", "", "house", "home" },
		{ "(?:red|r..)", "", "r..", NULL },
		{ "colou?r", "", "color", "col r" },
		{ "ab*cdef", "", "acdef", "abcd" },
		{ "abc{0,3}def", "", "abdef", "abxde" },
		{ "abc{2}def", "", "abccdef", "abdef" },
		{ "a{b,c}d", "", "a{b,c}d", "abcd" },
		{ "abc(?=def)", "", "abcdef", "abdef" },
		{ "abc(?!def)", "", "abcx", "ab def" },
		{ "(?<!abc)def", "", "def", "abc" },
		{ "(?<name>abc)\\1", "", "abcabc", "ab cab" },
		{ "(?i)ABC(?-i)d", "", "abcd", "ab d" },
		{ "(?i:ABC)d", "", "Abcd", "ab d" },
		{ "[Aa][Bb]c", "", "aBc", "ab-c" },
		{ "www[.]x[\\.]org", "", "www.x.org", "www-x-org" },
		{ "[^a]bcd", "", "xbcd", "xbc" },
		{ "[]x]bcd", "", "]bcd", "]bc" },
		{ "[[:alpha:]]bcd", "", "xbcd", "xbc" },
		{ "\\x41\\x{42}c", "", "ABc", "AB" },
		{ "a\\.b\\/c\\n", "", "a.b/c\n", "axb/c" },
		{ "abc|def", "", "def", "de f" },
		{ "abc\\12def", "", "abc\ndef", "abc" },
		{ "\\Qa.b\\E", "", "a.b", NULL },
		{ "(?x) a b c", "", "abc", NULL },
		{ "a b c", "x", "abc", NULL },
		{ "(?(?=a)b|c)def", "", "cdef", NULL },
		{ "(*ACCEPT)abc", "", "", NULL },
		{ "(?|(abc)|(def))", "", "def", "ab" },
		{ "abc\\K", "", "abc", "ab" },
		{ "(?:abc)?", "", "", NULL },
		{ "(?:abc)+d", "", "abcabcd", "abd" },
		{ "x.y", "", "xzy", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const char *const misses = cases[i].misses ? cases[i].misses : "";

		if (!might_match(cases[i].regex, cases[i].flags, str_z(cases[i].hits)))
			fail_msg("/%s/ and '%s'", cases[i].regex, cases[i].hits);
		if (might_match(cases[i].regex, cases[i].flags, str_z(misses)) !=
		    (cases[i].misses == NULL))
			fail_msg("/%s/ and not '%s'", cases[i].regex, misses);
	}
}

static void rules_that_look_elsewhere_keep_their_bit(void **state)
{
	const struct pattern patterns[] = {
		{ .when = PATTERN_EXISTS },
		{ .regex = STR_INIT("abc") },
		{ .regex = STR_INIT("abc"), .when = PATTERN_DIFFERS },
		{ .regex = STR_INIT("abc"), .view.parts = true, .has_unset = true },
		{ .regex = STR_INIT(".*") },
		{ .regex = STR_INIT("TEXT") },
	};
	const struct pattern *each[COUNTOF(patterns)];
	struct prefilter_scratch *scratch = prefilter_scratch_new();
	struct prefilter *p;
	uint64_t bits = 0;

	(void)state;
	for (size_t i = 0; i < COUNTOF(patterns); i++)
		each[i] = &patterns[i];
	p = prefilter_new(each, COUNTOF(each));
	prefilter_look(p, scratch, STR("some text"), &bits);
	assert_int_equal(bits, 0x39);
	prefilter_free(p);
	prefilter_scratch_free(scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_told_apart),
		cmocka_unit_test(rules_that_look_elsewhere_keep_their_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
