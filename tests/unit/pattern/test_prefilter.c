/* Which of many expressions are tried on a text, and where: all that match, and few that do not. */
#include "filters/pattern/prefilter.h"
#include "filters/regex/tree.h"

#include "base/check.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct prefilter_scratch *scratch;

/* The numbers of expressions are their items. */
static struct prefilter *made(const char *const *expressions, uint32_t count)
{
	struct prefilter *f = prefilter_new();
	struct arena arena;

	if (!f)
		skip(); /* built without Vectorscan */
	arena_init(&arena, 1 << 20);
	for (uint32_t i = 0; i < count; i++) {
		struct literals l;

		literals_of(tree_read(str_z(expressions[i]), STR("i"), &arena), STR(""), &l);
		assert_true(l.count > 0);
		prefilter_add(f, &l, i);
	}
	arena_reset(&arena);
	scratch = prefilter_scratch_new();
	if (!prefilter_close(f, scratch)) {
		prefilter_free(f);
		prefilter_scratch_free(scratch);
		skip(); /* a machine that it cannot use */
	}
	return f;
}

static void drop(struct prefilter *f)
{
	prefilter_free(f);
	prefilter_scratch_free(scratch);
}

struct told {
	uint64_t items;
	size_t from, to; /* of the last one */
};

static void tell(void *ctx, uint32_t item, const struct sight *seen)
{
	struct told *told = ctx;

	told->items |= 1ull << item % 64;
	told->from = seen->most < seen->end ? seen->end - seen->most : 0;
	told->to = seen->end - seen->least + 1;
}

static void look(const struct prefilter *f, struct str text, struct told *told)
{
	prefilter_look(f, scratch, text, (struct sight_window){ 0, text.n }, tell, told);
}

static void only_what_may_match(void **state)
{
	static const char *const expressions[] = {
		"casino",
		"cas[_\\W]?inos",
		"(?:gold|silver) coins",
	};
	static const struct {
		const char *text;
		uint64_t items;
	} cases[] = {
		{ "", 0 },
		{ "nothing", 0 },
		{ "The CASINO", 0x1 },
		{ "cas_inos", 0x2 },
		{ "silver coins in the casino", 0x5 },
		{ "silver c oins", 0 },
	};
	struct prefilter *f = made(expressions, COUNTOF(expressions));

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct told told = { .items = 0 };

		look(f, str_z(cases[i].text), &told);
		assert_int_equal(told.items, cases[i].items);
	}
	drop(f);
}

static void where_it_may_match(void **state)
{
	static const struct {
		const char *expression, *text;
		size_t from, to;
	} cases[] = {
		{ "casino", "The casino", 4, 5 },
		{ "[a-z]{2} casino", "The casino", 1, 2 },
		{ "\\w{0,2}casino", "The casino", 2, 5 },
		{ "x.*casino", "x The casino", 0, 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct prefilter *f = made(&cases[i].expression, 1);
		struct told told = { .items = 0 };

		look(f, str_z(cases[i].text), &told);
		assert_int_equal(told.items, 1);
		if (told.from != cases[i].from || told.to != cases[i].to)
			fail_msg("%s: %zu to %zu", cases[i].expression, told.from, told.to);
		drop(f);
	}
}

static void hundreds_in_their_words(void **state)
{
	enum { COUNT = 300 };
	const char *expressions[COUNT];
	char texts[COUNT][8];
	struct prefilter *f;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "w%03ux", i);
		expressions[i] = texts[i];
	}
	f = made(expressions, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		struct told told = { .items = 0 };

		look(f, str_z(texts[i]), &told);
		assert_true(told.items == 1ull << i % 64);
	}
	drop(f);
}

struct ends {
	unsigned count;
	size_t at[64];
};

static void keep(void *ctx, uint32_t item, const struct sight *seen)
{
	struct ends *ends = ctx;

	(void)item;
	assert_true(ends->count < COUNTOF(ends->at));
	ends->at[ends->count++] = seen->end;
}

/* Wherever one ends and the next begins. */
static void windows_are_not_seen(void **state)
{
	static const char *const expressions[] = { "casino", "sinor", "noroyal" };
	static const struct str text = STR_INIT("casinoroyal, a casinoroyal or no casino");
	struct prefilter *f = made(expressions, COUNTOF(expressions));
	struct ends whole = { .count = 0 };

	(void)state;
	prefilter_look(f, scratch, text, (struct sight_window){ 0, text.n }, keep, &whole);
	assert_int_equal(whole.count, 7);
	for (size_t seam = 0; seam <= text.n; seam++) {
		struct ends both = { .count = 0 };

		prefilter_look(f, scratch, text, (struct sight_window){ 0, seam }, keep, &both);
		prefilter_look(f, scratch, text, (struct sight_window){ seam, text.n }, keep,
			       &both);
		assert_int_equal(both.count, whole.count);
		assert_memory_equal(both.at, whole.at, whole.count * sizeof(*whole.at));
	}
	drop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_may_match),
		cmocka_unit_test(where_it_may_match),
		cmocka_unit_test(hundreds_in_their_words),
		cmocka_unit_test(windows_are_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
