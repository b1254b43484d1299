/* Where expressions may match in a text: every place where one does, and few others. */
#include "filters/pattern/automaton.h"

#include "base/check.h"
#include "base/out.h"
#include "filters/pattern/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { MOST = 64 };

struct told {
	unsigned entries; /* that may still be made */
	unsigned count;
	struct {
		unsigned item;
		size_t from, to;
	} places[MOST];
};

static void tell(void *ctx, unsigned item, size_t from, size_t to)
{
	struct told *told = ctx;

	assert_true(told->count < MOST);
	told->places[told->count].item = item;
	told->places[told->count].from = from;
	told->places[told->count++].to = to;
}

static bool may_make(void *ctx)
{
	struct told *told = ctx;

	return told->entries && told->entries--;
}

static bool add(struct automaton *a, const char *expression, const char *flags, unsigned item)
{
	struct arena arena;
	const struct tree *tree;
	bool added;

	arena_init(&arena, 16 << 20);
	tree = tree_read(str_z(expression), str_z(flags), &arena);
	assert_non_null(tree);
	added = automaton_add(a, tree, item);
	arena_reset(&arena);
	return added;
}

static void look(struct automaton *a, const char *text, struct told *told)
{
	told->entries = 100000;
	told->count = 0;
	assert_true(automaton_look(a, str_z(text), may_make, tell, told));
}

static void tells_where(void **state)
{
	static const struct {
		const char *expression, *flags, *text;
		size_t from, to; /* 0, 0: nowhere */
	} cases[] = {
		{ "viagra", "", "some viagra", 5, 6 },
		{ "viagra", "", "some Viagra", 0, 0 },
		{ "viagra", "i", "some Viagra", 5, 6 },
		{ "\\bv[i1!]a?gra\\b", "i", "or v1gra", 3, 4 },
		{ "v\\W{0,3}i\\W{0,3}a\\W{0,3}g\\W{0,3}r\\W{0,3}a", "", "x v - i.a g r a", 2, 3 },
		{ "(?:v|\\xce\\xbd)(?:i|&#105;)agra", "", "\xce\xbd&#105;agra", 0, 1 },
		{ ".*casino", "", "this casino", 0, 6 },
		{ "[a-z]{3} casino", "", "this casino", 1, 2 },
		{ "(?&x)quz(?(DEFINE)(?'x'foo|bar))", "", "a barquz", 2, 3 },
		{ "(?i:q)X(?-i)y", "i", "qxY QXy", 4, 5 },
		{ "abc(?=d)xyz", "", "abcdxyz abxyz", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct automaton *a = automaton_new();
		struct told told;

		assert_true(add(a, cases[i].expression, cases[i].flags, 0));
		automaton_close(a);
		look(a, cases[i].text, &told);
		if (told.count != (cases[i].to ? 1 : 0))
			fail_msg("%s: %u places", cases[i].expression, told.count);
		if (told.count &&
		    (told.places[0].from > cases[i].from || told.places[0].to < cases[i].to))
			fail_msg("%s: %zu to %zu", cases[i].expression, told.places[0].from,
				 told.places[0].to);
		automaton_free(a);
	}
}

static void takes_what_is_seldom(void **state)
{
	static const char *const none[] = { "",  "a*",       ".",           "\\w+",  "[a-z]{3,}",
					    "e", "casino|e", "(?:casino)?", "\\s\\S" };
	static const char *const some[] = { "%#", "casino", "\\d{5}", "(?:[a-z]+ )?casino" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(none) + COUNTOF(some); i++) {
		struct automaton *a = automaton_new();
		const bool seldom = i >= COUNTOF(none);
		const char *expression = seldom ? some[i - COUNTOF(none)] : none[i];

		if (add(a, expression, "", 0) != seldom)
			fail_msg("%s", expression);
		automaton_free(a);
	}
}

static void tells_each_of_many_apart(void **state)
{
	enum { COUNT = 300 };
	struct automaton *a = automaton_new();
	char text[16];
	struct told told;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "w%03ux", i);
		assert_true(add(a, text, "", i));
	}
	automaton_close(a);
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), " w%03ux", i);
		look(a, text, &told);
		assert_int_equal(told.count, 1);
		assert_int_equal(told.places[0].item, i);
		assert_int_equal(told.places[0].from, 1);
		assert_int_equal(told.places[0].to, 2);
	}
	automaton_free(a);
}

/* What is missing in the table is made once; without leave to make it, nothing is known. */
static void makes_entries_as_it_may(void **state)
{
	struct automaton *a = automaton_new();
	struct told told = { .entries = 5 };
	unsigned left;

	(void)state;
	assert_true(add(a, "casino", "", 0));
	automaton_close(a);
	assert_false(automaton_look(a, STR("my casino"), may_make, tell, &told));
	assert_int_equal(told.entries, 0);
	told.entries = 100;
	assert_true(automaton_look(a, STR("my casino"), may_make, tell, &told));
	assert_int_equal(told.count, 1);
	left = told.entries;
	assert_true(automaton_look(a, STR("my casino"), may_make, tell, &told));
	assert_int_equal(told.entries, left);
	automaton_free(a);
}

static void count_first(void *ctx, unsigned item, size_t from, size_t to)
{
	struct told *told = ctx;

	assert_true(from < to);
	told->count += item == 0;
}

/* Half of the letters, others each time. */
static void put_half(struct out *o, unsigned *seed)
{
	out_char(o, '[');
	for (char c = 'a'; c < 'q'; c++) {
		*seed = *seed * 1103515245u + 12345;
		if (*seed >> 30 & 1)
			out_char(o, c);
	}
	out_str(o, STR("z]"));
}

/* A table that is full begins anew, in the middle of a text: here each byte makes a state of its own. */
static void survives_a_full_table(void **state)
{
	enum { RULES = 40, BYTES = 48 << 10 };
	struct automaton *a = automaton_new();
	struct told told = { .entries = UINT32_MAX };
	unsigned seed = 1;
	static char text[BYTES];

	(void)state;
	assert_true(add(a, "casino", "", 0));
	for (unsigned i = 1; i < RULES; i++) {
		char expression[512];
		struct out o = { .p = expression, .cap = sizeof(expression) - 1 };

		for (unsigned k = 0; k < 16; k++)
			put_half(&o, &seed);
		expression[o.n] = '\0';
		assert_true(add(a, expression, "", i));
	}
	automaton_close(a);
	for (size_t i = 0; i < BYTES; i++) {
		seed = seed * 1103515245u + 12345;
		text[i] = (char)('a' + (seed >> 16 & 15));
	}
	for (size_t i = 100; i + 100 < BYTES; i += 1000)
		memcpy(text + i, "casino", 6);
	assert_true(automaton_look(a, (struct str){ .p = text, .n = BYTES }, may_make, count_first,
				   &told));
	assert_true(UINT32_MAX - told.entries > 30000);
	assert_int_equal(told.count, (BYTES - 200 + 999) / 1000);
	automaton_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_where),
		cmocka_unit_test(takes_what_is_seldom),
		cmocka_unit_test(tells_each_of_many_apart),
		cmocka_unit_test(makes_entries_as_it_may),
		cmocka_unit_test(survives_a_full_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
