/* Rules that nobody watches are tried on each piece: letters that are counted, and what a text begins with. */
#include "unit/pattern/lone_group.h"

#include "base/out.h"
#include "unit/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { TEXTS = 12, TEXT = 4096, PIECES = 40, HOSTS = 120 };

struct stage {
	struct lone_group lone;
	char text[TEXT + 64]; /* PCRE2 looks at whole vectors */
	uint32_t ends[PIECES];
	struct rule_text pieces;
	struct dice dice;
};

static struct stage *stage_new(void)
{
	struct stage *s = mem_new(sizeof(*s));

	lone_open(&s->lone);
	s->dice.state = DICE_SEED;
	return s;
}

static void stage_free(struct stage *s)
{
	lone_close(&s->lone);
	mem_free(s);
}

static void add(struct stage *s, const char *expression, unsigned most)
{
	const struct pattern p = { .when = PATTERN_MATCHES,
				   .most = most,
				   .regex = str_z(expression) };
	struct regex_error error;

	lone_add(&s->lone, &p, regex_compile(p.regex, p.flags, &error));
}

/* Pieces of fewer than `longest` bytes each, empty ones among them, of some bytes. */
static void make_text(struct stage *s, struct str bytes, unsigned longest)
{
	struct out o = { .p = s->text, .cap = TEXT };

	s->pieces = (struct rule_text){ .bytes = s->text, .ends = s->ends, .there = true };
	while (s->pieces.count < PIECES) {
		for (unsigned n = dice_below(&s->dice, longest); n > 0; n--)
			out_char(&o, bytes.p[dice_below(&s->dice, (unsigned)bytes.n)]);
		s->ends[s->pieces.count++] = (uint32_t)o.n;
	}
}

/* Hits of the last rule. */
static int look(struct stage *s)
{
	int together = 0, alone = 0;

	if (lone_differs(&s->lone, &s->pieces, &together, &alone) < s->lone.group.count)
		fail_msg("%d, alone %d", together, alone);
	return together;
}

/* Up to what counts, in texts with and without what is longer than one byte. */
static void letters_are_counted(void **state)
{
	const struct str bytes = STR("aab..........\xc3\xa9xy");
	struct stage *s = stage_new();

	(void)state;
	for (unsigned most = 1; most < 1000; most *= 5)
		add(s, "[ab]|\\xc3\\xa9|xy", most);
	lone_ready(&s->lone);
	assert_non_null(s->lone.group.watches[0].single);
	for (unsigned i = 0; i < TEXTS; i++) {
		make_text(s, str_head(bytes, i % 2 ? 13 : bytes.n), 50);
		assert_true(look(s) > PIECES);
	}
	stage_free(s);
}

/* One of many, or nothing at all. */
static void beginnings_are_asked_of_the_outset(void **state)
{
	static char expression[TEXT];
	struct out o = OUT(expression);
	struct stage *s = stage_new();

	(void)state;
	out_str(&o, STR("^.?(?:"));
	for (unsigned i = 0; i < HOSTS; i++)
		out_printf(&o, "[a-z]%c|", 'a' + i % 25);
	out_str(&o, STR("$)"));
	out_char(&o, '\0');
	add(s, expression, PIECES);
	lone_ready(&s->lone);
	assert_int_equal(s->lone.group.watches[0].by, WATCHED_BY_NOBODY);
	assert_true(outset_has(s->lone.group.outset, 0));
	for (unsigned i = 0; i < TEXTS; i++) {
		make_text(s, STR("zzz!z\nab"), 5);
		assert_in_range(look(s), 1, PIECES - 1);
	}
	stage_free(s);
}

/* By its first bytes, as far as each text that matches has them. */
static void beginnings_are_looked_at(void **state)
{
	static const char *const expressions[] = {
		"^[ab]y*$",      "^\\s?\\S{1,3}\\s?$", "^[ab]{2}(?!x).",
		"^.(?:a|yy)\\z", "^(?:ab|$)",          "^",
	};
	static const unsigned known[] = { 1, 1, 3, 2, 0, 0 }; /* bytes */
	struct stage *s = stage_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(expressions); i++)
		add(s, expressions[i], PIECES);
	lone_ready(&s->lone);
	for (size_t i = 0; i < COUNTOF(expressions); i++) {
		const struct lane *head = s->lone.group.watches[i].head;

		assert_int_equal(s->lone.group.watches[i].by, WATCHED_BY_NOBODY);
		assert_int_equal(head ? head->open : 0, known[i]);
	}
	for (unsigned i = 0; i < TEXTS; i++) {
		make_text(s, STR("aabxy \n"), 6);
		assert_int_equal(look(s), PIECES);
		for (size_t k = 0; k < COUNTOF(expressions) - 1; k++)
			assert_in_range(s->lone.tools.hits[k], 1, PIECES - 1);
	}
	stage_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_are_counted),
		cmocka_unit_test(beginnings_are_asked_of_the_outset),
		cmocka_unit_test(beginnings_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
