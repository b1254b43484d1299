/* test_property.c - deciding early never differs from deciding at the end.
 *
 * Random policies, random evidence, the sources finishing in random order with some of their
 * findings told before: whatever is decided on the way is what everything known decides.
 * POSTERN_SEED=N repeats a run, one policy per seed. */
#include "random_policy.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { POLICIES = 1000, EVIDENCES = 10 };

struct course {
	struct random_policy *policy;
	struct dice *dice;
	struct arena arena;
	struct findings findings
		[2]; /* of the last source, as if it were a scope of its own; of the others */
	struct judgement early[RANDOM_SOURCES + 1];
	unsigned steps;
	uint64_t class;
	uint64_t found[RANDOM_SOURCES]; /* symbols that a source will report */
	unsigned canary;
	/* What each text is in the end; before its source has finished it is anything. */
	unsigned texts[POLICY_TEXT_COUNT][2];
	uint64_t outstanding;
};

static bool text_of(const void *ctx, enum policy_text text, unsigned i, struct str *value)
{
	const struct course *c = ctx;
	const bool open = (c->policy->text_sources[text] & c->outstanding) != 0;

	if (i >= COUNTOF(c->texts[text]))
		return false;
	*value = str_z(random_texts[open ? dice_below(c->dice, RANDOM_TEXTS) : c->texts[text][i]]);
	return value->n > 0;
}

static void report(struct course *c, unsigned symbol, unsigned source)
{
	char bytes[32];
	struct out name = { .p = bytes, .cap = 16 }, detail;

	random_symbol(&name, symbol);
	detail = (struct out){ .p = bytes + 16, .cap = 16 };
	out_printf(&detail, "by-%u", source);
	findings_add(&c->findings[source + 1 < RANDOM_SOURCES], &c->arena,
		     policy_find(c->policy->policy, out_text(&name)), out_text(&detail));
	c->found[source] &= ~(UINT64_C(1) << symbol);
}

/* Which source will report what; facts are there from the start. */
static void draw(struct course *c)
{
	for (unsigned i = 0; i < RANDOM_SYMBOLS; i++)
		for (unsigned s = 0; s < RANDOM_SOURCES; s++)
			if ((c->policy->sources[i] >> s & 1) && dice_below(c->dice, 3) == 0)
				c->found[s] |= UINT64_C(1) << i;
	for (unsigned i = 0; i < POLICY_TEXT_COUNT; i++)
		for (unsigned j = 0; j < COUNTOF(c->texts[i]); j++)
			c->texts[i][j] = dice_below(c->dice, RANDOM_TEXTS);
	if (dice_below(c->dice, 2))
		findings_add(&c->findings[1], &c->arena, policy_find(c->policy->policy, STR("F0")),
			     STR(""));
}

static void judge(struct course *c, uint64_t outstanding)
{
	const struct findings *const lists[] = { &c->findings[0], &c->findings[1] };
	const struct evidence e = { .lists = lists,
				    .list_count = 2,
				    .outstanding = outstanding,
				    .stage = outstanding ? STAGE_RCPT : STAGE_END,
				    .text = text_of,
				    .texts = c };

	c->outstanding = outstanding;
	policy_judge(c->policy->policy, &e, c->class, c->canary, &c->arena, &c->early[c->steps++]);
}

/* Tells all of a source, or with `some` perhaps a part of it. */
static void tell(struct course *c, unsigned source, bool some)
{
	for (unsigned i = 0; i < RANDOM_SYMBOLS; i++)
		if ((c->found[source] >> i & 1) && (!some || dice_below(c->dice, 4) == 0))
			report(c, i, source);
}

static void run(struct course *c)
{
	uint64_t outstanding = (UINT64_C(1) << RANDOM_SOURCES) - 1;

	draw(c);
	judge(c, outstanding);
	while (outstanding) {
		const unsigned source = dice_below(c->dice, RANDOM_SOURCES);

		if (!(outstanding >> source & 1))
			continue;
		tell(c, dice_below(c->dice, RANDOM_SOURCES), true);
		tell(c, source, false);
		outstanding &= ~(UINT64_C(1) << source);
		judge(c, outstanding);
	}
}

/* How many of its steps before the last had decided. */
static unsigned check_course(const struct course *c, uint64_t seed)
{
	const struct judgement *last = &c->early[c->steps - 1];
	unsigned early = 0;

	assert_true(last->decided);
	for (unsigned i = 0; i + 1 < c->steps; i++) {
		const struct judgement *j = &c->early[i];

		early += j->decided;
		if (!j->decided || (j->action == last->action && str_eq(j->reply, last->reply)))
			continue;
		fail_msg("POSTERN_SEED=%llu: step %u decided %s \"%s\" " STR_FMT
			 ", the end %s \"%s\" " STR_FMT "\n" STR_FMT STR_FMT,
			 (unsigned long long)seed, i, action_name(j->action), j->name,
			 STR_ARG(j->reply), action_name(last->action), last->name,
			 STR_ARG(last->reply), STR_ARG(out_text(&c->policy->rules)),
			 STR_ARG(out_text(&c->policy->config)));
	}
	return early;
}

static unsigned check_policy(uint64_t seed)
{
	struct random_policy policy;
	struct dice dice = { .state = seed * 0x9e3779b97f4a7c15u | 1 };
	unsigned early = 0;

	random_policy_open(&policy, &dice);
	for (unsigned i = 0; i < EVIDENCES; i++) {
		struct course c = { .policy = &policy,
				    .dice = &dice,
				    .class =
					    policy_class(policy.policy,
							 dice_below(&dice, 2) ? STR("a@c.example")
									      : STR("a@d.example")),
				    .canary = dice_below(&dice, 100) };

		arena_init(&c.arena, 1 << 16);
		run(&c);
		early += check_course(&c, seed);
		arena_reset(&c.arena);
	}
	random_policy_close(&policy);
	return early;
}

static void deciding_early_never_differs(void **state)
{
	const char *seed = getenv("POSTERN_SEED");
	unsigned early = 0;

	(void)state;
	if (seed) {
		check_policy(strtoull(seed, NULL, 10));
		return;
	}
	for (unsigned i = 1; i <= POLICIES; i++)
		early += check_policy(i);
	/* Of the steps before the last, a good share must decide: else nothing was tested. */
	print_message("%u of %u steps decided early\n", early,
		      POLICIES * EVIDENCES * RANDOM_SOURCES);
	assert_true(early > POLICIES * EVIDENCES * RANDOM_SOURCES / 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deciding_early_never_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
