/* lone_group.h - a group of rules without a config, and whether looking for all of them at once finds what each finds alone.
 *
 * It stands in for filters/setup.c: one file of a program includes it. */
#ifndef UNIT_PATTERN_LONE_GROUP_H
#define UNIT_PATTERN_LONE_GROUP_H

#include "base/check.h"
#include "base/mem.h"
#include "filters/pattern/group.h"
#include "filters/pattern/rule.h"

enum { LONE_RULES = 32, LONE_OWNED = 8, LONE_ARENA = 64 << 20 };

struct filter_setup {
	struct arena arena;
	struct {
		void *p;
		void (*drop)(void *p);
	} owned[LONE_OWNED];
	unsigned count;
	struct conf_report report;
};

struct arena *filter_setup_arena(struct filter_setup *s)
{
	return &s->arena;
}

struct conf_report *filter_setup_report(struct filter_setup *s)
{
	return &s->report;
}

bool filter_setup_own(struct filter_setup *s, void *p, void (*drop)(void *p))
{
	CHECK(s->count < LONE_OWNED);
	s->owned[s->count].p = p;
	s->owned[s->count++].drop = drop;
	return true;
}

struct lone_group {
	struct filter_setup setup;
	struct rule_tools tools;
	struct pattern patterns[LONE_RULES];
	struct rule rules[LONE_RULES];
	struct rule_group group;
};

static inline void lone_open(struct lone_group *g)
{
	*g = (struct lone_group){ .group.rules = g->rules };
	arena_init(&g->setup.arena, LONE_ARENA);
	rule_tools_open(&g->tools);
}

/* The texts stay where they are.  compiled: of the expression with its flags, the group's from now on. */
static inline void lone_add(struct lone_group *g, const struct pattern *pattern,
			    struct regex *compiled)
{
	const size_t i = g->group.count++;

	CHECK(i < LONE_RULES);
	g->patterns[i] = *pattern;
	g->rules[i] = (struct rule){
		.pattern = &g->patterns[i],
		.regex = compiled,
		.expression = pattern->regex,
		.most = pattern->when == PATTERN_MATCHES ? (int)pattern->most : 1,
		.when = pattern->when,
		.no_subject = pattern->no_subject,
	};
}

static inline void lone_ready(struct lone_group *g)
{
	CHECK(group_prepare(&g->group, &g->setup, &g->tools));
	rule_tools_size(&g->tools, g->group.count);
}

static inline void lone_close(struct lone_group *g)
{
	rule_tools_close(&g->tools);
	while (g->setup.count > 0) {
		g->setup.count--;
		g->setup.owned[g->setup.count].drop(g->setup.owned[g->setup.count].p);
	}
	for (size_t i = 0; i < g->group.count; i++)
		regex_free((struct regex *)(uintptr_t)g->rules[i].regex);
	arena_reset(&g->setup.arena);
}

/* How often the rule hits a text, tried on each piece. */
static inline int lone_hits(struct lone_group *g, size_t rule, const struct rule_text *text,
			    struct regex_toil *toil)
{
	const struct rule *r = &g->rules[rule];
	uint32_t start = 0;
	int hits = 0;

	for (uint32_t i = 0; i < text->count && hits < r->most; start = text->ends[i++]) {
		const struct str piece = { .p = text->bytes + start, .n = text->ends[i] - start };
		struct regex_range all = { .to = piece.n + 1 };
		int n;

		if (i == 0 && text->subject && r->no_subject)
			continue;
		n = regex_count_in(g->tools.engine, r->regex, piece, &all,
				   (unsigned)(r->most - hits), toil);
		hits += n > 0 ? n : 0;
	}
	return r->pattern->when == PATTERN_DIFFERS ? hits == 0 : hits;
}

/* The first rule of which both say something else; the count of rules: none.  Of one that takes many steps, neither
 * says all. */
static inline size_t lone_differs(struct lone_group *g, const struct rule_text *text, int *together,
				  int *alone)
{
	struct rule_effort effort = { 0 };

	memset(g->tools.toils, 0, g->group.count * sizeof(*g->tools.toils));
	group_look(&g->group, &g->tools, text, &effort);
	CHECK(!effort.no_time);
	for (size_t i = 0; i < g->group.count; i++) {
		struct regex_toil toil = { .steps = 0 };

		*together = g->tools.hits[i];
		*alone = lone_hits(g, i, text, &toil);
		if (*together != *alone && toil.steps == 0 && g->tools.toils[i].steps == 0)
			return i;
	}
	return g->group.count;
}

#endif
