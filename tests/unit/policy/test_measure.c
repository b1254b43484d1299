/* test_measure.c - what is measured hangs on the evidence alone, whatever was measured before.
 *
 * Random policies measure one random evidence after another, at both stages, and each time must come to what a plain
 * reading of the evidence comes to, which keeps nothing.  POSTERN_SEED=N repeats a run, one policy per seed. */
#include "random_policy.h"

#include "base/check.h"
#include "policy/match.h"
#include "policy/measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { POLICIES = 300, EVIDENCES = 40, SYMBOLS_MOST = 100 };

struct course {
	const struct policy *policy;
	struct dice dice;
	struct arena arena;
	struct findings findings[2]; /* some symbols are in both, with other hits */
	unsigned texts[POLICY_TEXT_COUNT];
	struct evidence evidence;
};

/* What the plain reading comes to. */
struct plain {
	struct interval values[SYMBOLS_MOST];
	struct weights weights[STAGE_COUNT];
};

static bool text_of(const void *ctx, enum policy_text text, unsigned i, struct str *value)
{
	const struct course *c = ctx;

	*value = str_z(random_texts[c->texts[text]]);
	return i == 0 && value->n > 0;
}

static void draw_findings(struct course *c)
{
	const unsigned rare = 1 + dice_below(&c->dice, 12);

	for (unsigned i = 0; i < RANDOM_SYMBOLS; i++) {
		char bytes[16];
		struct out name = OUT(bytes);

		random_symbol(&name, i);
		for (unsigned list = 0; list < COUNTOF(c->findings); list++)
			if (dice_below(&c->dice, rare) == 0)
				findings_hit(&c->findings[list], &c->arena,
					     policy_find(c->policy, out_text(&name)),
					     1 + dice_below(&c->dice, 3));
	}
}

static void draw(struct course *c, const struct findings *const lists[])
{
	arena_reset(&c->arena);
	for (unsigned list = 0; list < COUNTOF(c->findings); list++)
		c->findings[list] = (struct findings){ .first = NULL };
	draw_findings(c);
	for (unsigned i = 0; i < POLICY_TEXT_COUNT; i++)
		c->texts[i] = dice_below(&c->dice, RANDOM_TEXTS);
	c->evidence = (struct evidence){ .lists = lists,
					 .list_count = 1 + dice_below(&c->dice, 2),
					 .stage = (enum stage)dice_below(&c->dice, STAGE_COUNT),
					 .text = text_of,
					 .texts = c };
	if (dice_below(&c->dice, 3) == 0)
		c->evidence.outstanding = dice_below(&c->dice, 1 << RANDOM_SOURCES);
}

static bool is_open(const struct course *c, const struct symbol *s)
{
	return (s->sources & c->evidence.outstanding) != 0;
}

static struct interval plain_value(const struct course *c, const struct symbol *s)
{
	if (s->kind == SYMBOL_OFF ||
	    ((symbol_is_measured(s) || s->kind == SYMBOL_MATCH) && is_open(c, s)))
		return interval_truth(true, true);
	return interval_point(s->kind == SYMBOL_MATCH && match_holds(s->match, &c->evidence));
}

static void read_plainly(const struct course *c, struct plain *to)
{
	const struct policy *p = c->policy;
	const struct expr_values values = { .symbols = to->values };

	*to = (struct plain){ .weights = { { 0 } } };
	for (unsigned i = 0; i < p->symbol_count; i++)
		to->values[i] = plain_value(c, &p->symbols[i]);
	for (unsigned list = 0; list < c->evidence.list_count; list++)
		for (const struct finding *f = c->findings[list].first; f; f = f->next)
			to->values[f->symbol] = interval_point(f->hits);
	for (unsigned i = 0; i < p->meta_count; i++)
		to->values[p->metas[i]] =
			interval_hit(expr_eval(&p->symbols[p->metas[i]].expr, &values));
	for (unsigned i = 0; i < p->meta_count; i++)
		if (!is_open(c, &p->symbols[p->metas[i]]))
			to->values[p->metas[i]] = interval_settle(to->values[p->metas[i]]);
	for (unsigned i = 0; i < p->symbol_count; i++)
		score_add(&to->weights[p->symbols[i].stage], to->values[i], 1, p->symbols[i].score);
}

static const struct finding *first_of(const struct course *c, symbol_id symbol)
{
	for (unsigned list = 0; list < c->evidence.list_count; list++)
		for (const struct finding *f = c->findings[list].first; f; f = f->next)
			if (f->symbol == symbol)
				return f;
	return NULL;
}

static void compare(const struct course *c, const struct plain *plain, const struct measured *m)
{
	const struct policy *p = c->policy;
	unsigned next = measured_next(p, m, 0);

	for (unsigned i = 0; i < p->symbol_count; i++) {
		if (p->symbols[i].kind == SYMBOL_OFF) /* is looked at in metas only */
			continue;
		if (!interval_same(m->values[i], plain->values[i]))
			fail_msg(STR_FMT " is %g to %g, not %g to %g", STR_ARG(p->symbols[i].name),
				 m->values[i].low, m->values[i].high, plain->values[i].low,
				 plain->values[i].high);
		if (!interval_true(plain->values[i]))
			continue;
		assert_int_equal(next, i);
		if (symbol_is_measured(&p->symbols[i]))
			assert_ptr_equal(m->first[i], first_of(c, (symbol_id)i));
		next = measured_next(p, m, i + 1);
	}
	assert_int_equal(next, p->symbol_count);
	assert_memory_equal(m->weights, plain->weights, sizeof(plain->weights));
}

static void check_policy(uint64_t seed)
{
	struct random_policy policy;
	struct course c = { .dice = { .state = seed * 0x9e3779b97f4a7c15u | 1 } };
	const struct findings *const lists[] = { &c.findings[0], &c.findings[1] };

	random_policy_open(&policy, &c.dice);
	c.policy = policy.policy;
	CHECK(c.policy->symbol_count <= SYMBOLS_MOST);
	arena_init(&c.arena, 1 << 16);
	for (unsigned i = 0; i < EVIDENCES; i++) {
		struct plain plain;

		draw(&c, lists);
		read_plainly(&c, &plain);
		compare(&c, &plain, policy_measure(c.policy, &c.evidence));
	}
	arena_reset(&c.arena);
	random_policy_close(&policy);
}

static void what_was_before_does_not_show(void **state)
{
	const char *seed = getenv("POSTERN_SEED");

	(void)state;
	if (seed) {
		check_policy(strtoull(seed, NULL, 10));
		return;
	}
	for (unsigned i = 1; i <= POLICIES; i++)
		check_policy(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_before_does_not_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
