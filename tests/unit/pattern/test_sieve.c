/* Where expressions may match in a text: every place where one does, and few others. */
#include "filters/pattern/sieve.h"

#include "base/check.h"
#include "filters/regex/regex.h"
#include "filters/regex/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { MOST = 512 };

struct told {
	unsigned count;
	struct {
		uint32_t item;
		size_t from, to;
	} places[MOST];
};

static void tell(void *ctx, uint32_t item, const struct sight *seen)
{
	struct told *told = ctx;

	assert_true(told->count < MOST);
	told->places[told->count].item = item;
	told->places[told->count].from = seen->most < seen->end ? seen->end - seen->most : 0;
	told->places[told->count++].to = seen->end - seen->least + 1;
}

static void look(const struct sieve *s, struct str text, struct told *told)
{
	sieve_look(s, text, (struct sight_window){ 0, text.n }, tell, told);
}

/* How often it will be seen in a match at least. */
static unsigned add(struct sieve *s, const char *expression, const char *flags, uint32_t item)
{
	struct arena arena;
	const struct tree *tree;
	const struct tree *begin;
	unsigned times;

	arena_init(&arena, 16 << 20);
	tree = tree_read(str_z(expression), str_z(flags), &arena);
	assert_non_null(tree);
	times = sieve_add(s, tree, item, &begin);
	arena_reset(&arena);
	return times;
}

/* What is behind the beginning of a match is told of as the part that it is. */
static void tells_what(void **state)
{
	static const struct {
		const char *expression;
		unsigned part; /* 0: a match begins there, or a copy */
	} cases[] = {
		{ "viagra", 0 },        { "\\bviagra", 0 },
		{ "x?viagra", 0 },      { "\\w*(?:viagra|cialis)", 1 },
		{ "(?:viagra){2}", 0 }, { ".?(?:viagra ){3}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sieve *s = sieve_new(STR(""));
		const struct tree *tree, *begin;
		struct arena arena;

		arena_init(&arena, 1 << 20);
		tree = tree_read(str_z(cases[i].expression), STR(""), &arena);
		assert_non_null(tree);
		assert_true(sieve_add(s, tree, 0, &begin) > 0);
		tree = cases[i].part ? tree->first : NULL;
		for (unsigned n = cases[i].part; n > 0; n--)
			tree = tree->next;
		if (begin != tree)
			fail_msg("%s", cases[i].expression);
		arena_reset(&arena);
		sieve_free(s);
	}
}

static void tells_where(void **state)
{
	static const struct {
		const char *expression, *flags, *text;
		size_t from, to; /* 0, 0: nowhere */
	} cases[] = {
		{ "viagra", "", "some viagra", 5, 6 },
		{ "viagra", "", "some viagra more", 5, 6 },
		{ "viagra", "", "some Viagra", 0, 0 },
		{ "viagra", "", "some viagr", 0, 0 },
		{ "viagra", "i", "some Viagra", 5, 6 },
		{ "\\bv[i1!]a?gra\\b", "i", "or v1gra", 3, 4 },
		{ "v\\W{0,3}i\\W{0,3}a\\W{0,3}g\\W{0,3}r\\W{0,3}a", "", "x v - i.a g r a", 2, 3 },
		{ "(?:v|\\xce\\xbd)(?:i|&#105;)agra", "", "\xce\xbd&#105;agra", 0, 1 },
		{ ".*casino", "", "this casino", 0, 6 },
		{ "[a-z]{3} casino", "", "this casino", 1, 2 },
		{ "(?&x)quz(?(DEFINE)(?'x'foo|bar))", "", "a barquz", 2, 3 },
		{ "(?i:q)X(?-i)y", "i", "qxY QXy", 4, 5 },
		{ "abc(?=d)xyz", "", "abcdxyz abxyz", 0, 0 },
		{ "casino(?:s|ville)?", "", "the casino", 4, 5 },
		{ "supercalifragilisticexpialidocious", "", "a supercalifragilistic thing", 2, 3 },
		{ "supercalifragil", "", "a supercalifrugil thing", 0, 0 },
		{ ">\\s*[a-z]\\s*<", "", "<p> a <b>", 2, 3 },
		{ ">\\s*[a-z]\\s*<", "", "<p>a<b>", 2, 3 },
		{ ">\\s*[a-z]\\s*<", "", "<p>what is in it</p>", 0, 0 }, /* '>' is there often */
		{ "^\\s*(?:[a-z]+\\s+){4}\\.$", "", "a line. of words.", 0,
		  0 }, /* " ." is seldom, "." is not */
		{ "^\\s*(?:[a-z]+\\s+){4}\\.$", "", "a line of words .", 0, 1 },
		{ "[LM3][1-9A-Z]{26,33}", "", "LZ4GAQZ4GAQZ4GAQZ4GAQZ4GAQZ4", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sieve *s = sieve_new(STR(""));
		struct told told = { .count = 0 };

		assert_int_equal(add(s, cases[i].expression, cases[i].flags, 0), 1);
		sieve_close(s);
		look(s, str_z(cases[i].text), &told);
		if (told.count != (cases[i].to ? 1 : 0))
			fail_msg("%s: %u places", cases[i].expression, told.count);
		if (told.count &&
		    (told.places[0].from > cases[i].from || told.places[0].to < cases[i].to))
			fail_msg("%s: %zu to %zu", cases[i].expression, told.places[0].from,
				 told.places[0].to);
		sieve_free(s);
	}
}

static void takes_what_is_seldom(void **state)
{
	static const char *const none[] = { "",  "a*",       ".",           "\\w+",  "[a-z]{3,}",
					    "e", "casino|e", "(?:casino)?", "\\s\\S" };
	static const char *const some[] = { "%#", "casino", "\\d{5}", "(?:[a-z]+ )?casino" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(none) + COUNTOF(some); i++) {
		struct sieve *s = sieve_new(STR(""));
		const bool seldom = i >= COUNTOF(none);
		const char *expression = seldom ? some[i - COUNTOF(none)] : none[i];

		if (add(s, expression, "", 0) != seldom)
			fail_msg("%s", expression);
		sieve_free(s);
	}
}

static void tells_each_of_many_apart(void **state)
{
	enum { COUNT = 300 };
	struct sieve *s = sieve_new(STR(""));
	char text[16];

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "w%03ux", i);
		assert_int_equal(add(s, text, "", i), 1);
	}
	sieve_close(s);
	for (unsigned i = 0; i < COUNT; i++) {
		struct told told = { .count = 0 };

		snprintf(text, sizeof(text), " w%03ux", i);
		look(s, str_z(text), &told);
		assert_int_equal(told.count, 1);
		assert_int_equal(told.places[0].item, i);
		assert_int_equal(told.places[0].from, 1);
		assert_int_equal(told.places[0].to, 2);
	}
	sieve_free(s);
}

/* So many begin with one byte that they are in several words, in a text of several blocks. */
static void tells_in_order(void **state)
{
	enum { COUNT = 300, EACH = 6 };
	struct sieve *s = sieve_new(STR(""));
	struct told told = { .count = 0 };
	char text[COUNT * EACH + 1];

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		char word[EACH];

		snprintf(word, sizeof(word), "w%03ux", i);
		assert_int_equal(add(s, word, "", COUNT - 1 - i), 1);
		snprintf(text + (size_t)i * EACH, EACH + 1, "%s ", word);
	}
	sieve_close(s);
	look(s, str_z(text), &told);
	assert_int_equal(told.count, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(told.places[i].item, COUNT - 1 - i);
		assert_int_equal(told.places[i].from, i * EACH);
	}
	sieve_free(s);
}

/* What is there several times is seen so often, less those that have not as much behind them as is looked at. */
static void knows_how_often(void **state)
{
	static const struct {
		const char *expression;
		unsigned times;
	} cases[] = {
		{ "(?:the casino ){5}", 5 },
		{ "(?:casino ){5}", 4 },
		{ "\\b(?:the big bad casino ){5,9}x", 5 },
		{ "(?:casino ){2}", 1 },
		{ "(?:q#){3}", 1 },
		{ "casino (?:the big bad casino ){5}", 1 },
		{ "(?:casino.*){3}", 3 }, /* what is behind a copy tells nothing */
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sieve *s = sieve_new(STR(""));

		assert_int_equal(add(s, cases[i].expression, "", 0), cases[i].times);
		sieve_free(s);
	}
}

struct trial {
	struct regex_engine *engine;
	const struct regex *regex;
	struct str text;
	char *told; /* by byte: a match may begin there */
};

static void mark(void *ctx, uint32_t item, const struct sight *seen)
{
	struct trial *t = ctx;
	const size_t from = seen->most < seen->end ? seen->end - seen->most : 0;

	assert_int_equal(item, 0);
	for (size_t i = from; i + seen->least <= seen->end; i++)
		t->told[i] = 1;
}

static void begins_only_where_told(const struct trial *t)
{
	for (size_t i = 0; i < t->text.n; i++) {
		struct regex_range here = { .from = i, .to = i + 1 };

		if (regex_count_in(t->engine, t->regex, t->text, &here, 1, NULL) > 0)
			assert_true(t->told[i]);
	}
}

/* Whatever the text, and to its last byte. */
static void misses_nothing(void **state)
{
	static const char *const expressions[] = {
		"ab1c",
		"a(?:b|c1)?1a",
		"(?:ab|ba|c)1(?:1|a b)c",
		"1[ab]{2,4} ?c1",
		" ?(?:a1|b1){2}c",
		"(?:(?:a|b 1)c){3}",
		"1\\W{0,2}1\\W{0,2}1\\W{0,2}a",
		"(?<!a)1b1(?= )|c1c1$",
	};
	enum { BYTES = 3000 };
	struct trial t = { .engine = regex_engine_new() };
	char text[BYTES], told[BYTES];
	unsigned seed = 1;

	(void)state;
	t.told = told;
	for (size_t i = 0; i < BYTES; i++) {
		seed = seed * 1103515245u + 12345;
		text[i] = "ab1c "[(seed >> 16) % 5];
	}
	for (size_t i = 0; i < COUNTOF(expressions); i++) {
		struct sieve *s = sieve_new(STR(""));
		struct regex_error error;
		struct regex *regex = regex_compile(str_z(expressions[i]), STR(""), &error);

		assert_true(add(s, expressions[i], "", 0) > 0);
		sieve_close(s);
		t.regex = regex;
		for (size_t n = 0; n < BYTES; n = n < 64 ? n + 1 : n + 997) {
			t.text = (struct str){ .p = text, .n = n };
			memset(told, 0, sizeof(told));
			sieve_look(s, t.text, (struct sight_window){ 0, n / 3 }, mark, &t);
			sieve_look(s, t.text, (struct sight_window){ n / 3, n }, mark, &t);
			begins_only_where_told(&t);
		}
		regex_free(regex);
		sieve_free(s);
	}
	regex_engine_free(t.engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what),           cmocka_unit_test(tells_where),
		cmocka_unit_test(takes_what_is_seldom), cmocka_unit_test(tells_each_of_many_apart),
		cmocka_unit_test(tells_in_order),       cmocka_unit_test(knows_how_often),
		cmocka_unit_test(misses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
