#include "filters/pattern/group.h"

#include "base/check.h"
#include "filters/pattern/literal.h"
#include "filters/pattern/rule.h"
#include "filters/pattern/source.h"
#include "filters/pattern/tree.h"

enum {
	GROUP_WORTH = 8,      /* rules: fewer are tried sooner */
	LARGE = 201,          /* parts of an expression */
	TREE_MOST = 64 << 20, /* bytes */
	LOOK = 8192,          /* the work of looking over a text, and of a byte in it, */
	BYTE = 4,
	ASK = 64,        /* and of asking for an outset at a place */
	PASS = 32 << 10, /* bytes of pieces that are looked over at once */
	ASKED = 256,     /* places of a range of which the outset is asked */
	TRY = 16,        /* bytes that are tried in the time that one more try takes */
};

#define FOR_PREFILTER                                                                              \
	(1.f / 5000) /* of places in mail; measured: more often, the sieve is sooner */

static const struct tree *read_tree(const struct rule *rule, struct arena *arena)
{
	const struct pattern *p = rule->pattern;

	return p->when == PATTERN_EXISTS || p->has_unset
		       ? NULL
		       : tree_read(rule->expression, p->flags, arena);
}

struct watchers {
	struct sieve *sieve;
	struct prefilter *prefilter; /* NULL: there is none */
	struct str usual;            /* in the texts: what nobody looks for */
};

static struct rule_watch watch_by_sieve(const struct watchers *by, const struct tree *expression,
					uint32_t rule)
{
	const unsigned times = sieve_add(by->sieve, expression, rule);

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
static struct rule_watch watch(const struct watchers *by, const struct tree *expression,
			       uint32_t rule)
{
	struct literals l = { .count = 0 };
	struct rule_watch w;

	if (!expression)
		return (struct rule_watch){ .by = WATCHED_BY_NOBODY };
	if (by->prefilter && tree_size(expression, LARGE) < LARGE) {
		literals_of(expression, by->usual, &l);
		if (literals_share(&l) <= FOR_PREFILTER)
			return watch_by_prefilter(by, &l, rule);
	}
	w = watch_by_sieve(by, expression, rule);
	return w.by == WATCHED_BY_NOBODY && l.count ? watch_by_prefilter(by, &l, rule) : w;
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

static void add_to_outset(struct rule_group *group, const struct tree *expression, uint32_t rule)
{
	if (!group->outset)
		group->outset = outset_new();
	outset_add(group->outset, expression, rule);
}

static bool keep_outset(struct rule_group *group, struct filter_setup *s)
{
	if (!group->outset)
		return true;
	outset_close(group->outset);
	return filter_setup_own(s, group->outset, outset_free);
}

static bool watch_all(struct rule_group *group, struct filter_setup *s,
		      const struct rule_tools *tools)
{
	const struct str usual = source_of(group->view.pattern.source)->usual;
	const struct watchers by = { .sieve = sieve_new(usual),
				     .prefilter = group->is_large ? prefilter_new() : NULL,
				     .usual = usual };
	struct arena trees;
	bool ok;

	arena_init(&trees, TREE_MOST);
	for (uint32_t i = 0; i < group->count; i++) {
		const struct tree *tree = read_tree(&group->rules[i], &trees);

		group->watches[i] = watch(&by, tree, i);
		if (group->watches[i].by != WATCHED_BY_NOBODY && tree_size(tree, LARGE) == LARGE)
			add_to_outset(group, tree, i);
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

bool group_prepare(struct rule_group *group, struct filter_setup *s, const struct rule_tools *tools)
{
	struct arena *arena = filter_setup_arena(s);

	group->watches = arena_alloc(arena, group->count * sizeof(*group->watches));
	group->unwatched = arena_alloc(arena, group->count * sizeof(*group->unwatched));
	if (!group->watches || !group->unwatched)
		return false;
	memset(group->watches, 0, group->count * sizeof(*group->watches));
	if (group->count >= GROUP_WORTH && !watch_all(group, s, tools))
		return false;
	list_unwatched(group);
	return true;
}

/* ---- trying ---- */

/* Matches so far: none, and a place was given up; or this and so many, and the rest of the text is. */
enum { GAVE_UP = -1, OVER = 1 << 30 };

static bool is_settled(const struct rule *rule, int matches)
{
	return matches >= rule->most;
}

/* What an expression is run by. */
struct runner {
	struct regex_engine *engine;
	struct regex_toil *toil;
	struct rule_effort *effort;
};

/* Adds the matches that begin in a range of a piece, up to what the rule counts. */
static void count_in(const struct runner *r, const struct rule *rule, struct str piece,
		     struct regex_range *range, int *matches)
{
	const int before = *matches == GAVE_UP ? 0 : *matches;
	const int n = regex_count_in(r->engine, rule->regex, piece, range,
				     (unsigned)(rule->most - before), r->toil);

	if (n > 0)
		*matches = before + n;
	else if (n == REGEX_NO_TIME)
		r->effort->no_time = true;
	else if (n == REGEX_GAVE_UP)
		*matches = r->toil->over ? before + OVER : before ? before : GAVE_UP;
}

/* The same in all of it. */
static void count(const struct runner *r, const struct rule *rule, struct str piece, int *matches)
{
	struct regex_range all = { .from = 0 };

	if (is_settled(rule, *matches))
		return;
	if (piece.n == 0 && rule->pattern->has_unset)
		piece = rule->pattern->unset;
	all.to = piece.n + 1;
	count_in(r, rule, piece, &all, matches);
}

static int conclude(const struct rule *rule, bool there, int matches, struct rule_effort *effort)
{
	matches = matches < OVER ? matches : matches > OVER ? matches - OVER : GAVE_UP;
	if (matches == GAVE_UP) {
		effort->gave_up++;
		return RULE_GAVE_UP;
	}
	switch (rule->pattern->when) {
	case PATTERN_EXISTS:
		return there;
	case PATTERN_DIFFERS:
		return matches == 0 && !effort->no_time;
	case PATTERN_MATCHES:
		break;
	}
	return matches;
}

/* ---- a text ---- */

/* The pieces of a text that are looked over at once, and one of them. */
struct pass {
	const struct rule_group *group;
	const struct rule_tools *tools;
	const struct rule_text *text;
	struct rule_effort *effort;
	uint32_t first, last; /* pieces, and that behind them */
	uint32_t piece;
};

static uint32_t start_of(const struct pass *pass, uint32_t piece)
{
	return piece ? pass->text->ends[piece - 1] : 0;
}

static struct str text_of(const struct pass *pass, uint32_t first, uint32_t last)
{
	const uint32_t start = start_of(pass, first);

	return (struct str){ .p = pass->text->bytes + start, .n = start_of(pass, last) - start };
}

/* Rules of which nothing is to be found out on this piece. */
static bool is_over(const struct pass *pass, uint32_t rule)
{
	const struct rule *r = &pass->group->rules[rule];

	return is_settled(r, pass->tools->hits[rule]) ||
	       (r->no_subject && pass->piece == 0 && pass->text->subject);
}

static struct runner runner_of(const struct pass *pass, uint32_t rule)
{
	return (struct runner){ .engine = pass->tools->engine,
				.toil = &pass->tools->toils[rule],
				.effort = pass->effort };
}

static void try_piece(const struct pass *pass, uint32_t rule)
{
	const struct runner r = runner_of(pass, rule);

	if (!is_over(pass, rule))
		count(&r, &pass->group->rules[rule], text_of(pass, pass->piece, pass->piece + 1),
		      &pass->tools->hits[rule]);
}

/* The piece that the byte is in. */
static void go_to(struct pass *pass, uint32_t byte)
{
	while (byte >= pass->text->ends[pass->piece])
		pass->piece++;
	while (byte < start_of(pass, pass->piece))
		pass->piece--;
}

/* A match is in one piece, that of what was seen of it. */
static void on_seen(void *ctx, uint32_t rule, const struct sight *seen)
{
	struct pass *pass = ctx;
	const uint32_t end = start_of(pass, pass->first) + (uint32_t)seen->end;
	struct place place = { .to = end - seen->least + 1, .told = 1 };
	uint32_t start;

	go_to(pass, end - 1);
	start = start_of(pass, pass->piece);
	if (end - start < seen->least || is_over(pass, rule))
		return;
	place.piece = pass->piece;
	place.from = end - start > seen->most ? end - seen->most : start;
	places_add(pass->tools->places, rule, &place);
}

static void look_through(struct pass *pass, struct str text, struct sight_window window)
{
	const struct rule_group *group = pass->group;

	if (group->prefilter)
		prefilter_look(group->prefilter, pass->tools->prefilter, text, window, on_seen,
			       pass);
	if (group->sieve)
		sieve_look(group->sieve, text, window, on_seen, pass);
}

/* Window by window: there is a look at the clock before each. */
static void look_over(struct pass *pass)
{
	const struct str text = text_of(pass, pass->first, pass->last);
	struct sight_window window = { .to = 0 };

	places_clear(pass->tools->places);
	pass->piece = pass->first;
	for (; window.from < text.n && !pass->effort->no_time; window.from = window.to) {
		window.to = text.n - window.from < PASS ? text.n : window.from + PASS;
		if (regex_engine_has_time(pass->tools->engine,
					  LOOK + BYTE * (window.to - window.from)))
			look_through(pass, text, window);
		else
			pass->effort->no_time = true;
	}
}

static void try_everywhere(struct pass *pass, uint32_t rule)
{
	for (pass->piece = pass->first; pass->piece < pass->last && !pass->effort->no_time;
	     pass->piece++)
		try_piece(pass, rule);
}

/* Places of a rule in one piece. */
struct run {
	uint32_t first, behind; /* that, and the first in another piece */
	uint32_t told, cost;
};

static struct run run_at(const struct places *places, uint32_t at)
{
	const uint32_t piece = places->items[at].piece;
	struct run run = { .first = at };

	for (; at && places->items[at].piece == piece; at = places->items[at].other) {
		const struct place *p = &places->items[at];

		run.told += p->told;
		run.cost += p->to - p->from + TRY;
	}
	run.behind = at;
	return run;
}

/* Places of a range at which no match begins are left out, up to the first one where one may. */
static void narrow(const struct pass *pass, uint32_t rule, struct str text,
		   struct regex_range *range)
{
	const size_t places = range->to - range->from;

	if (!pass->group->outset || places > ASKED)
		return;
	if (regex_engine_has_time(pass->tools->engine, ASK * places))
		range->from = outset_find(pass->group->outset, rule, text, range->from, range->to);
	else
		pass->effort->no_time = true;
}

static void try_run(const struct pass *pass, uint32_t rule, const struct run *run)
{
	const uint32_t start = start_of(pass, pass->piece);
	const struct str text = text_of(pass, pass->piece, pass->piece + 1);
	const struct place *places = pass->tools->places->items;
	const struct runner r = runner_of(pass, rule);
	struct regex_range range = { .from = 0 };

	for (uint32_t at = run->first; at != run->behind && !pass->effort->no_time;
	     at = places[at].other) {
		if (is_over(pass, rule))
			return;
		if (places[at].from - start > range.from)
			range.from = places[at].from - start;
		range.to = places[at].to - start;
		narrow(pass, rule, text, &range);
		count_in(&r, &pass->group->rules[rule], text, &range, &pass->tools->hits[rule]);
	}
}

static void try_places(struct pass *pass, uint32_t rule)
{
	const struct places *places = pass->tools->places;
	struct run run;

	for (uint32_t at = places_take(pass->tools->places, rule); at && !pass->effort->no_time;
	     at = run.behind) {
		run = run_at(places, at);
		if (run.told < pass->group->watches[rule].times)
			continue;
		pass->piece = places->items[at].piece;
		if (run.cost > text_of(pass, pass->piece, pass->piece + 1).n)
			try_piece(pass, rule);
		else
			try_run(pass, rule, &run);
	}
}

static void try_rules(struct pass *pass)
{
	const struct rule_group *group = pass->group;
	const struct places *places = pass->tools->places;

	for (size_t i = 0; i < group->unwatched_count && !pass->effort->no_time; i++)
		try_everywhere(pass, group->unwatched[i]);
	for (uint32_t i = 0; i < places->rule_count && !pass->effort->no_time; i++) {
		const uint32_t rule = places->rules[i];

		if (places->of[rule].lost)
			try_everywhere(pass, rule);
		else
			try_places(pass, rule);
	}
}

void group_look(const struct rule_group *group, const struct rule_tools *tools,
		const struct rule_text *text, struct rule_effort *effort)
{
	struct pass pass = { .group = group, .tools = tools, .text = text, .effort = effort };

	if (!text->there) {
		for (size_t i = 0; i < group->count; i++)
			tools->hits[i] = (int)group->rules[i].absent;
		return;
	}
	memset(tools->hits, 0, group->count * sizeof(*tools->hits));
	regex_engine_turn(tools->engine);
	for (; pass.first < text->count && !effort->no_time; pass.first = pass.last) {
		pass.last = pass.first + 1;
		while (pass.last < text->count &&
		       text_of(&pass, pass.first, pass.last + 1).n <= PASS)
			pass.last++;
		look_over(&pass);
		try_rules(&pass);
	}
	for (size_t i = 0; i < group->count; i++)
		tools->hits[i] = conclude(&group->rules[i], true, tools->hits[i], effort);
}

int rule_look(const struct rule *rule, struct regex_engine *engine, struct str text,
	      struct rule_effort *effort)
{
	struct regex_toil none = { .steps = 0 };
	const struct runner r = { .engine = engine, .toil = &none, .effort = effort };
	int matches = 0;

	count(&r, rule, text, &matches);
	return conclude(rule, text.n != 0, matches, effort);
}
