/* test_idle.c - which rules are not looked for, and that nobody misses them. */
#include "unit/policy/build.h"
#include "unit/policy/random_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct conf *read_conf(const char *text, struct conf_report *report)
{
	static const struct conf_block *const blocks[] = { &block_verdict, &block_recipients };
	struct conf *conf = conf_parse(str_z(text), "c", blocks, COUNTOF(blocks), report);

	assert_non_null(conf);
	return conf;
}

/* ---- which ---- */

struct row {
	const char *rules, *conf, *idle; /* names, each with a space behind it */
};

static void check(const struct row *row)
{
	struct complaints c;
	struct policy *p = policy_new();
	struct conf *conf;
	struct patterns all;
	char bytes[200];
	struct out idle = { .p = bytes, .cap = sizeof(bytes) - 1 };

	complaints_init(&c);
	policy_parse_rules(p, str_z(row->rules), "r.cf", &c.report);
	conf = read_conf(row->conf, &c.report);
	policy_find_idle(p, conf);
	all = policy_patterns(p, &c.report);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].idle)
			out_printf(&idle, STR_FMT " ", STR_ARG(all.items[i].rule));
	for (size_t i = 0; i < all.call_count; i++)
		if (all.calls[i].idle)
			out_printf(&idle, STR_FMT " ", STR_ARG(all.calls[i].rule));
	bytes[idle.n] = '\0';
	assert_string_equal(bytes, row->idle);
	conf_free(conf);
	policy_free(p);
}

static void who_hangs_on_nothing(void **state)
{
	static const struct row rows[] = {
		{ "body A /x/\nbody B /x/\nscore B 0\nbody C /x/\nscore C 0 0 1 1", "", "B C " },
		{ "body A /x/\ntflags A nice", "", "" },
		{ "body __A /x/\nbody __B /x/\nmeta M __A", "", "__B " },
		{ "body __A /x/\nmeta __M __A", "", "__A " },
		{ "body __A /x/\nmeta M __A\nscore M 0", "", "__A " },
		{ "body __A /x/\nmeta __M __A\nmeta N 2 > __M", "", "" },
		{ "body B /x/\nscore B 0\nmeta M !B", "", "" },
		{ "header E eval:check_x('1')\nscore E 0\nheader F eval:check_x('1')", "", "E " },
		/* In a ring, which is an error, nothing hangs on it either. */
		{ "body __A /x/\nmeta __M __A || __N\nmeta __N __M", "", "__A " },
		/* Verdicts. */
		{ "body __A /x/\nbody __B /x/",
		  "verdict \"v\" { when = __A and score > 3  do = tag }", "__B " },
		{ "body B /x/\nscore B 0",
		  "verdict \"v\" { when = not B  do = tag  mode = shadow }", "" },
		{ "body __A /x/\nmeta __M __A\nbody __B /x/",
		  "verdict \"v\" { when = helo == \"x\" and __M  do = tag }", "__B " },
		/* One with an error, which is told elsewhere. */
		{ "body __A /x/", "verdict \"v\" { when = __A > > 1  do = tag }", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		check(&rows[i]);
}

static void unless_asked_all_are_looked_for(void **state)
{
	struct complaints c;
	struct policy *p = policy_new();

	(void)state;
	complaints_init(&c);
	policy_parse_rules(p, STR("body __A /x/\nbody B /x/\nscore B 0"), "r.cf", &c.report);
	for (size_t i = 0; i < 2; i++)
		assert_false(policy_patterns(p, &c.report).items[i].idle);
	policy_free(p);
}

/* ---- nobody misses them ---- */

enum { POLICIES = 2000, MAILS = 10, PATTERNS = 10, METAS = 8 };

static void write_name(struct out *o, struct dice *d, unsigned metas)
{
	const unsigned n = dice_below(d, PATTERNS + metas);

	out_printf(o, "%s%u", n < PATTERNS ? (n % 3 ? "__A" : "A") : (n % 3 ? "__M" : "M"), n);
}

static void write_expr(struct out *o, struct dice *d, unsigned metas)
{
	static const char *const operators[] = { " && ", " || ", " + ", " && !", " * " };
	const unsigned n = 1 + dice_below(d, 3);

	out_char(o, '(');
	for (unsigned i = 0; i < n; i++) {
		if (i)
			out_str(o, str_z(operators[dice_below(d, COUNTOF(operators))]));
		write_name(o, d, metas);
	}
	out_char(o, ')');
}

static void write_score(struct out *o, struct dice *d, unsigned n, const char *kind)
{
	if (n % 3 == 0 && dice_below(d, 3))
		out_printf(o, "score %s%u %u\n", kind, n, dice_below(d, 3));
}

static void write_rules(struct out *o, struct dice *d)
{
	for (unsigned n = 0; n < PATTERNS; n++) {
		out_printf(o, "body %s%u /x/\n", n % 3 ? "__A" : "A", n);
		write_score(o, d, n, "A");
	}
	for (unsigned n = PATTERNS; n < PATTERNS + METAS; n++) {
		out_printf(o, "meta %s%u ", n % 3 ? "__M" : "M", n);
		write_expr(o, d, n - PATTERNS);
		out_char(o, '\n');
		write_score(o, d, n, "M");
	}
}

static void write_verdicts(struct out *o, struct dice *d)
{
	out_str(o, STR("verdict \"a\" { when = "));
	write_expr(o, d, METAS);
	out_str(o,
		STR(" and score > 3  do = reject }\nverdict \"b\" { when = score > 1 do = tag }"));
}

/* A policy, and which of its rules are looked for. */
struct side {
	struct policy *policy;
	struct conf *conf;
	bool idle[PATTERNS];
	symbol_id ids[PATTERNS];
};

static void open_side(struct side *s, struct str rules, const char *conf, bool all)
{
	struct complaints c;
	struct patterns patterns;

	complaints_init(&c);
	*s = (struct side){ .policy = policy_new() };
	policy_parse_rules(s->policy, rules, "r.cf", &c.report);
	s->conf = read_conf(conf, &c.report);
	if (!all)
		policy_find_idle(s->policy, s->conf);
	patterns = policy_patterns(s->policy, &c.report);
	assert_int_equal(patterns.count, PATTERNS);
	for (unsigned i = 0; i < PATTERNS; i++) {
		s->idle[i] = patterns.items[i].idle;
		s->ids[i] = policy_symbol(s->policy, patterns.items[i].rule, 0, STAGE_END, "");
	}
	if (!policy_compile(s->policy, s->conf, &c.report))
		fail_msg("%s", complaints_text(&c));
}

static void close_side(struct side *s)
{
	conf_free(s->conf);
	policy_free(s->policy);
}

static bool text_of(const void *ctx, enum policy_text text, unsigned i, struct str *value)
{
	(void)ctx, (void)text, (void)i, (void)value;
	return false;
}

/* In a mail in which rules `found` are found, each a bit. */
static struct judgement judge(const struct side *s, unsigned found, struct arena *arena)
{
	struct findings findings = { 0 };
	const struct findings *const lists[] = { &findings };
	const struct evidence e = {
		.lists = lists, .list_count = 1, .stage = STAGE_END, .text = text_of
	};
	struct judgement j;

	for (unsigned i = 0; i < PATTERNS; i++)
		if (found >> i & 1 && !s->idle[i])
			findings_hit(&findings, arena, s->ids[i], 1);
	policy_judge(s->policy, &e, 0, 0, arena, &j);
	return j;
}

static void compare(const struct side *all, const struct side *needed, struct dice *d)
{
	for (unsigned i = 0; i < MAILS; i++) {
		const unsigned found = dice_below(d, 1 << PATTERNS);
		struct judgement a, b;
		struct arena arena;

		arena_init(&arena, 1 << 16);
		a = judge(all, found, &arena);
		b = judge(needed, found, &arena);
		assert_true(a.decided && b.decided);
		assert_int_equal(a.action, b.action);
		assert_string_equal(a.name, b.name);
		assert_true(str_eq(a.symbols, b.symbols));
		assert_float_equal(a.score, b.score, 0);
		arena_reset(&arena);
	}
}

static void nobody_misses_them(void **state)
{
	struct dice d = { .state = 20261128 };
	unsigned idle = 0;

	(void)state;
	for (unsigned i = 0; i < POLICIES; i++) {
		char rules_bytes[2000], conf_bytes[500] = { 0 };
		struct out rules = OUT(rules_bytes);
		struct out conf = { .p = conf_bytes, .cap = sizeof(conf_bytes) - 1 };
		struct side all, needed;

		write_rules(&rules, &d);
		write_verdicts(&conf, &d);
		open_side(&all, out_text(&rules), conf_bytes, true);
		open_side(&needed, out_text(&rules), conf_bytes, false);
		for (unsigned k = 0; k < PATTERNS; k++)
			idle += needed.idle[k];
		compare(&all, &needed, &d);
		close_side(&all);
		close_side(&needed);
	}
	assert_in_range(idle, POLICIES, POLICIES * PATTERNS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_hangs_on_nothing),
		cmocka_unit_test(unless_asked_all_are_looked_for),
		cmocka_unit_test(nobody_misses_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
