/* Rules that are looked for all at once hit what they hit when each is tried alone on all of a text: expressions and texts made
 * at random, from a seed that a failure tells. */
#include "unit/pattern/lone_group.h"

#include "base/out.h"
#include "unit/often.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum {
	GROUPS = 60,
	TEXTS = 12,
	TEXT = 3000,
	LONG = 80000, /* more than is looked over at once */
	PIECES = 400,
	EXPRESSION = 4000,
	DEPTH = 3,
	ALTERNATIVES = 120, /* of an expression that is large */
	WIDE = 180,         /* of one that takes much room */
};

static uint64_t state_of_chance;

static unsigned chance(unsigned n)
{
	state_of_chance = state_of_chance * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state_of_chance >> 33) % n;
}

/* ---- expressions ---- */

/* An expression, and a text that it matches, or nearly. */
struct made {
	struct out expression, sample;
};

static void put(struct made *m, const char *expression, const char *sample)
{
	out_str(&m->expression, str_z(expression));
	out_str(&m->sample, str_z(sample));
}

static void put_word(struct made *m)
{
	static const char *const words[] = { "casino", "viagra",   "free",  "ab",  "a",
					     "x",      "%#",       "http",  "999", " now",
					     "- ",     "\xc3\xa9", "money", "zq",  "00" };
	const char *word = words[chance(COUNTOF(words))];

	put(m, word, word);
}

static void put_class(struct made *m)
{
	static const char *const classes[][2] = {
		{ "[ab1]", "1" },  { "\\d", "7" },         { "\\w", "q" },
		{ "\\s", " " },    { "[^a-z]", "#" },      { ".", "," },
		{ "\\W", "-" },    { "[[:upper:]]", "Z" }, { "\\x{e9}", "\xc3\xa9" },
		{ "[i1!|]", "!" },
	};
	const unsigned i = chance(COUNTOF(classes));

	put(m, classes[i][0], classes[i][1]);
}

static void put_place(struct made *m)
{
	static const char *const places[] = { "\\b",       "(?=a|x)", "(?!c)", "(?<!y)",
					      "^",         "$",       "\\B",   "\\z",
					      "(?<=[a ])", "",        "(?:)?", "\\K" };

	put(m, places[chance(COUNTOF(places))], "");
}

static void put_sequence(struct made *m, unsigned depth);

static void put_choice(struct made *m, unsigned depth)
{
	const unsigned count = depth <= 2 && chance(60) == 0 ? ALTERNATIVES : 1 + chance(4);
	const unsigned taken = chance(count);

	out_str(&m->expression, chance(4) ? STR("(?:") : STR("("));
	for (unsigned i = 0; i < count; i++) {
		const size_t n = m->sample.n;

		if (i)
			out_char(&m->expression, '|');
		put_sequence(m, depth);
		if (i != taken)
			m->sample.n = n;
	}
	out_char(&m->expression, ')');
}

static void put_atom(struct made *m, unsigned depth)
{
	switch (chance(depth < DEPTH ? 5 : 3)) {
	case 0:
		put_class(m);
		break;
	case 1:
	case 2:
		put_word(m);
		break;
	default:
		put_choice(m, depth + 1);
	}
}

/* So often; of a word, its last letter in the expression. */
static void repeat(struct made *m, size_t sample)
{
	static const struct {
		const char *text;
		unsigned least, most;
	} rows[] = {
		{ "?", 0, 1 },     { "*", 0, 3 },      { "+", 1, 3 },   { "{2}", 2, 2 },
		{ "{2,4}", 2, 4 }, { "{3,}", 3, 5 },   { "*?", 0, 2 },  { "+?", 1, 3 },
		{ "++", 1, 2 },    { "{0,2}?", 0, 2 }, { "{5}", 5, 5 },
	};
	const unsigned row = chance(COUNTOF(rows));
	const unsigned times = rows[row].least + chance(rows[row].most - rows[row].least + 1);
	const size_t n = m->sample.n - sample;

	out_str(&m->expression, str_z(rows[row].text));
	if (times == 0)
		m->sample.n = sample;
	for (unsigned i = 1; i < times && !m->sample.full; i++) {
		char once[64];

		if (n > sizeof(once))
			return;
		memcpy(once, m->sample.p + sample, n);
		out_str(&m->sample, (struct str){ .p = once, .n = n });
	}
}

static void put_sequence(struct made *m, unsigned depth)
{
	const unsigned count = 1 + chance(depth == 0 ? 5 : 3);

	for (unsigned i = 0; i < count; i++) {
		const size_t sample = m->sample.n;

		if (chance(6) == 0)
			put_place(m);
		else if (chance(3) == 0) {
			out_str(&m->expression, STR("(?:"));
			put_atom(m, depth);
			out_char(&m->expression, ')');
			repeat(m, sample);
		} else {
			put_atom(m, depth);
		}
	}
}

/* ---- groups ---- */

struct stage {
	struct lone_group lone;
	struct made made[LONE_RULES];
	char expressions[LONE_RULES][EXPRESSION], samples[LONE_RULES][EXPRESSION];
	char text[LONG];
	uint32_t ends[PIECES];
	struct rule_text pieces;
};

static void add_rule(struct stage *s, size_t i)
{
	static const char *const flags[] = { "", "", "i", "s", "m", "is", "x" };
	struct made *m = &s->made[i];
	struct pattern p = { .when = PATTERN_MATCHES, .most = chance(3) ? 1 : 1 + chance(40) };
	struct regex_error error;
	struct regex *regex;

	do {
		m->expression = (struct out){ .p = s->expressions[i], .cap = EXPRESSION };
		m->sample = (struct out){ .p = s->samples[i], .cap = EXPRESSION };
		put_sequence(m, chance(DEPTH));
		p.regex = out_text(&m->expression);
		p.flags = str_z(flags[chance(COUNTOF(flags))]);
		regex = m->expression.full ? NULL : regex_compile(p.regex, p.flags, &error);
	} while (!regex);
	p.when = chance(8) ? PATTERN_MATCHES : PATTERN_DIFFERS;
	p.no_subject = chance(8) == 0;
	lone_add(&s->lone, &p, regex);
}

static void put_some(struct stage *s, struct out *o)
{
	const struct str sample = out_text(&s->made[chance((unsigned)s->lone.group.count)].sample);
	const size_t before = o->n;

	switch (chance(5)) {
	case 0:
		out_str(o, str_head(sample, chance((unsigned)sample.n + 1)));
		break;
	case 1:
		out_char(o, (char)chance(256));
		break;
	case 2:
		out_char(o, "abx1 \n%-"[chance(8)]);
		break;
	default:
		out_str(o, sample);
		if (o->n > before && chance(3) == 0)
			o->p[before + chance((unsigned)(o->n - before))] ^= 0x20;
	}
}

/* A text in pieces, empty ones among them. */
static void make_text(struct stage *s, size_t most)
{
	struct out o = { .p = s->text, .cap = most };
	const unsigned seldom = 1 + chance(most == LONG ? 4000 : 60);

	s->pieces = (struct rule_text){
		.bytes = s->text, .ends = s->ends, .there = true, .subject = chance(2)
	};
	while (!o.full && s->pieces.count < PIECES - 1) {
		put_some(s, &o);
		while (s->pieces.count < PIECES - 1 && chance(seldom) == 0)
			s->ends[s->pieces.count++] = (uint32_t)o.n;
	}
	s->ends[s->pieces.count++] = (uint32_t)o.n;
}

static unsigned look_at_texts(struct stage *s, uint64_t seed)
{
	unsigned hits = 0;

	for (unsigned i = 0; i < TEXTS; i++) {
		int together, alone;
		size_t rule;

		make_text(s, i == 0 && seed % 8 == 0 ? LONG : 1 + chance(TEXT));
		rule = lone_differs(&s->lone, &s->pieces, &together, &alone);
		if (rule < s->lone.group.count)
			fail_msg("seed %llu, text %u: /" STR_FMT "/" STR_FMT ": %d, alone %d",
				 (unsigned long long)seed, i, STR_ARG(s->lone.patterns[rule].regex),
				 STR_ARG(s->lone.patterns[rule].flags), together, alone);
		for (size_t k = 0; k < s->lone.group.count; k++)
			hits += s->lone.tools.hits[k] > 0;
	}
	return hits;
}

static unsigned look_at_rules(struct stage *s, uint64_t seed, unsigned count)
{
	unsigned hits;

	state_of_chance = seed;
	lone_open(&s->lone);
	s->lone.group.is_large = seed & 1;
	s->lone.group.view.pattern.source = seed & 2 ? PATTERN_URIS : PATTERN_RENDERED;
	for (size_t i = 0; i < count; i++)
		add_rule(s, i);
	lone_ready(&s->lone);
	hits = look_at_texts(s, seed);
	lone_close(&s->lone);
	return hits;
}

static unsigned look_at_group(struct stage *s, uint64_t seed)
{
	return look_at_rules(s, seed, 8 + (unsigned)seed % (LONE_RULES - 8));
}

static void together_as_alone(void **state)
{
	const char *given = getenv("POSTERN_SEED");
	const uint64_t first = given ? strtoull(given, NULL, 10) : 1;
	const unsigned groups = often(GROUPS, 4);
	struct stage *s = mem_new(sizeof(*s));
	unsigned hits = 0;

	(void)state;
	for (uint64_t seed = first; seed < first + groups; seed++)
		hits += look_at_group(s, seed);
	assert_true(hits > groups * TEXTS);
	mem_free(s);
}

static void few_as_alone(void **state)
{
	const unsigned groups = often(GROUPS, 4);
	struct stage *s = mem_new(sizeof(*s));
	unsigned watched = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= groups; seed++) {
		(void)look_at_rules(s, seed, 1 + (unsigned)seed % 7);
		watched += s->lone.group.prefilter != NULL;
	}
	assert_true(watched > 0 || *prefilter_engine() == '\0');
	mem_free(s);
}

/* Lines one byte too short, and long enough: of the first piece, of another, and the last. */
static void lines_that_are_long_enough(void **state)
{
	static const unsigned lines[][4] = {
		{ 149, 20, 149, 149 }, { 150, 20, 149, 10 }, { 20, 149, 150, 10 },
		{ 149, 149, 20, 150 }, { 20, 400, 149, 20 },
	};
	struct stage *s = mem_new(sizeof(*s));
	struct pattern p = { .when = PATTERN_MATCHES,
			     .most = 9,
			     .regex = STR("^[^\\r\\n]{150}"),
			     .flags = STR("m") };
	struct regex_error error;
	int together, alone;

	(void)state;
	lone_open(&s->lone);
	s->lone.group.view.pattern.source = PATTERN_WHOLE;
	lone_add(&s->lone, &p, regex_compile(p.regex, p.flags, &error));
	lone_ready(&s->lone);
	assert_int_equal(s->lone.group.watches[0].line, 150);
	for (size_t i = 0; i < COUNTOF(lines); i++) {
		struct out o = { .p = s->text, .cap = TEXT };

		s->pieces = (struct rule_text){ .bytes = s->text, .ends = s->ends, .there = true };
		for (size_t k = 0; k < 4; k++) {
			for (unsigned n = 0; n < lines[i][k]; n++)
				out_char(&o, 'x');
			if (k < 3)
				out_char(&o, '\n');
			if (k != 1)
				s->ends[s->pieces.count++] = (uint32_t)o.n;
		}
		if (lone_differs(&s->lone, &s->pieces, &together, &alone) < 1)
			fail_msg("%zu: %d, alone %d", i, together, alone);
		assert_int_equal(together, i > 0);
	}
	lone_close(&s->lone);
	mem_free(s);
}

/* Copies of which only the first may begin a match, for they are at no edge, or not at the beginning. */
static void what_was_found_once(void **state)
{
	static const uint64_t seeds[] = { 1110, 1244, 2150, 2372, 2482 };
	struct stage *s = mem_new(sizeof(*s));

	(void)state;
	for (size_t i = 0; i < COUNTOF(seeds); i++)
		(void)look_at_group(s, seeds[i]);
	mem_free(s);
}

/* What a part is that is called by its name, and what is no name. */
static void called_by_name(void **state)
{
	static const struct {
		const char *expression, *text;
	} cases[] = {
		{ "(?(DEFINE)(?'n'zq[^a]xk))(?&n)", "zqAxk" },
		{ "^zq[^a]xk(?(DEFINE)(?'n'x))(?&n)?", "zqAxk" },
		{ "(?(DEFINE)(?x:(?'n'z q x k)))(?&n)", "zqxk" },
		{ "(?<*zq)(bw>cxq)", "zqbw>cxq" },
	};
	struct stage *s = mem_new(sizeof(*s));

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct out o = { .p = s->text, .cap = TEXT };
		struct pattern p = { .when = PATTERN_MATCHES,
				     .most = 1,
				     .regex = str_z(cases[i].expression) };
		struct regex_error error;
		int together, alone;

		lone_open(&s->lone);
		for (unsigned k = 0; k < 8; k++)
			lone_add(&s->lone, &p, regex_compile(p.regex, p.flags, &error));
		lone_ready(&s->lone);
		out_str(&o, str_z(cases[i].text));
		while (o.n < 400)
			out_char(&o, ' ');
		out_str(&o, str_z(cases[i].text));
		s->ends[0] = (uint32_t)o.n;
		s->pieces = (struct rule_text){
			.bytes = s->text, .ends = s->ends, .count = 1, .there = true
		};
		if (lone_differs(&s->lone, &s->pieces, &together, &alone) < 8)
			fail_msg("/%s/: %d, alone %d", cases[i].expression, together, alone);
		lone_close(&s->lone);
	}
	mem_free(s);
}

/* Three letters of many behind any one: in each of 62 starts there is a bit for each of them. */
static void add_wide(struct stage *s, size_t i)
{
	struct out *o = &s->made[i].expression;
	struct pattern p = { .when = PATTERN_MATCHES, .most = 1 };
	struct regex_error error;
	struct regex *regex;

	*o = (struct out){ .p = s->expressions[i], .cap = EXPRESSION };
	out_str(o, STR("(?:"));
	for (unsigned k = 0; k < WIDE; k++)
		out_printf(o, "%s[A-Za-z0-9]%c%c%c", k ? "|" : "", 'a' + chance(26),
			   'a' + chance(26), 'a' + chance(26));
	out_char(o, ')');
	p.regex = out_text(o);
	regex = regex_compile(p.regex, p.flags, &error);
	assert_non_null(regex);
	lone_add(&s->lone, &p, regex);
}

static void what_finds_no_room_is_tried_everywhere(void **state)
{
	struct stage *s = mem_new(sizeof(*s));
	unsigned watched = 0;
	struct out o = { .p = s->text, .cap = TEXT };
	int together, alone;

	(void)state;
	lone_open(&s->lone);
	state_of_chance = 1;
	for (size_t i = 0; i < LONE_RULES; i++)
		add_wide(s, i);
	lone_ready(&s->lone);
	for (size_t i = 0; i < LONE_RULES; i++)
		watched += s->lone.group.watches[i].by == WATCHED_BY_SIEVE;
	assert_true(watched > 0 && watched < LONE_RULES);
	assert_int_equal(s->lone.setup.report.warnings, 1);
	while (!o.full)
		out_char(&o, (char)('a' + chance(26)));
	s->ends[0] = (uint32_t)o.n;
	s->pieces =
		(struct rule_text){ .bytes = s->text, .ends = s->ends, .count = 1, .there = true };
	assert_int_equal(lone_differs(&s->lone, &s->pieces, &together, &alone), LONE_RULES);
	lone_close(&s->lone);
	mem_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together_as_alone),
		cmocka_unit_test(few_as_alone),
		cmocka_unit_test(lines_that_are_long_enough),
		cmocka_unit_test(what_was_found_once),
		cmocka_unit_test(called_by_name),
		cmocka_unit_test(what_finds_no_room_is_tried_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
