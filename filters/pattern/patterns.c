/* patterns.c - the filter: what rule files look for in a message, found by regular expressions.
 *
 * Rules are grouped by what they look at: each text is made once for all of them.  Texts are not kept; what is kept for
 * `full` rules is the message's head, and only when there is such a rule.
 *
 * An expression that comes to its limits has not matched, and PATTERNS_LIMIT says so.  Mail that brings many to their
 * limits is not looked at further: so much time a message costs at most, whatever it is made of. */
#include "base/check.h"
#include "base/mem.h"
#include "filters/hit.h"
#include "filters/pattern/regex.h"
#include "filters/pattern/view.h"

struct patterns_conf {
	struct filter_common common;
};

struct rule {
	const struct pattern *pattern;
	const struct regex *regex; /* NULL: PATTERN_EXISTS */
	filter_symbol symbol;
	size_t view; /* while they are read */
};

/* The rules that look at it lie together. */
struct group {
	struct view view;
	const struct rule *rules;
	size_t count;
};

/* Of one message at a time; a worker has one. */
struct scratch {
	struct regex_engine *engine;
	struct view_index index;
	char *text;
};

struct looker {
	struct arena *arena;
	struct rule *rules;
	struct group *groups;
	size_t rule_count, group_count;
	const struct group *whole; /* of `full` rules; NULL: none */
	struct view_names *names;
	filter_symbol limit;
	struct scratch *scratch;
};

struct looker_state {
	char *bytes; /* for `full` rules: the message's head */
	size_t n;
	unsigned gave_up;
};

static const struct conf_option options[] = { FILTER_COMMON_OPTIONS(patterns_conf) };

const struct conf_block block_patterns = {
	.name = "patterns",
	.about = "what rule files look for in a message (header and full rules)",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct patterns_conf),
	.always = true,
};

/* ---- setup ---- */

static void drop_scratch(void *scratch)
{
	struct scratch *x = scratch;

	regex_engine_free(x->engine);
	view_index_close(&x->index);
	mem_free(x->text);
	mem_free(x);
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct looker *l = arena_new(filter_setup_arena(s), struct looker);

	(void)section;
	if (!l)
		return NULL;
	l->arena = filter_setup_arena(s);
	l->names = view_names_new(l->arena);
	l->scratch = mem_new(sizeof(*l->scratch));
	l->scratch->engine = regex_engine_new();
	if (!filter_setup_own(s, l->scratch, drop_scratch) || !l->names)
		return NULL;
	for (unsigned phase = PHASE_HEADER; phase <= PHASE_END; phase++)
		l->limit = filter_define(s, STR("PATTERNS_LIMIT"), (enum filter_phase)phase,
					 "a rule came to the limits of looking at a text");
	return l;
}

static void drop_regex(void *regex)
{
	regex_free(regex);
}

static bool compile(struct filter_setup *s, const struct pattern *p, struct rule *rule)
{
	struct regex_error error;
	struct conf_place at = p->at;
	struct regex *regex;

	if (p->when == PATTERN_EXISTS)
		return true;
	regex = regex_compile(p->regex, p->flags, &error);
	if (!regex) {
		at.column += (unsigned)error.at;
		conf_error(filter_setup_report(s), &at, STR_FMT ": %s", STR_ARG(p->rule),
			   error.text);
		return false;
	}
	rule->regex = regex;
	return filter_setup_own(s, regex, drop_regex);
}

static bool same_view(const struct pattern_view *a, const struct pattern_view *b)
{
	return a->source == b->source && a->part == b->part && a->pick == b->pick &&
	       str_ieq(a->field, b->field);
}

/* The group of a rule; a new one at the end. */
static bool find_group(struct looker *l, const struct pattern *p, struct rule *rule)
{
	size_t i = 0;

	while (i < l->group_count && !same_view(&l->groups[i].view.pattern, &p->view))
		i++;
	rule->view = i;
	if (i == l->group_count) {
		l->groups[i].view.pattern = p->view;
		l->group_count++;
		if (!view_prepare(l->names, l->arena, &l->groups[i].view))
			return false;
	}
	l->groups[i].count++;
	return true;
}

/* Rules in the order of their groups. */
static bool arrange(struct looker *l)
{
	struct rule *sorted = arena_alloc(l->arena, l->rule_count * sizeof(*sorted) + 1);
	struct rule *next = sorted;

	if (!sorted)
		return false;
	for (size_t g = 0; g < l->group_count; g++) {
		l->groups[g].rules = next;
		for (size_t i = 0; i < l->rule_count; i++)
			if (l->rules[i].view == g)
				*next++ = l->rules[i];
		if (l->groups[g].view.pattern.source == PATTERN_WHOLE)
			l->whole = &l->groups[g];
	}
	l->rules = sorted;
	return true;
}

/* Whether the rule hits this text; view: there is such a thing. */
static unsigned look(const struct looker *l, const struct rule *rule, bool view, struct str text,
		     unsigned *gave_up)
{
	const struct pattern *p = rule->pattern;
	int n;

	if (p->when == PATTERN_EXISTS)
		return view ? 1 : 0;
	if (!view && p->has_unset)
		text = p->unset;
	n = regex_count(l->scratch->engine, rule->regex, text,
			p->when == PATTERN_MATCHES ? p->most : 1);
	if (n == REGEX_GAVE_UP) {
		++*gave_up;
		return 0;
	}
	return p->when == PATTERN_DIFFERS ? n == 0 : (unsigned)n;
}

static void run_tests(struct filter_setup *s, const struct looker *l,
		      const struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->test_count; i++) {
		const struct pattern_test *t = &patterns->tests[i];
		const struct rule *rule = &l->rules[t->pattern];
		unsigned gave_up = 0;
		const bool hits = look(l, rule, t->text.n != 0, t->text, &gave_up) != 0;

		if (hits == t->hits && !gave_up)
			continue;
		conf_error(filter_setup_report(s), &t->at,
			   "test of " STR_FMT ": it %s '" STR_FMT "'", STR_ARG(rule->pattern->rule),
			   gave_up ? "comes to its limits on"
			   : hits  ? "hits"
				   : "does not hit",
			   STR_ARG(str_head(t->text, 100)));
	}
}

static bool add_rules(struct filter_setup *s, struct looker *l, const struct patterns *patterns)
{
	bool ok = true;

	for (size_t i = 0; i < patterns->count; i++) {
		const struct pattern *p = &patterns->items[i];
		struct rule *rule = &l->rules[l->rule_count++];
		const bool whole = p->view.source == PATTERN_WHOLE;

		*rule = (struct rule){ .pattern = p };
		rule->symbol = filter_define_hit(s, p->rule, whole ? PHASE_END : PHASE_HEADER);
		if (!compile(s, p, rule) || !find_group(l, p, rule))
			ok = false;
	}
	return ok;
}

/* A struct patterns is policy's, and lives as long as the config. */
static void patterns(struct filter_setup *s, void *conf, const struct patterns *patterns)
{
	struct looker *l = conf;

	l->rules = arena_alloc(l->arena, patterns->count * sizeof(*l->rules) + 1);
	l->groups = arena_alloc(l->arena, patterns->count * sizeof(*l->groups) + 1);
	if (!l->rules || !l->groups || !add_rules(s, l, patterns))
		return; /* reported */
	run_tests(s, l, patterns);
	if (!arrange(l))
		return;
	view_index_open(&l->scratch->index, l->names);
	/* Zeroed, which costs no page of it: PCRE2's machine code looks at whole vectors, past the end of a text. */
	l->scratch->text = mem_new(LIMIT_PATTERN_VIEW);
}

/* ---- a message ---- */

static void look_at(struct filter_run *run, struct looker_state *state, const struct group *group,
		    bool view, struct str text)
{
	const struct looker *l = filter_conf(run);

	for (size_t i = 0; i < group->count; i++) {
		const struct rule *rule = &group->rules[i];
		const unsigned before = state->gave_up;
		unsigned hits;

		if (before >= LIMIT_REGEX_GIVE_UPS)
			return;
		hits = look(l, rule, view, text, &state->gave_up);
		if (hits)
			filter_hit(run, rule->symbol, hits);
		if (state->gave_up > before)
			filter_report(run, l->limit, rule->pattern->rule);
	}
}

/* The envelope's sender has no field. */
static bool put_view(const struct view *v, const struct looker *l, const struct filter_facts *facts,
		     struct out *o)
{
	if (v->pattern.source != PATTERN_SENDER)
		return view_put(v, &l->scratch->index, o);
	out_str(o, facts->mail_from);
	return true;
}

/* Bytes as lines that end in LF. */
static void keep(struct looker_state *state, struct str bytes)
{
	for (size_t i = 0; i < bytes.n && state->n < LIMIT_PATTERN_VIEW; i++)
		if (bytes.p[i] != '\r')
			state->bytes[state->n++] = bytes.p[i];
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	const struct looker *l = filter_conf(run);
	struct looker_state *s = state;

	if (l->group_count == 0)
		return FILTER_DONE;
	view_index_fill(&l->scratch->index, l->names, facts->header);
	for (size_t i = 0; i < l->group_count; i++) {
		const struct group *group = &l->groups[i];
		struct out o = { .p = l->scratch->text, .cap = LIMIT_PATTERN_VIEW };
		bool view;

		if (group == l->whole)
			continue;
		view = put_view(&group->view, l, facts, &o);
		look_at(run, s, group, view, out_text(&o));
	}
	if (l->whole) {
		s->bytes = mem_new(LIMIT_PATTERN_VIEW); /* zeroed as well */
		keep(s, facts->header);
	}
	return FILTER_DONE;
}

static void on_body(struct filter_run *run, struct str bytes, void *state)
{
	struct looker_state *s = state;

	(void)run;
	if (s->bytes)
		keep(s, bytes);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	const struct looker *l = filter_conf(run);
	struct looker_state *s = state;

	(void)facts;
	if (l->whole)
		look_at(run, s, l->whole, true, (struct str){ .p = s->bytes, .n = s->n });
	return FILTER_DONE;
}

static void end(void *state)
{
	mem_free(((struct looker_state *)state)->bytes);
}

const struct filter filter_patterns = {
	.name = "patterns",
	.about = "what rule files look for in a message",
	.block = &block_patterns,
	.state_size = sizeof(struct looker_state),
	.setup = setup,
	.patterns = patterns,
	.on = { [PHASE_HEADER] = on_header, [PHASE_END] = on_end },
	.body = on_body,
	.end = end,
};
