#include "filters/pattern/group.h"

#include "filters/pattern/literal.h"
#include "filters/pattern/rule.h"
#include "filters/pattern/source.h"
#include "filters/pattern/start.h"
#include "filters/regex/tree.h"

enum {
	GROUP_WORTH = 8, /* rules: fewer are tried sooner, but on long texts */
	LARGE = 201,     /* parts of an expression */
	LONG = 64,       /* bytes of a line */
	LONGEST = 10000,
	TREE_MOST = 64 << 20, /* bytes */
};

#define FOR_PREFILTER                                                                              \
	(1.f / 1000000) /* of places in mail; measured: more often, the sieve is sooner */

static const struct tree *read_tree(const struct rule *rule, struct arena *arena)
{
	const struct pattern *p = rule->pattern;

	return p->when == PATTERN_EXISTS || p->has_unset
		       ? NULL
		       : tree_read(rule->expression, p->flags, arena);
}

struct watchers {
	struct sieve *sieve;         /* NULL: there is none, for so few; */
	struct prefilter *prefilter; /* the same, or nobody has one */
	struct str usual;            /* in the texts: what nobody looks for */
	struct arena *arena;
	struct regex_engine *engine;
};

static struct rule_watch watch_by_sieve(const struct watchers *by, const struct tree *expression,
					uint32_t rule, const struct tree **begin)
{
	const unsigned times = sieve_add(by->sieve, expression, rule, begin);

	return (struct rule_watch){ .by = times ? WATCHED_BY_SIEVE : WATCHED_BY_NOBODY,
				    .times = times };
}

static struct rule_watch watch_by_prefilter(const struct watchers *by, const struct literals *l,
					    uint32_t rule)
{
	prefilter_add(by->prefilter, l, rule);
	return (struct rule_watch){ .by = WATCHED_BY_PREFILTER, .times = l->times };
}

/* The prefilter does what it can do well: its literals take no room among the lanes.  A large expression is dear to try: the
 * sieve tells of less of its places, and nobody asks for its literals, which takes long too.  Where it is tried its outset
 * is asked before. */
static struct rule_watch choose(const struct watchers *by, const struct tree *expression,
				uint32_t rule, const struct tree **begin)
{
	struct literals l = { .count = 0 };
	struct rule_watch w = { .by = WATCHED_BY_NOBODY };

	if (by->prefilter && tree_size(expression, LARGE) < LARGE) {
		literals_of(expression, by->usual, &l);
		if (literals_share(&l) <= FOR_PREFILTER)
			return watch_by_prefilter(by, &l, rule);
	}
	if (!by->sieve)
		return w;
	w = watch_by_sieve(by, expression, rule, begin);
	return w.by == WATCHED_BY_NOBODY && l.count ? watch_by_prefilter(by, &l, rule) : w;
}

/* NULL: over the ceiling, or no such expression. */
static const struct single *single_in(struct arena *arena, const struct tree *tree,
				      const struct rule *rule, struct regex_engine *engine)
{
	struct single single, *kept;

	if (!single_of(tree, rule->regex, engine, &single))
		return NULL;
	kept = arena_new(arena, struct single);
	if (kept)
		*kept = single;
	return kept;
}

/* The same. */
static const struct lane *head_in(struct arena *arena, const struct tree *tree)
{
	struct step whole = { .tree = tree, .least = tree->least, .most = tree->most };
	const struct lane *lane = lane_of(&whole);
	struct lane *kept;

	if (start_of(tree) != PLACE_TEXT || lane->open == 0)
		return NULL;
	kept = arena_new(arena, struct lane);
	if (kept)
		*kept = *lane;
	return kept;
}

static uint16_t line_of(const struct tree *expression)
{
	const unsigned line = tree_line(expression, LONGEST);

	return line < LONG ? 0 : (uint16_t)line;
}

static unsigned count_watched(const struct rule_group *group, enum rule_watcher by)
{
	unsigned n = 0;

	for (size_t i = 0; i < group->count; i++)
		n += group->watches[i].by == by;
	return n;
}

/* Who has nothing to do is not kept. */
static bool keep_sieve(struct rule_group *group, struct filter_setup *s, struct sieve *sieve)
{
	if (!sieve)
		return true;
	if (sieve_refused(sieve))
		conf_warn(filter_setup_report(s), &(struct conf_place){ .file = "rules" },
			  "looking for all rules at once would take more than %d MB: %u of them "
			  "may be tried on all of each text",
			  LIMIT_SIEVE >> 20, sieve_refused(sieve));
	if (count_watched(group, WATCHED_BY_SIEVE) == 0) {
		sieve_free(sieve);
		return true;
	}
	sieve_close(sieve);
	group->sieve = sieve;
	return filter_setup_own(s, sieve, sieve_free);
}

static bool keep_prefilter(struct rule_group *group, struct filter_setup *s, struct prefilter *f,
			   struct prefilter_scratch *scratch)
{
	if (!f || count_watched(group, WATCHED_BY_PREFILTER) == 0) {
		prefilter_free(f);
		return true;
	}
	if (!prefilter_close(f, scratch)) { /* this machine cannot */
		prefilter_free(f);
		for (size_t i = 0; i < group->count; i++)
			if (group->watches[i].by == WATCHED_BY_PREFILTER)
				group->watches[i].by = WATCHED_BY_NOBODY;
		return true;
	}
	group->prefilter = f;
	return filter_setup_own(s, f, prefilter_free);
}

static bool add_to_outset(struct rule_group *group, const struct tree *expression,
			  const struct tree *begin, uint32_t rule)
{
	if (!group->outset)
		group->outset = outset_new();
	return outset_add(group->outset, expression, begin, rule);
}

static bool keep_outset(struct rule_group *group, struct filter_setup *s)
{
	if (!group->outset)
		return true;
	outset_close(group->outset);
	return filter_setup_own(s, group->outset, outset_free);
}

/* Few places of a text are tried. */
static bool may_narrow(const struct rule_watch *w)
{
	return w->by != WATCHED_BY_NOBODY || w->start == PLACE_TEXT;
}

static void watch(const struct watchers *by, const struct tree *expression,
		  struct rule_group *group, uint32_t rule)
{
	struct rule_watch *w = &group->watches[rule];
	const struct tree *begin = NULL;

	*w = choose(by, expression, rule, &begin);
	w->start = start_of(expression);
	need_of(expression, &w->need);
	w->line = line_of(expression);
	if (may_narrow(w) && tree_size(expression, LARGE) == LARGE)
		/* what is seen in a line is asked for once, at its beginning */
		w->is_asked = add_to_outset(group, expression,
					    w->start == PLACE_LINE ? NULL : begin, rule);
	if (w->by == WATCHED_BY_NOBODY) {
		w->single = single_in(by->arena, expression, &group->rules[rule], by->engine);
		w->head = head_in(by->arena, expression);
	}
}

/* Watching its texts takes less than trying all of its rules on them. */
static bool is_worth(const struct rule_group *group)
{
	return group->count >= GROUP_WORTH ||
	       source_of(group->view.pattern.source)->maker == SOURCE_BODY;
}

static bool watch_all(struct rule_group *group, struct filter_setup *s,
		      const struct rule_tools *tools)
{
	const struct str usual = source_of(group->view.pattern.source)->usual;
	const bool few = group->count < GROUP_WORTH, worth = is_worth(group);
	const struct watchers by = { .sieve = few ? NULL : sieve_new(usual),
				     .prefilter = worth && (few || group->is_large)
							  ? prefilter_new()
							  : NULL,
				     .usual = usual,
				     .arena = filter_setup_arena(s),
				     .engine = tools->engine };
	struct arena trees;
	bool ok;

	arena_init(&trees, TREE_MOST);
	for (uint32_t i = 0; i < group->count; i++) {
		const struct tree *tree = read_tree(&group->rules[i], &trees);

		if (tree)
			watch(&by, tree, group, i);
	}
	arena_reset(&trees);
	ok = keep_sieve(group, s, by.sieve);
	ok = keep_outset(group, s) && ok;
	return keep_prefilter(group, s, by.prefilter, tools->prefilter) && ok;
}

static void list_unwatched(struct rule_group *group)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (group->watches[i].by == WATCHED_BY_NOBODY)
			group->unwatched[group->unwatched_count++] = i;
}

static void list_unmatched(struct rule_group *group)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (group->rules[i].absent || group->rules[i].when != PATTERN_MATCHES)
			group->unmatched[group->unmatched_count++] = i;
}

bool group_prepare(struct rule_group *group, struct filter_setup *s, const struct rule_tools *tools)
{
	struct arena *arena = filter_setup_arena(s);

	group->watches = arena_alloc(arena, group->count * sizeof(*group->watches));
	group->unwatched = arena_alloc(arena, group->count * sizeof(*group->unwatched));
	group->unmatched = arena_alloc(arena, group->count * sizeof(*group->unmatched));
	if (!group->watches || !group->unwatched || !group->unmatched)
		return false;
	memset(group->watches, 0, group->count * sizeof(*group->watches));
	if (!watch_all(group, s, tools))
		return false;
	list_unwatched(group);
	list_unmatched(group);
	return true;
}
