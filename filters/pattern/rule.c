#include "filters/pattern/rule.h"

#include "filters/pattern/source.h"

static bool compile(struct filter_setup *s, const struct pattern *p, struct rule *rule)
{
	struct regex_error error;
	struct conf_place at = p->at;
	struct regex *regex;

	if (p->when == PATTERN_EXISTS)
		return true;
	rule->expression = p->regex;
	regex = regex_compile(p->regex, p->flags, &error);
	if (!regex && error.too_long && p->brief.n) {
		rule->expression = p->brief;
		regex = regex_compile(p->brief, p->flags, &error);
	}
	if (!regex) {
		at.column += p->brief.n ? 0 : (unsigned)error.at;
		conf_error(filter_setup_report(s), &at, STR_FMT ": %s", STR_ARG(p->rule),
			   error.text);
		return false;
	}
	rule->regex = regex;
	return filter_setup_own(s, regex, regex_free);
}

/* ---- groups ---- */

/* When a view can be looked at. */
static enum filter_phase phase_of(const struct pattern_view *view)
{
	return view->parts ? PHASE_ALIGN : source_of(view->source)->phase;
}

static bool same_view(const struct pattern_view *a, const struct pattern_view *b)
{
	return a->source == b->source && a->part == b->part && a->pick == b->pick &&
	       a->parts == b->parts && str_ieq(a->field, b->field);
}

/* The group of a rule; a new one at the end. */
static bool find_group(struct rule_set *set, struct arena *arena, const struct pattern *p,
		       struct rule *rule)
{
	struct rule_group *group;
	size_t i = 0;

	while (i < set->group_count && !same_view(&set->groups[i].view.pattern, &p->view))
		i++;
	rule->view = i;
	group = &set->groups[i];
	group->count++;
	if (i < set->group_count)
		return true;
	set->group_count++;
	group->view.pattern = p->view;
	group->phase = phase_of(&p->view);
	return view_prepare(set->names, arena, &group->view);
}

/* Rules in the order of their groups, without those that are in none. */
static bool arrange(struct rule_set *set, struct arena *arena)
{
	struct rule *sorted = arena_alloc(arena, set->rule_count * sizeof(*sorted) + 1);
	struct rule *next = sorted;

	if (!sorted)
		return false;
	for (size_t g = 0; g < set->group_count; g++) {
		set->groups[g].rules = next;
		for (size_t i = 0; i < set->rule_count; i++)
			if (set->rules[i].view == g)
				*next++ = set->rules[i];
	}
	set->rules = sorted;
	set->rule_count = (size_t)(next - sorted);
	return true;
}

static bool prepare_groups(struct rule_set *set, struct filter_setup *s, struct rule_tools *tools)
{
	enum {
		LARGE = 400
	}; /* measured with SpamAssassin's rules: those on text are twice as many, others fewer */
	size_t largest = 0;

	for (size_t g = 0; g < set->group_count; g++) {
		struct rule_group *group = &set->groups[g];

		group->is_large = group->count >= LARGE;
		if (!group_prepare(group, s, tools))
			return false;
		if (group->count > largest)
			largest = group->count;
	}
	rule_tools_size(tools, largest);
	return true;
}

/* ---- tests ---- */

static void run_tests(struct filter_setup *s, const struct rule_set *set,
		      struct regex_engine *engine, const struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->test_count; i++) {
		const struct pattern_test *t = &patterns->tests[i];
		const struct rule *rule = &set->rules[t->pattern];
		struct rule_effort effort = { 0 };
		const bool hits = t->text.n ? rule_look(rule, engine, t->text, &effort) > 0
					    : rule->absent != 0;

		if (hits == t->hits && !effort.gave_up)
			continue;
		conf_error(filter_setup_report(s), &t->at,
			   "test of " STR_FMT ": it %s '" STR_FMT "'", STR_ARG(rule->pattern->rule),
			   effort.gave_up ? "comes to its limits on"
			   : hits         ? "hits"
					  : "does not hit",
			   STR_ARG(str_head(t->text, 100)));
	}
}

/* ---- all of them ---- */

static int most_of(const struct pattern *p)
{
	switch (p->when) {
	case PATTERN_EXISTS:
		return 0;
	case PATTERN_DIFFERS:
		break;
	case PATTERN_MATCHES:
		return (int)p->most;
	}
	return 1;
}

static bool add(struct rule_set *set, struct filter_setup *s, struct regex_engine *engine,
		const struct pattern *p)
{
	struct rule *rule = &set->rules[set->rule_count++];
	struct rule_effort ignored = { 0 };

	*rule = (struct rule){ .pattern = p,
			       .view = RULE_IDLE,
			       .most = most_of(p),
			       .when = p->when,
			       .no_subject = p->no_subject };
	rule->symbol = filter_define_hit(s, p->rule, phase_of(&p->view));
	if (!compile(s, p, rule) || (!p->idle && !find_group(set, filter_setup_arena(s), p, rule)))
		return false;
	rule->absent = rule_look(rule, engine, STR(""), &ignored) > 0;
	return true;
}

bool rule_set_read(struct rule_set *set, struct filter_setup *s, struct rule_tools *tools,
		   const struct patterns *patterns)
{
	struct arena *arena = filter_setup_arena(s);
	bool ok = true;

	set->names = view_names_new(arena);
	set->rules = arena_alloc(arena, patterns->count * sizeof(*set->rules) + 1);
	set->groups = arena_alloc(arena, patterns->count * sizeof(*set->groups) + 1);
	if (!set->names || !set->rules || !set->groups)
		return false;
	for (size_t i = 0; i < patterns->count; i++)
		ok = add(set, s, tools->engine, &patterns->items[i]) && ok;
	if (!ok)
		return false;
	run_tests(s, set, tools->engine, patterns);
	return arrange(set, arena) && prepare_groups(set, s, tools);
}
