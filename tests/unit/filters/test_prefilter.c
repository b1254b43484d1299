/* Which of many expressions are tried on a text: all that match, and few that do not. */
#include "filters/pattern/prefilter.h"

#include "base/check.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct prefilter *made(const struct prefilter_item *items, size_t count,
			      struct prefilter_scratch **scratch)
{
	struct prefilter *f;

	*scratch = prefilter_scratch_new();
	f = prefilter_new(items, count, *scratch);
	if (!f) { /* built without Vectorscan, or a machine that it cannot use */
		prefilter_scratch_free(*scratch);
		skip();
	}
	return f;
}

static void only_what_may_match(void **state)
{
	const struct prefilter_item items[] = {
		{ .expression = STR("casino"), .flags = STR("i") },
		{ .expression = STR("v[_\\W]?i[_\\W]?a[_\\W]?gra") },
		{ .expression = STR("[a-z]{3}") }, /* nothing is known of it */
		{ .expression = STR("roulette"), .always = true },
		{ .expression = STR("(?:gold|silver) coins") },
	};
	static const struct {
		const char *text;
		uint64_t candidates;
	} cases[] = {
		{ "", 0x0c },
		{ "nothing", 0x0c },
		{ "The CASINO", 0x0d },
		{ "v-i.a_gra", 0x0e },
		{ "silver coins in the casino", 0x1d },
		{ "silver c oins", 0x0c },
	};
	struct prefilter_scratch *scratch;
	struct prefilter *f = made(items, COUNTOF(items), &scratch);

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		uint64_t candidates = UINT64_MAX;

		prefilter_find(f, scratch, str_z(cases[i].text), &candidates);
		assert_int_equal(candidates, cases[i].candidates);
	}
	prefilter_free(f);
	prefilter_scratch_free(scratch);
}

static void hundreds_in_their_words(void **state)
{
	enum { COUNT = 300 };
	struct prefilter_item items[COUNT];
	char texts[COUNT][8];
	uint64_t candidates[(COUNT + 63) / 64];
	struct prefilter_scratch *scratch;
	struct prefilter *f;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "w%03ux", i);
		items[i] = (struct prefilter_item){ .expression = str_z(texts[i]) };
	}
	f = made(items, COUNT, &scratch);
	for (unsigned i = 0; i < COUNT; i++) {
		prefilter_find(f, scratch, str_z(texts[i]), candidates);
		for (unsigned k = 0; k < COUNT; k++)
			assert_int_equal(candidates[k / 64] >> (k % 64) & 1, k == i);
	}
	prefilter_free(f);
	prefilter_scratch_free(scratch);
}

static void all_of_them(void **state)
{
	uint64_t candidates[2];

	(void)state;
	prefilter_all(64, candidates);
	assert_true(candidates[0] == UINT64_MAX);
	prefilter_all(70, candidates);
	assert_true(candidates[0] == UINT64_MAX && candidates[1] == 0x3f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_may_match),
		cmocka_unit_test(hundreds_in_their_words),
		cmocka_unit_test(all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
