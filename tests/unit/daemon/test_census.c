/* daemon/census.h: what verdicts and symbols did, over workers and reloads. */
#include "daemon/census.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "policy/hits.h"
#include "unit/policy/build.h"

enum { WORKERS = 3 };

struct generation {
	struct build build;
	struct census census;
};

static void load(struct generation *g, const char *rules, const char *conf)
{
	build_open(&g->build, rules, conf);
	assert_true(g->build.ok);
	assert_true(census_init(&g->census, g->build.policy, WORKERS));
}

static void unload(struct generation *g)
{
	census_free(&g->census);
	build_close(&g->build);
}

/* A mail to one. */
static void mail(struct generation *g, unsigned worker, const char *found)
{
	uint64_t *row = census_row(&g->census, worker), seen[8] = { 0 };
	const struct judgement j = build_judge_seen(&g->build, found, seen);

	assert_true(policy_seen_words(g->build.policy) <= COUNTOF(seen));
	hits_add_decided(g->build.policy, row, &j);
	hits_add_seen(g->build.policy, row, seen);
}

/* "spam:reject 3 1, ...": since the start, since the reload, of all that is not hidden and not 0. */
static void check(const struct generation *g, const char *expect)
{
	char bytes[500];
	struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };
	struct control_hit hit;

	for (size_t i = 0; census_hit(&g->census, i, &hit); i++) {
		if (hit.hidden || !hit.since_start)
			continue;
		out_printf(&o, STR_FMT, STR_ARG(hit.name));
		if (hit.kind != CONTROL_SYMBOL)
			out_printf(&o, ":%s%s", hit.kind == CONTROL_WOULD ? "would-" : "",
				   hit.action);
		out_printf(&o, " %u %u, ", (unsigned)hit.since_start, (unsigned)hit.since_reload);
	}
	bytes[o.n] = '\0';
	assert_string_equal(bytes, expect);
}

static const char rules[] = "body __SUB /x/\nmeta BOTH (HELO_BAD && SPF_FAIL)\n";
static const char conf[] = "verdict \"watch\" { when = HELO_BAD  do = defer  mode = shadow }\n"
			   "verdict \"spam\" { when = SPF_FAIL  do = reject }\n";

static void workers_are_added_up(void **state)
{
	struct generation g;

	(void)state;
	load(&g, rules, conf);
	check(&g, "");
	mail(&g, 0, "");
	mail(&g, 1, "HELO_BAD");
	mail(&g, 2, "HELO_BAD SPF_FAIL");
	mail(&g, 2, "SPF_FAIL");
	check(&g, ":accept 2 2, spam:reject 2 2, watch:would-defer 2 2, "
		  "HELO_BAD 2 2, SPF_FAIL 2 2, BOTH 1 1, ");
	unload(&g);
}

static void a_canary_is_counted_both_ways(void **state)
{
	struct generation g;

	(void)state;
	/* build_judge() has the number 50 */
	load(&g, NULL,
	     "verdict \"out\" { when = HELO_BAD  do = defer  mode = canary 50% }\n"
	     "verdict \"in\" { when = HELO_BAD  do = tag  mode = canary 51% }\n");
	mail(&g, 0, "HELO_BAD");
	check(&g, "in:tag 1 1, out:would-defer 1 1, HELO_BAD 1 1, ");
	unload(&g);
}

static void a_reload_passes_on_by_name(void **state)
{
	struct generation old, new;

	(void)state;
	load(&old, rules, conf);
	load(&new, "meta OTHER (HELO_BAD)\n" /* symbols get other numbers */,
	     "verdict \"first\" { when = BODY_BAD  do = reject }\n"
	     "verdict \"watch\" { when = HELO_BAD  do = defer }\n"
	     "verdict \"spam\" { when = SPF_FAIL  do = reject }\n");
	mail(&old, 0, "HELO_BAD SPF_FAIL");
	census_pass_on(&old.census, &new.census);
	check(&new, "spam:reject 1 0, HELO_BAD 1 0, SPF_FAIL 1 0, ");

	/* the old one ends, and takes a mail before it has */
	mail(&new, 1, "SPF_FAIL");
	mail(&old, 2, "SPF_FAIL");
	check(&new, "spam:reject 2 1, HELO_BAD 1 0, SPF_FAIL 2 1, ");
	census_pass_on(&old.census, &new.census);
	check(&new, "spam:reject 3 1, HELO_BAD 1 0, SPF_FAIL 3 1, ");
	census_pass_on(&old.census, &new.census);
	check(&new, "spam:reject 3 1, HELO_BAD 1 0, SPF_FAIL 3 1, ");
	unload(&old);
	unload(&new);
}

/* The first is still there when the third takes over from the second. */
static void nothing_is_counted_twice_over_three(void **state)
{
	struct generation g[3];

	(void)state;
	for (size_t i = 0; i < COUNTOF(g); i++)
		load(&g[i], rules, conf);
	mail(&g[0], 0, "SPF_FAIL");
	census_pass_on(&g[0].census, &g[1].census);
	mail(&g[1], 0, "SPF_FAIL");
	mail(&g[0], 0, "SPF_FAIL");
	census_pass_on(&g[1].census, &g[2].census);
	census_pass_on(&g[0].census, &g[2].census);
	census_pass_on(&g[1].census, &g[2].census);
	check(&g[2], "spam:reject 3 0, SPF_FAIL 3 0, ");
	for (size_t i = 0; i < COUNTOF(g); i++)
		unload(&g[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_are_added_up),
		cmocka_unit_test(a_canary_is_counted_both_ways),
		cmocka_unit_test(a_reload_passes_on_by_name),
		cmocka_unit_test(nothing_is_counted_twice_over_three),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
