/* The bytes that a match can begin with: each of those of every match, and no others where it can be told. */
#include "filters/pattern/lane.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* That of an expression. */
static struct lane lane_made(const char *expression, const char *flags)
{
	static const struct tree the_end = { .kind = TREE_ANYTHING };
	struct step end = { .tree = &the_end };
	struct step first = { .next = &end };
	struct arena arena;
	struct lane lane;

	arena_init(&arena, 16 << 20);
	first.tree = tree_read(str_z(expression), str_z(flags), &arena);
	assert_non_null(first.tree);
	first.least = first.tree->least;
	first.most = first.tree->most;
	lane = *lane_of(&first);
	arena_reset(&arena);
	return lane;
}

static bool takes(const struct lane *lane, struct str text)
{
	for (unsigned d = 0; d < lane->open; d++)
		if (d >= text.n || !byte_set_has(&lane->sets[d], (unsigned char)text.p[d]))
			return false;
	return true;
}

static void takes_what_it_begins_with(void **state)
{
	static const struct {
		const char *expression, *flags;
		unsigned open;
		const char *text, *other; /* of which it takes one */
	} cases[] = {
		{ "abc", "", 3, "abcd", "abd" },
		{ "abc", "i", 3, "aBC", "aBD" },
		{ "ab?c", "", 2, "acb", "ad" },
		{ "ab{2,3}c", "", 4, "abbc", "abcc" },
		{ "(?:ab|cde)f", "", 3, "adf",
		  "bbf" }, /* of one the first, of the other the second */
		{ "a(?=b)c", "", 2, "ac", "ab" },
		{ "a.*b", "s", 2, "ax", "a" },
		{ "(a)\\1", "", 1, "ab", "ba" },
		{ "x*", "", 0, "", NULL },
		{ "[0-9]{40}", "", LANE_DEPTH, "0123456789012345", "012345678901234x" },
		{ "[0-9]{40}", "", LANE_DEPTH, "9999999999999999z", "999999999999999" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct lane lane = lane_made(cases[i].expression, cases[i].flags);

		if (lane.open != cases[i].open)
			fail_msg("%s: open from %u on", cases[i].expression, lane.open);
		if (!takes(&lane, str_z(cases[i].text)))
			fail_msg("%s does not take %s", cases[i].expression, cases[i].text);
		if (cases[i].other && takes(&lane, str_z(cases[i].other)))
			fail_msg("%s takes %s", cases[i].expression, cases[i].other);
	}
}

/* More ways than are walked: nothing is known of what is behind them. */
static void ends_where_there_are_too_many_ways(void **state)
{
	const struct lane few = lane_made("q(?:a?){20}zzzz", "");
	const struct lane lane = lane_made("q(?:(?:(?:(?:a?){20}){20}){20}){20}zzzz", "");

	(void)state;
	assert_int_equal(few.open, 5);
	assert_true(lane.open <= 1);
	assert_true(takes(&lane, STR("qazzzz")));
}

static void both_are_taken_together(void **state)
{
	struct lane one = lane_made("abc", "");
	const struct lane other = lane_made("xy", "");

	(void)state;
	lane_unite(&one, &other);
	assert_int_equal(one.open, 2);
	assert_true(takes(&one, STR("ab")) && takes(&one, STR("xy")) && takes(&one, STR("ay")));
	assert_false(takes(&one, STR("az")));
}

static void more_is_seen_more_often(void **state)
{
	struct lane_shares shares;
	const struct lane anything = lane_made("", ""), letter = lane_made("e", ""),
			  word = lane_made("eq", ""), others = lane_made("zq", "");
	float united;

	(void)state;
	lane_shares_open(&shares, STR(""));
	assert_true(lane_share(&shares, &anything, LANE_DEPTH) > .999f);
	assert_true(lane_share(&shares, &letter, LANE_DEPTH) < .5f);
	assert_true(lane_share(&shares, &word, LANE_DEPTH) <
		    lane_share(&shares, &letter, LANE_DEPTH));
	united = lane_share_united(&shares, &word, &others);
	assert_true(united >= lane_share(&shares, &word, LANE_DEPTH));
	assert_true(united >= lane_share(&shares, &others, LANE_DEPTH));
}

/* In texts that most often hold it. */
static void what_is_usual_is_seen_more_often(void **state)
{
	struct lane_shares shares, usual;
	const struct lane key = lane_made("qx=", ""), value = lane_made("qx=0", ""),
			  long_value = lane_made("qx=1 a", "");

	(void)state;
	lane_shares_open(&shares, STR(""));
	lane_shares_open(&usual, STR("zz qx=1 "));
	assert_true(lane_share(&shares, &key, LANE_DEPTH) < .001f);
	assert_true(lane_share(&usual, &key, LANE_DEPTH) > .1f);
	assert_true(lane_share(&usual, &value, LANE_DEPTH) < .001f);
	assert_true(lane_share(&usual, &value, 3) > .1f);
	assert_true(lane_share(&usual, &long_value, LANE_DEPTH) < .001f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_it_begins_with),
		cmocka_unit_test(ends_where_there_are_too_many_ways),
		cmocka_unit_test(both_are_taken_together),
		cmocka_unit_test(more_is_seen_more_often),
		cmocka_unit_test(what_is_usual_is_seen_more_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
