/* Where matches of large expressions may begin: at every place where one does, and at few others. */
#include "filters/pattern/outset.h"

#include "base/check.h"
#include "base/out.h"
#include "filters/regex/regex.h"
#include "filters/regex/tree.h"
#include "unit/often.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void add(struct outset *o, const char *expression, const char *flags, uint32_t item)
{
	struct arena arena;
	const struct tree *tree;

	arena_init(&arena, 16 << 20);
	tree = tree_read(str_z(expression), str_z(flags), &arena);
	assert_non_null(tree);
	outset_add(o, tree, NULL, item);
	arena_reset(&arena);
}

static struct outset *outset_of(const char *expression, const char *flags)
{
	struct outset *o = outset_new();

	add(o, expression, flags, 0);
	outset_close(o);
	return o;
}

struct example {
	const char *expression, *flags, *text;
	size_t first;
};

static void check_examples(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct outset *o = outset_of(examples[i].expression, examples[i].flags);
		const struct str text = str_z(examples[i].text);

		for (unsigned twice = 0; twice < 2; twice++) {
			const size_t first = outset_find(o, 0, text, 0, text.n);

			if (first != examples[i].first)
				fail_msg("%s on %s: %zu", examples[i].expression, examples[i].text,
					 first);
		}
		outset_free(o);
	}
}

static void finds_the_first_place(void **state)
{
	static const struct example examples[] = {
		{ "viagra", "", "some viagra", 5 },
		{ "viagra", "", "some viagr", 10 },
		{ "viagra", "", "some Viagra", 11 },
		{ "viagra", "i", "some Viagra", 5 },
		{ "(?:your|my|the) (?:name|age|address): ", "", "the name, your age, my age: 7",
		  20 },
		{ "(?:ab){2,4}c", "", "ababababababd ababc", 14 },
		{ "a{3,}b", "", "aab aaaaab", 4 },
		{ "a{60}", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 47 },
		{ "a{60}", "", "baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1 },
		{ "x(?=y)z", "", "..xz", 2 },
		{ "\\bcasino\\b", "", "casinos", 0 },
		{ "x*", "", "abc", 0 },
		{ "", "", "abc", 0 },
		{ "(a)\\1b", "", "xaxab", 1 },
		{ "[^a]b", "", "abaabbb", 4 },
		{ "a[^\n]c", "", "a\nc abc", 4 },
		{ "(?:age|sex)$", "", "ages sex", 5 },
		{ "(?:age|sex)$", "", "sexes age\nsex.", 6 },
		{ "age\\Z", "", "ages age", 5 },
		{ "age\\z", "", "ages", 4 },
		{ "age(?:s|$)[.]", "", "aged age", 5 },
		{ "[ab]{0,3}y", "", "aaby", 0 },
		{ "xy*z", "", "xyyyy xyyz", 6 },
		{ "x.*z", "", "y\nx\nyyyy", 2 },
		{ "x.{3,}z", "", "xy\nxyyyy", 3 },
	};

	(void)state;
	check_examples(examples, COUNTOF(examples));
}

/* Fields of forms. */
static void counts_copies(void **state)
{
	static const struct example examples[] = {
		{ "(?:(?:name|age)[:;] ){3}x", "", "name: age: ages name: age; nam", 30 },
		{ "(?:(?:name|age|sex|address)[:;] ){3}x", "", "name: age: ages name: age; nam",
		  30 },
		{ "(?:(?:name|age|sex|address)[:;] ){4}x", "", "name: age: sex: name", 20 },
		{ "(?:(?:name|age|sex|address)[:;] ){4}x", "", "name: age: sex: sex: ", 0 },
		{ "(?:(?:name|age|sex|address)[:;] ){4}x", "",
		  "name: age; age age; age; sex: age; ", 15 },
		{ "(?:(?:name|age|sex|address)(?:, p[a-z]{3,6})?[:;] ){3}", "",
		  "age, pqqq: age, pqqqqqqq: sex: sex, pqqqqqq; age: ", 26 },
		{ "(?:(?:name|names|age|sage|address)\\s?){3}", "", "namesage namesage name", 0 },
		{ "(?:(?:name|names|age|sage|address)\\s?){3}", "", "namesages namesage name", 10 },
		{ "(?:(?:name|age|sex|address)[:;]?.*){3}", "", "sex is", 0 },
		{ "\\b(?:(?:name|age|sex|address)(?:; |$)){3}", "", "sex; age; x; name; sex; age",
		  13 },
		{ "(?:(?:name|age|sex|address)[:;]){60}", "", "age:sex:age:sex:age:sex:age:", 28 },
		{ "(?:(?:name|age|sex|address)[:;] ){3}x", "", "name: ages: sex", 15 },
	};

	(void)state;
	check_examples(examples, COUNTOF(examples));
}

static void looks_at_a_range(void **state)
{
	struct outset *o = outset_of("casino|bar", "");
	const struct str text = STR("bar casino bar");

	(void)state;
	assert_int_equal(outset_find(o, 0, text, 0, 4), 0);
	assert_int_equal(outset_find(o, 0, text, 1, 4), 4);
	assert_int_equal(outset_find(o, 0, text, 1, 5), 4);
	assert_int_equal(outset_find(o, 0, text, 5, 15), 11);
	assert_int_equal(outset_find(o, 0, text, 12, 15), 14);
	assert_int_equal(outset_find(o, 0, text, 3, 3), 3);
	assert_int_equal(outset_find(o, 7, text, 3, 5), 3); /* of an item that was not added */
	outset_free(o);
}

static void tells_items_apart(void **state)
{
	struct outset *o = outset_new();
	const struct str text = STR("one two");

	(void)state;
	add(o, "two", "", 3);
	add(o, "one", "", 1);
	outset_close(o);
	assert_int_equal(outset_find(o, 1, text, 0, 7), 0);
	assert_int_equal(outset_find(o, 3, text, 0, 7), 4);
	assert_int_equal(outset_find(o, 0, text, 2, 7), 2);
	outset_free(o);
}

/* What stands behind the beginning of a match is seen: whether it goes on as a match does. */
static void is_asked_for_what_is_seen(void **state)
{
	static const struct {
		const char *expression, *text;
		size_t at;
		bool may;
	} cases[] = {
		{ "(?:my |your )?(?:name|age): ", "your name: x", 5, true },
		{ "(?:my |your )?(?:name|age): ", "your name: x", 0, false },
		{ "(?:my |your )?(?:name|age): ", "your name; x", 5, false },
		{ "\\w+(?:name|age)(?:: |$)", "myname", 2, true },
		{ "\\w+(?:name|age)(?:: |$)", "mynames", 2, false },
		{ "a{40}(?:name|age): ", "name: ", 0, true },
		{ "a?(?:name|age|sex|[ab]{6}){3}:", "namesexage:", 0, true },
		{ "a?(?:name|age|sex|[ab]{6}){3}:", "namesex:", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct outset *o = outset_new();
		const struct tree *tree;
		struct arena arena;

		arena_init(&arena, 1 << 20);
		tree = tree_read(str_z(cases[i].expression), STR(""), &arena);
		assert_non_null(tree);
		assert_true(outset_add(o, tree, tree->first->next, 0));
		arena_reset(&arena);
		outset_close(o);
		if (outset_may_see(o, 0, str_z(cases[i].text), cases[i].at) != cases[i].may)
			fail_msg("%s on %s", cases[i].expression, cases[i].text);
		outset_free(o);
	}
}

/* Behind what is asked at most, or in copies, nothing is known of it. */
static void is_not_asked_for_what_lies_too_far(void **state)
{
	static const char *const expressions[] = { "a{50}(?:name|age)",
						   "(?:(?:name|age|sex|address): ){3}(?:x|y)" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(expressions); i++) {
		struct outset *o = outset_new();
		const struct tree *tree;
		struct arena arena;

		arena_init(&arena, 1 << 20);
		tree = tree_read(str_z(expressions[i]), STR(""), &arena);
		assert_non_null(tree);
		assert_false(outset_add(o, tree, tree->first->next, 0));
		arena_reset(&arena);
		outset_free(o);
	}
}

/* An expression of which nothing can be told within bounds is tried everywhere. */
static void leaves_out_what_is_too_large(void **state)
{
	struct outset *o = outset_of("(?:(?:(?:[ab]{40}c){40}d){40}e){40}", "");
	struct outset *empty = outset_of("(?:(?:(?:(?:\\b){40}){40}){40}){40}x", "");

	(void)state;
	assert_int_equal(outset_find(o, 0, STR("zzz"), 1, 3), 1);
	assert_int_equal(outset_find(empty, 0, STR("zzz"), 1, 3), 1);
	outset_free(o);
	outset_free(empty);
}

/* ---- any expression ---- */

/* PCRE2's machine code looks at whole vectors, past the end of a text. */
enum { VECTOR = 64 };

static uint32_t seed = 1;

static unsigned any(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 20) % n;
}

static void put_any(struct out *o, unsigned depth)
{
	static const char *const bytes[] = { "a",    "b",    "c",   " ", ".",
					     "[ab]", "[^a]", "\\w", "$", "\\b" };
	static const char *const times[] = { "?", "*", "+", "{2}", "{1,3}", "{2,}", "*?", "++" };
	const unsigned n = 1 + any(3);

	for (unsigned i = 0; i < n; i++) {
		if (depth == 0 || any(3) == 0) {
			out_str(o, str_z(bytes[any((unsigned)COUNTOF(bytes) - (i ? 0 : 1))]));
		} else {
			out_str(o, STR("(?:"));
			put_any(o, depth - 1);
			for (unsigned more = any(3); more > 0; more--) {
				out_char(o, '|');
				put_any(o, depth - 1);
			}
			out_char(o, ')');
		}
		if (any(3) == 0 && o->p[o->n - 1] != 'b' && o->p[o->n - 1] != '$')
			out_str(o, str_z(times[any(COUNTOF(times))]));
	}
}

/* No match begins where it says so. */
static void check_text(struct outset *o, struct regex_engine *engine, const struct regex *regex,
		       struct str text, const char *expression)
{
	for (size_t at = 0; at < text.n; at++) {
		struct regex_range here = { .from = at, .to = at + 1 };

		if (outset_find(o, 0, text, at, at + 1) == at + 1 &&
		    regex_count_in(engine, regex, text, &here, 1, NULL) > 0)
			fail_msg("%s matches %.*s at %zu", expression, (int)text.n, text.p, at);
	}
}

static void misses_nothing(void **state)
{
	struct regex_engine *engine = regex_engine_new();
	const unsigned rounds = often(4000, 200);

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		const char *flags = round % 2 ? "m" : "";
		char bytes[512], letters[40 + VECTOR] = { 0 };
		struct out expression = OUT(bytes);
		struct regex_error error;
		struct regex *regex;
		struct outset *o;

		put_any(&expression, 3);
		if (expression.full || expression.n == sizeof(bytes))
			continue;
		bytes[expression.n] = '\0';
		regex = regex_compile(out_text(&expression), str_z(flags), &error);
		assert_non_null(regex);
		o = outset_of(bytes, flags);
		for (unsigned t = 0; t < 8; t++) {
			const size_t n = any(40);

			for (size_t i = 0; i < n; i++)
				letters[i] = "aaabbc \n"[any(8)];
			check_text(o, engine, regex, (struct str){ letters, n }, bytes);
		}
		outset_free(o);
		regex_free(regex);
	}
	regex_engine_free(engine);
}

/* Copies that are many, or reach far, may be there: what is asked of a place is bounded. */
static void asks_for_so_many_copies(void **state)
{
	static const struct {
		const char *copy;
		unsigned copies;
		bool may;
	} cases[] = {
		{ "name: ", 11, false },      { "name: ", 40, true }, { "address....: ", 4, false },
		{ "address....: ", 6, true }, { "age", 31, false },   { "age", 33, true },
	};
	struct outset *o = outset_of("(?:(?:name|age|sex|address|place)\\.{0,30}(?:: )?){63}", "");
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct out t = OUT(text);

		for (unsigned n = 0; n < cases[i].copies; n++)
			out_str(&t, str_z(cases[i].copy));
		assert_int_equal(outset_find(o, 0, out_text(&t), 0, 1), cases[i].may ? 0 : 1);
	}
	outset_free(o);
}

/* One that asks for more states than any table holds, and has a first one that is dear. */
static struct outset *insatiable(void)
{
	static char bytes[40000];
	struct out o = OUT(bytes);

	out_str(&o, STR("(?:[ab]*a[ab]{18}c|[ab]*b[ab]{17}d|b[ab]{5}a[ab]*"));
	for (unsigned i = 0; i < 2000; i++)
		out_printf(&o, "|w%u[yz]", i);
	out_str(&o, STR(")x"));
	out_char(&o, '\0');
	assert_false(o.full);
	return outset_of(bytes, "");
}

/* More states than the table holds, and more than the bytes pay for: it begins anew, says of some places that all may be, and
 * knows better again later. */
static void bears_any_text(void **state)
{
	struct outset *o = insatiable();
	const unsigned rounds = often(6000, 60);
	const struct str match = STR("bababaaaaaaaaaaaaaaaaaaaaacx");
	char text[40];

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		size_t first;

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = "ab"[any(2)];
		first = outset_find(o, 0, (struct str){ text, sizeof(text) }, 0, sizeof(text));
		assert_true(first <= sizeof(text));
		for (unsigned n = 0; n < 50;
		     n++) /* what is known pays for a little of what is not */
			assert_int_equal(outset_find(o, 0, match, 0, 1), 0);
	}
	for (unsigned asked = 0; outset_find(o, 0, STR("qq"), 0, 2) < 2; asked++)
		assert_true(asked < 100000);
	outset_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_first_place),
		cmocka_unit_test(counts_copies),
		cmocka_unit_test(looks_at_a_range),
		cmocka_unit_test(tells_items_apart),
		cmocka_unit_test(is_asked_for_what_is_seen),
		cmocka_unit_test(is_not_asked_for_what_lies_too_far),
		cmocka_unit_test(leaves_out_what_is_too_large),
		cmocka_unit_test(misses_nothing),
		cmocka_unit_test(asks_for_so_many_copies),
		cmocka_unit_test(bears_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
