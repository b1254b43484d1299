/* setup.c - from the config's sections to filter instances with their symbols and sources.
 *
 * <NAME>_UNAVAILABLE is one symbol for all instances of a filter.  When only some of them have
 * on_fail = defer, deferring on it would let the others defer too; so a repeated filter defers on
 * a second symbol, <NAME>_DEFER, which only those report. */
#include "base/check.h"
#include "filters/hit.h"
#include "filters/set.h"
#include "filters/spent.h"
#include "filters/suffixes.h"

const char *const on_fail_words[] = { "pass", "defer", NULL };

static const struct filter *const filters[] = {
#define FILTER(NAME) &filter_##NAME,
#include "filters/filters.def"
#undef FILTER
};

static const enum filter_scope phase_scopes[] = {
#define X(ID, SCOPE, TEXT) [PHASE_##ID] = SCOPE_##SCOPE,
	FILTER_PHASES(X)
#undef X
};

struct filter_setup {
	struct conf *conf;
	struct filter_set *set;
	struct filter_instance *instance;
	const struct filter_registry *registry;
	struct conf_report *report;
};

enum filter_scope filter_phase_scope(enum filter_phase phase)
{
	return phase_scopes[phase];
}

const struct conf_block *const *filter_blocks(size_t *n)
{
	static const struct conf_block *const blocks[] = {
#define FILTER(NAME) &block_##NAME,
#include "filters/filters.def"
#undef FILTER
	};

	*n = COUNTOF(blocks);
	return blocks;
}

bool filter_right_has(const struct filter_instance *instance, filter_symbol symbol,
		      enum filter_phase phase)
{
	for (const struct filter_right *r = instance->rights; r; r = r->next)
		if (r->symbol == symbol && r->phase == phase)
			return true;
	return false;
}

/* An arena of the config that is full is a config that is too big: said once, here. */
static void say_full(const struct filter_setup *s)
{
	conf_error(s->report, &(struct conf_place){ .file = "config" },
		   "too much memory needed by filters");
}

static void *need(struct filter_setup *s, size_t n)
{
	void *p = arena_alloc(s->set->arena, n ? n : 1);

	if (!p)
		say_full(s);
	return p;
}

filter_symbol filter_define(struct filter_setup *s, struct str name, enum filter_phase phase,
			    const char *about)
{
	struct filter_instance *instance = s->instance;
	struct filter_right *right = need(s, sizeof(*right));

	CHECK(filter_instance_on(instance, phase) != NULL);
	if (!right)
		return 0;
	*right = (struct filter_right){
		.next = instance->rights,
		.phase = phase,
		.symbol = s->registry->symbol(s->registry->ctx, name, instance->source[phase],
					      phase, about),
	};
	instance->rights = right;
	return right->symbol;
}

filter_symbol filter_define_hit(struct filter_setup *s, struct str name, enum filter_phase phase)
{
	const struct filter_instance *instance = s->instance;

	CHECK(instance->filter->patterns && instance->filter->on[phase]);
	return s->registry->symbol(s->registry->ctx, name, instance->source[phase], phase, NULL);
}

struct arena *filter_setup_arena(struct filter_setup *s)
{
	return s->set->arena;
}

struct conf_report *filter_setup_report(struct filter_setup *s)
{
	return s->report;
}

int64_t filter_setup_time_ns(struct filter_setup *s)
{
	return patterns_time_ns(conf_first(s->conf, &block_patterns));
}

bool filter_setup_own(struct filter_setup *s, void *p, void (*drop)(void *p))
{
	if (conf_own(s->conf, p, drop))
		return true;
	say_full(s);
	return false;
}

const struct suffixes *filter_setup_suffixes(struct filter_setup *s, const struct conf_place *at)
{
	if (s->set->suffixes)
		return s->set->suffixes;
	s->set->suffixes = suffixes_new();
	if (s->set->suffixes && !filter_setup_own(s, s->set->suffixes, suffixes_free))
		s->set->suffixes = NULL;
	else if (!s->set->suffixes && at)
		conf_error(s->report, at, "there is no public suffix list: install publicsuffix");
	return s->set->suffixes;
}

/* Any number of instances fits into 64 sources: past its share a repeated filter's join the one
 * before them. */
static unsigned next_source(struct filter_set *set, const struct filter *filter,
			    enum filter_phase phase)
{
	const struct filter_instance *before = NULL;

	for (const struct filter_instance *i = set->first; i; i = i->next)
		if (i->filter == filter && filter_instance_on(i, phase))
			before = i;
	if (before && set->source_count >= FILTER_OWN_SOURCES)
		return before->source[phase];
	CHECK(set->source_count < FILTER_SOURCES_MAX);
	return set->source_count++;
}

static void give_sources(struct filter_set *set, struct filter_instance *instance)
{
	const struct filter *filter = instance->filter;

	CHECK(!filter->body || (filter->on[PHASE_HEADER] && !filter->on[PHASE_MAIL]));
	CHECK(!filter->end || filter->state_size);
	for (unsigned phase = 0; phase < PHASE_COUNT; phase++) {
		if (!filter_instance_on(instance, phase))
			continue;
		instance->source[phase] = next_source(set, filter, phase);
		set->sources[phase_scopes[phase]] |= (uint64_t)1 << instance->source[phase];
	}
}

static filter_symbol define_failure(struct filter_setup *s, struct str suffix, const char *about)
{
	const struct filter_instance *instance = s->instance;
	char bytes[64];
	struct out name = OUT(bytes);
	filter_symbol symbol = 0;

	for (const char *c = instance->filter->name; *c; c++)
		out_char(&name, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
	out_str(&name, suffix);
	CHECK(!name.full);
	for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
		if (filter_instance_on(instance, phase))
			symbol = filter_define(s, out_text(&name), phase, about);
	return symbol;
}

static void define_failures(struct filter_setup *s)
{
	struct filter_instance *instance = s->instance;

	instance->unavailable =
		define_failure(s, STR("_UNAVAILABLE"), "lookups of this filter failed");
	instance->defer = instance->unavailable;
	if (instance->common->on_fail != ON_FAIL_DEFER)
		return;
	if (instance->filter->block->repeated)
		instance->defer =
			define_failure(s, STR("_DEFER"), "lookups failed, and on_fail = defer");
	s->registry->defer_on(s->registry->ctx, instance->defer);
}

static void add_instance(struct filter_setup *s, const struct filter *filter,
			 const struct conf_section *section)
{
	const struct filter_common *common = section->values;
	const struct filter_set before = *s->set;
	const unsigned errors = s->report->errors;
	struct filter_instance *instance;

	if (!common->enabled)
		return;
	instance = need(s, sizeof(*instance));
	if (!instance)
		return;
	*instance = (struct filter_instance){ .filter = filter, .common = common };
	instance->watched = need(s, filter->watched_size);
	s->instance = instance;
	if (filter->phases)
		instance->without = ~filter->phases(section);
	give_sources(s->set, instance);
	instance->conf = filter->setup(s, section);
	if (!instance->conf || !instance->watched) {
		/* A symbol of nobody would stay unknown for ever. */
		CHECK(!instance->rights || s->report->errors > errors);
		*s->set = before;
		return;
	}
	define_failures(s);
	*s->set->last = instance;
	s->set->last = &instance->next;
	s->set->count++;
}

struct filter_set *filter_set_new(struct conf *conf, const struct filter_registry *registry,
				  struct conf_report *report)
{
	struct filter_setup setup = { .conf = conf, .registry = registry, .report = report };
	const unsigned errors = report->errors;

	setup.set = arena_new(conf_arena(conf), struct filter_set);
	if (!setup.set)
		return NULL;
	setup.set->arena = conf_arena(conf);
	setup.set->last = &setup.set->first;
	for (size_t i = 0; i < COUNTOF(filters); i++)
		for (const struct conf_section *section = conf_first(conf, filters[i]->block);
		     section; section = conf_next(section))
			add_instance(&setup, filters[i], section);
	return report->errors > errors ? NULL : setup.set;
}

bool filter_answers(struct str function)
{
	for (size_t i = 0; i < COUNTOF(filters); i++)
		if (filters[i]->answers && filters[i]->answers(function))
			return true;
	return false;
}

static bool is_on(const struct filter_set *set, const struct filter *filter)
{
	const struct filter_instance *i = set->first;

	while (i && i->filter != filter)
		i = i->next;
	return i;
}

static void note_off(struct conf_report *report, const struct filter *filter, struct str rule,
		     const struct conf_place *at)
{
	conf_note(report, CONF_NOTE_OFF, at, "%s { enabled = no }: " STR_FMT " is off",
		  filter->name, STR_ARG(rule));
}

/* Rules that only this filter would look for. */
static void note_rules(struct conf_report *report, const struct filter *filter,
		       const struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->call_count && filter->answers; i++)
		if (filter->answers(patterns->calls[i].function))
			note_off(report, filter, patterns->calls[i].rule, &patterns->calls[i].at);
	for (size_t i = 0; i < patterns->count && !filter->answers; i++)
		note_off(report, filter, patterns->items[i].rule, &patterns->items[i].at);
}

void filter_set_patterns(struct filter_set *set, struct conf *conf,
			 const struct filter_registry *registry, const struct patterns *patterns,
			 struct conf_report *report)
{
	struct filter_setup setup = {
		.conf = conf, .set = set, .registry = registry, .report = report
	};

	for (struct filter_instance *i = set->first; i; i = i->next) {
		setup.instance = i;
		if (i->filter->patterns)
			i->filter->patterns(&setup, i->conf, patterns);
	}
	for (size_t i = 0; i < COUNTOF(filters); i++)
		if (filters[i]->patterns && !is_on(set, filters[i]))
			note_rules(report, filters[i], patterns);
}

bool filter_set_remembers(const struct filter_set *set)
{
	for (const struct filter_instance *i = set->first; i; i = i->next)
		if (i->filter->remembers)
			return true;
	return false;
}

uint64_t filter_set_scope_sources(const struct filter_set *set, enum filter_scope scope)
{
	return set->sources[scope];
}

bool filter_set_wants_body(const struct filter_set *set)
{
	for (const struct filter_instance *i = set->first; i; i = i->next)
		if (i->filter->body || i->filter->hashes_body)
			return true;
	return false;
}
