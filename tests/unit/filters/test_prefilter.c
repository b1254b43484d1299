/* Which of many expressions are tried on a text: all that match, and few that do not. */
#include "filters/pattern/prefilter.h"
#include "filters/pattern/tree.h"

#include "base/check.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* NULL: it is always to be tried. */
static struct prefilter *made(const char *const *expressions, size_t count,
			      struct prefilter_scratch **scratch)
{
	struct prefilter_item items[300] = { { .expression = NULL } };
	struct prefilter *f;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	assert_true(count <= COUNTOF(items));
	for (size_t i = 0; i < count; i++)
		if (expressions[i])
			items[i].expression = tree_read(str_z(expressions[i]), STR("i"), &arena);
	*scratch = prefilter_scratch_new();
	f = prefilter_new(items, count, *scratch);
	arena_reset(&arena);
	if (!f) { /* built without Vectorscan, or a machine that it cannot use */
		prefilter_scratch_free(*scratch);
		skip();
	}
	return f;
}

static void only_what_may_match(void **state)
{
	static const char *const expressions[] = {
		"casino", "cas[_\\W]?inos",        "[a-z]{3}", /* nothing is known of it */
		NULL,     "(?:gold|silver) coins",
	};
	static const struct {
		const char *text;
		uint64_t candidates;
	} cases[] = {
		{ "", 0x0c },
		{ "nothing", 0x0c },
		{ "The CASINO", 0x0d },
		{ "cas_inos", 0x0e },
		{ "silver coins in the casino", 0x1d },
		{ "silver c oins", 0x0c },
	};
	struct prefilter_scratch *scratch;
	struct prefilter *f = made(expressions, COUNTOF(expressions), &scratch);

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
	const char *expressions[COUNT];
	char texts[COUNT][8];
	uint64_t candidates[(COUNT + 63) / 64];
	struct prefilter_scratch *scratch;
	struct prefilter *f;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "w%03ux", i);
		expressions[i] = texts[i];
	}
	f = made(expressions, COUNT, &scratch);
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
