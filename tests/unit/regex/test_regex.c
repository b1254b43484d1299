/* Regular expressions: what Perl makes of them, and that a match has an end. */
#include "filters/regex/regex.h"

#include "base/check.h"
#include "base/out.h"
#include "base/work.h"
#include "fake/work.h"
#include "unit/often.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int count(const char *re, const char *flags, struct str text, unsigned most)
{
	struct regex_engine *engine = regex_engine_new();
	struct regex_error error;
	struct regex *regex = regex_compile(str_z(re), str_z(flags), &error);
	int n;

	assert_non_null(regex);
	n = regex_count(engine, regex, text, most);
	regex_free(regex);
	regex_engine_free(engine);
	return n;
}

static void matches_as_perl_does(void **state)
{
	static const struct {
		const char *re, *flags, *text;
		unsigned most;
		int n;
	} cases[] = {
		{ "abc", "", "xabcx", 1, 1 },
		{ "abc", "", "xABCx", 1, 0 },
		{ "abc", "i", "xABCx", 1, 1 },
		{ "^b", "", "a\nb", 1, 0 },
		{ "^b", "m", "a\nb", 1, 1 },
		{ "a.b", "", "a\nb", 1, 0 },
		{ "a.b", "s", "a\nb", 1, 1 },
		{ "a.b", "", "a\rb", 1, 1 },
		{ "a$", "", "a\n", 1, 1 },
		{ "a\\z", "", "a\n", 1, 0 },
		{ "a b # c", "x", "ab", 1, 1 },
		{ "\\/\\@", "", "/@", 1, 1 },
		{ "a", "", "aaaa", 100, 4 },
		{ "a", "", "aaaa", 3, 3 },
		{ "aa", "", "aaaa", 100, 2 },
		{ "a*", "", "baab", 100, 4 }, /* "", "aa", "", "" */
		{ "", "", "", 100, 1 },
		{ "(a)(b)\\2", "g", "abb", 1, 1 },
		{ "\\xe4", "", "\xe4", 1, 1 },
		{ "^.$", "", "\xc3\xa4", 1, 0 }, /* bytes */
		{ "(?<n>a)(?<n>b)", "", "ab", 1, 1 },
		{ "^fo{,3}$", "", "fooo", 1, 1 },
		{ "^fo{,3}$", "", "foooo", 1, 0 },
		{ "^fo{,3}?$", "", "f", 1, 1 },
		{ "o\\{,3}", "", "o{,3}", 1, 1 },
		{ "^[{,3}]+$", "", "3,{}", 1, 1 },
		{ "o{,}", "", "o{,}", 1, 1 },
		{ "o{,x}", "", "o{,x}", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		if (count(cases[i].re, cases[i].flags, str_z(cases[i].text), cases[i].most) !=
		    cases[i].n)
			fail_msg("/%s/%s on '%s'", cases[i].re, cases[i].flags, cases[i].text);
}

/* In UTF-8, for whoever writes characters by their number. */
static void characters_are_their_bytes(void **state)
{
	static const struct {
		const char *re, *text;
		int n;
	} cases[] = {
		{ "a\\x{456}+b",
		  "a\xd1\x96\xd1\x96"
		  "b",
		  1 },
		{ "^[i\\x{456}]t$", "it", 1 },
		{ "^[i\\x{456}]t$", "\xd1\x96t", 1 },
		{ "^[i\\x{456}]t$", "\xd1t", 0 },
		{ "^[\\x{441}\\x{456}]$", "\xd1\x81", 1 },
		{ "^[]\\x{456}[:digit:]]{3}$",
		  "]\xd1\x96"
		  "7",
		  1 },
		{ "\\x{e4}", "\xe4", 1 },
		{ "\\\\x{3}", "\\xxx", 1 },
		{ "\\x{1F600}", "\xf0\x9f\x98\x80", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		if (count(cases[i].re, "", str_z(cases[i].text), 1) != cases[i].n)
			fail_msg("/%s/ on '%s'", cases[i].re, cases[i].text);
}

static void errors_have_a_place(void **state)
{
	static const struct {
		const char *re, *flags;
		size_t at;
	} cases[] = {
		{ "a(b", "", 3 }, { "a[b", "", 3 },    { "*a", "", 0 },
		{ "a", "e", 0 },  { "(?{1})", "", 2 },
	};
	struct regex_error error;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		assert_null(regex_compile(str_z(cases[i].re), str_z(cases[i].flags), &error));
		assert_true(error.text[0] != '\0');
		if (error.at != cases[i].at)
			fail_msg("/%s/: at %zu", cases[i].re, error.at);
	}
}

/* Each of these takes a backtracking matcher for ever. */
static void what_takes_too_long_is_given_up(void **state)
{
	static const char *const bombs[] = { "(a+)+b", "(a|aa)+b", "(a*)*b",
					     "^(([a-z])+.)+[A-Z]b$" };
	char text[5000];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + sizeof(text) - 3, "-_b", 3); /* or it is seen at once that there is no b */
	for (size_t i = 0; i < COUNTOF(bombs); i++)
		assert_int_equal(
			count(bombs[i], "", (struct str){ .p = text, .n = sizeof(text) }, 1),
			REGEX_GAVE_UP);
}

/* As far as it is seen, and with a limit of steps that is far more than it takes. */
static void a_match_may_be_long(void **state)
{
	static char text[100000];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 100, "<style>", 7);
	memcpy(text + 30000, "</style>", 8);
	assert_int_equal(
		count("<style.*?</style>", "s", (struct str){ .p = text, .n = sizeof(text) }, 9),
		1);
}

/* One that takes too much is no match, and there may be another; of an expression that goes on so, nothing else is found. */
static void places_are_given_up_one_by_one(void **state)
{
	static const struct {
		const char *text;
		int n;
	} cases[] = {
		{ "xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac b", REGEX_GAVE_UP },
		{ "xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac xaab xab", 2 },
		{ "xab xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac xaab", 2 },
	};
	static const char bomb[] = "xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac ";
	char bytes[64 * sizeof(bomb)];
	struct out many = OUT(bytes);

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(count("x(a+)+b", "", str_z(cases[i].text), 9), cases[i].n);
	for (unsigned i = 0; i < 60; i++)
		out_str(&many, str_z(bomb));
	out_str(&many, STR("xaab"));
	assert_int_equal(count("x(a+)+b", "", out_text(&many), 9), REGEX_GAVE_UP);
}

/* In a text of which not all is seen from a place. */
static void the_end_is_that_of_the_text(void **state)
{
	static const struct {
		const char *re, *flags;
		int n; /* in many a "foo" with one "z" and a line end behind them */
	} cases[] = {
		{ "foo\\z", "", 0 },
		{ "foo$", "", 0 },
		{ "foo\\b", "", 0 },
		{ "oz$", "", 1 },
		{ "oz\\Z", "", 1 },
		{ "o\n\\z", "", 0 },
		{ "^.*$", "s", 1 },
		{ "^foo(?!.*z)", "s", 0 },
		{ "foo(?!.*z)", "", 0 },
		{ "^foo(?!y)", "s", 1 },
		{ "^(?>.*o)f", "", 0 },
		{ "^foo.*+", "s", 1 },
		{ "foo(?!f|z)", "", 0 },
		{ "^foo(?!.*y)", "s", REGEX_GAVE_UP }, /* more steps than such a text is given */
	};
	static char text[3 * 40000 + 2];
	const size_t n = sizeof(text) - 2;

	(void)state;
	for (size_t i = 0; i < n; i++)
		text[i] = "foo"[i % 3];
	memcpy(text + n, "z\n", 2);
	for (size_t i = 0; i < COUNTOF(cases); i += often(1, 3)) {
		const int found = count(cases[i].re, cases[i].flags,
					(struct str){ .p = text, .n = sizeof(text) }, 9);

		if (found != cases[i].n)
			fail_msg("/%s/: %d", cases[i].re, found);
	}
}

/* A long text is tried in strides, and in short ones where a place takes many steps: what is found is the same. */
static void strides_are_not_seen(void **state)
{
	enum { LONG = 20000 };
	static const struct {
		const char *re, *flags;
		int n; /* with "casino" at a place, once more at the end, and 'x' elsewhere */
	} cases[] = {
		{ "casino", "", 2 },
		{ "^casino", "", 0 },
		{ "^casino", "m", 0 },
		{ "\\Gcasino", "", 0 },
		{ "(?<=x)casino(?!x)", "", 1 },
		{ "(?<=x)casino(?=x)", "", 1 },
		{ "x{0,2000}?[a-d][a-d]sino", "",
		  2 }, /* more than few steps at nearly every place */
		{ "x{0,40}?x{0,40}?[a-d][a-d]sino", "", 2 },
	};
	static char text[LONG + 6];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		for (size_t at = 4090; at < 4098; at++) {
			int n;

			memset(text, 'x', LONG);
			memcpy(text + at, "casino", 6);
			memcpy(text + LONG, "casino", 6);
			n = count(cases[i].re, cases[i].flags,
				  (struct str){ .p = text, .n = sizeof(text) }, 9);
			if (n != cases[i].n)
				fail_msg("/%s/ at %zu: %d", cases[i].re, at, n);
		}
	}
}

/* One match may take longer than there is time: it is not waited for to its end. */
static void a_match_has_a_time(void **state)
{
	struct regex_engine *engine = regex_engine_new();
	struct regex_error error;
	struct regex *regex = regex_compile(STR("x{0,200}?x{0,200}?[y-z]"), STR(""), &error);
	static char text[1 << 19];

	(void)state;
	memset(text, 'x', sizeof(text));
	fake_work_each_look(1000);
	regex_engine_allow(engine, 10000);
	assert_int_equal(
		regex_count(engine, regex, (struct str){ .p = text, .n = sizeof(text) }, 1),
		REGEX_NO_TIME);
	fake_work_each_look(0);
	regex_free(regex);
	regex_engine_free(engine);
}

/* No step back is taken, but letters are gone over up to their end at each place.  In pieces, one behind the other, while a look at
 * a clock lets so much time pass. */
static int count_in_letters(size_t piece, int64_t each_look, struct regex_toil *toil)
{
	struct regex_engine *engine = regex_engine_new();
	struct regex_error error;
	struct regex *regex = regex_compile(STR("[a-z]{3,}\\d+[a-z]{2,}"), STR(""), &error);
	static char text[26000];
	int n = 0;

	memset(text, 'a', sizeof(text));
	for (size_t i = piece; i <= sizeof(text); i += piece)
		memcpy(text + i - 4, "-1bc", 4);
	regex_engine_allow(engine, INT64_C(1000000000));
	fake_work_each_look(each_look);
	for (size_t i = 0; i < sizeof(text) && n == 0; i += piece) {
		struct regex_range all = { .to = piece + 1 };

		n = regex_count_in(engine, regex, (struct str){ .p = text + i, .n = piece }, &all,
				   9, toil);
	}
	fake_work_each_look(0);
	regex_free(regex);
	regex_engine_free(engine);
	return n;
}

static void what_goes_over_a_text_again_and_again_is_given_up(void **state)
{
	static const size_t pieces[] = { 26000, 2600, 1300 };

	(void)state;
	for (size_t i = 0; i < COUNTOF(pieces); i++) {
		struct regex_toil quick = { .text = 0 }, slow = { .text = 0 };

		assert_int_equal(count_in_letters(pieces[i], 1000, &quick), 0);
		assert_int_equal(quick.ns, 0);
		assert_int_equal(count_in_letters(pieces[i], 20000000, &slow), REGEX_GAVE_UP);
		assert_true(slow.over);
	}
}

/* Time goes by while others are at work. */
static void what_others_take_does_not_count(void **state)
{
	struct regex_engine *engine = regex_engine_new();
	struct regex_error error;
	struct regex *regex = regex_compile(STR("[a-z]{3,}\\d"), STR(""), &error);
	struct regex_toil toil = { .text = 0 };
	static char text[2600];

	(void)state;
	memset(text, 'a', sizeof(text));
	regex_engine_allow(engine, INT64_C(1000000000));
	for (unsigned i = 0; i < 20; i++) {
		struct regex_range all = { .to = sizeof(text) + 1 };

		assert_int_equal(regex_count_in(engine, regex,
						(struct str){ .p = text, .n = sizeof(text) }, &all,
						1, &toil),
				 0);
		assert_true(regex_engine_has_time(engine, 4096));
		fake_work_each_look(20000000);
		(void)work_ns();
		fake_work_each_look(0);
	}
	assert_int_equal(toil.pace, REGEX_UNKNOWN);
	assert_false(toil.over);
	regex_free(regex);
	regex_engine_free(engine);
}

/* What was found before time is up is found; who asks on is told. */
static void matches_outlast_their_time(void **state)
{
	struct regex_engine *engine = regex_engine_new();
	struct regex_error error;
	struct regex *regex = regex_compile(STR("a"), STR(""), &error);
	static char text[20000];
	const struct str all = { .p = text, .n = sizeof(text) };
	struct regex_range range = { .to = sizeof(text) };

	(void)state;
	memset(text, 'x', sizeof(text));
	text[10] = text[sizeof(text) - 1] = 'a';
	fake_work_each_look(10000000);
	regex_engine_allow(engine, 100000000);
	assert_int_equal(regex_count_in(engine, regex, all, &range, 9, NULL), 1);
	assert_in_range(range.from, 11, sizeof(text) - 1);
	assert_int_equal(regex_count_in(engine, regex, all, &range, 9, NULL), REGEX_NO_TIME);
	fake_work_each_look(0);
	regex_free(regex);
	regex_engine_free(engine);
}

/* Whatever an expression took in one text, it is looked for in all of the next. */
static void toil_ends_with_its_text(void **state)
{
	struct regex_engine *engine = regex_engine_new();
	struct regex_error error;
	struct regex *regex = regex_compile(STR("x(a+)+b"), STR(""), &error);
	struct regex_toil toil = { .steps = 0 };
	static char text[26000];
	const struct str all = { .p = text, .n = sizeof(text) };
	struct regex_range range = { .to = sizeof(text) + 1 };

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i += 100)
		memcpy(text + i, "-x", 2);
	memcpy(text + sizeof(text) - 4, "-xab", 4);
	assert_int_equal(regex_count_in(engine, regex, all, &range, 1, &toil), REGEX_GAVE_UP);
	assert_true(toil.over);
	regex_engine_turn(engine);
	memset(text, 'y', sizeof(text) - 4);
	range.from = 0;
	assert_int_equal(regex_count_in(engine, regex, all, &range, 1, &toil), 1);
	regex_free(regex);
	regex_engine_free(engine);
}

static void many_matches_have_a_time(void **state)
{
	struct regex_engine *engine = regex_engine_new();
	struct regex_error error;
	struct regex *regex = regex_compile(STR("a"), STR(""), &error);

	(void)state;
	regex_engine_allow(engine, INT64_C(3600) * 1000000000);
	assert_int_equal(regex_count(engine, regex, STR("aaa"), 100), 3);
	assert_true(regex_engine_left(engine) > 0);
	assert_false(regex_engine_is_over(engine));
	fake_work_each_look(1);
	regex_engine_allow(engine, 0);
	assert_int_equal(regex_count(engine, regex, STR("aaa"), 100), REGEX_NO_TIME);
	assert_int_equal(regex_count(engine, regex, STR("aaa"), 100), REGEX_NO_TIME);
	assert_true(regex_engine_left(engine) <= 0);
	assert_true(regex_engine_is_over(engine)); /* and stays so, whatever the clocks say */
	fake_work_each_look(INT64_C(-1000000));
	assert_int_equal(regex_count(engine, regex, STR("aaa"), 100), REGEX_NO_TIME);
	fake_work_each_look(0);
	regex_engine_allow(engine, 1000000);
	assert_false(regex_engine_is_over(engine));
	assert_int_equal(regex_count(engine, regex, STR("aaa"), 100), 3);
	regex_free(regex);
	regex_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_as_perl_does),
		cmocka_unit_test(characters_are_their_bytes),
		cmocka_unit_test(errors_have_a_place),
		cmocka_unit_test(what_takes_too_long_is_given_up),
		cmocka_unit_test(a_match_may_be_long),
		cmocka_unit_test(places_are_given_up_one_by_one),
		cmocka_unit_test(the_end_is_that_of_the_text),
		cmocka_unit_test(strides_are_not_seen),
		cmocka_unit_test(a_match_has_a_time),
		cmocka_unit_test(what_goes_over_a_text_again_and_again_is_given_up),
		cmocka_unit_test(what_others_take_does_not_count),
		cmocka_unit_test(matches_outlast_their_time),
		cmocka_unit_test(toil_ends_with_its_text),
		cmocka_unit_test(many_matches_have_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
