#include "filters/pattern/group.h"

#include "filters/pattern/rule.h"
#include "filters/pattern/start.h"

enum {
	LOOK = 8192, /* the work of looking over a text, and of a byte in it, */
	BYTE = 4,
	ASK = 64,      /* of asking for an outset at a place, */
	SINGLES = 256, /* and of counting matches of a byte in a piece, and each of its bytes */
	SINGLE_BYTE = 8,
	PASS = 32 << 10, /* bytes of pieces that are looked over at once */
	ASKED = 256,     /* places of a range of which the outset is asked */
	/* Rules that are tried before what trying one needs is there: it, its expression, and what that became. */
	FETCH_RULE = 6,
	FETCH_REGEX = 4,
	FETCH_CODE = 2,
	TRY = 16,   /* bytes that are tried in the time that one more try takes */
	ALONE = 32, /* lines of a piece that are tried alone before all that are left are at once */
};

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
	const int n = range->from < range->to
			      ? regex_count_in(r->engine, rule->regex, piece, range,
					       (unsigned)(rule->most - before), r->toil)
			      : 0;

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

/* The same where most matches are one byte, and need not be asked for. */
static void count_singles(const struct runner *r, const struct rule *rule,
			  const struct single *single, struct str piece, int *matches)
{
	const int before = *matches == GAVE_UP ? 0 : *matches;
	struct regex_range range = { .to = piece.n + 1 };
	unsigned n;

	if (!regex_engine_has_time(r->engine, SINGLES + SINGLE_BYTE * piece.n)) {
		r->effort->no_time = true;
		return;
	}
	n = single_count(single, piece, &range.from, (unsigned)(rule->most - before));
	if (n)
		*matches = before + (int)n;
	if (range.from < piece.n && !is_settled(rule, *matches))
		count_in(r, rule, piece, &range, matches);
}

/* Of all that was tried. */
static int sum_up(int matches, struct rule_effort *effort)
{
	matches = matches < OVER ? matches : matches > OVER ? matches - OVER : GAVE_UP;
	effort->gave_up += matches == GAVE_UP;
	return matches == GAVE_UP ? RULE_GAVE_UP : matches;
}

/* How often the rule hits, by how often it matches. */
static int conclude(const struct rule *rule, bool there, int matches,
		    const struct rule_effort *effort)
{
	if (matches == RULE_GAVE_UP)
		return matches;
	switch (rule->when) {
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
	bool has_lines;       /* there is a line end before their last byte */
	struct need has;
	uint32_t piece;
};

static uint32_t begin_of(const struct pass *pass, uint32_t piece)
{
	return piece ? pass->text->ends[piece - 1] : 0;
}

static struct str text_of(const struct pass *pass, uint32_t first, uint32_t last)
{
	const uint32_t begin = begin_of(pass, first);

	return (struct str){ .p = pass->text->bytes + begin, .n = begin_of(pass, last) - begin };
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

static void try_range(const struct pass *pass, uint32_t rule, struct str text,
		      struct regex_range *range)
{
	const struct runner r = runner_of(pass, rule);

	narrow(pass, rule, text, range);
	count_in(&r, &pass->group->rules[rule], text, range, &pass->tools->hits[rule]);
}

static void try_piece(const struct pass *pass, uint32_t rule)
{
	const struct runner r = runner_of(pass, rule);
	const struct str piece = text_of(pass, pass->piece, pass->piece + 1);
	const struct rule_watch *watch = &pass->group->watches[rule];
	int *matches = &pass->tools->hits[rule];

	if (is_over(pass, rule) || (watch->head && !lane_takes_head(watch->head, piece)))
		return;
	if (watch->single)
		count_singles(&r, &pass->group->rules[rule], watch->single, piece, matches);
	else if (watch->start == PLACE_TEXT)
		try_range(pass, rule, piece, &(struct regex_range){ .to = 1 });
	else
		count(&r, &pass->group->rules[rule], piece, matches);
}

/* The piece that the byte is in. */
static void go_to(struct pass *pass, uint32_t byte)
{
	while (byte >= pass->text->ends[pass->piece])
		pass->piece++;
	while (byte < begin_of(pass, pass->piece))
		pass->piece--;
}

/* Where alone a match begins, in this text. */
static enum tree_place start_in(const struct pass *pass, uint32_t rule)
{
	const enum tree_place start = pass->group->watches[rule].start;

	return start == PLACE_LINE && !pass->has_lines ? PLACE_TEXT : start;
}

/* Where in its piece a match may begin of which this was seen; `end`: behind it.  False: nowhere. */
static bool find_range(const struct pass *pass, uint32_t rule, size_t end, const struct sight *seen,
		       struct regex_range *range)
{
	const struct str text = text_of(pass, pass->piece, pass->piece + 1);
	const enum tree_place start = start_in(pass, rule);
	const size_t last = end - seen->least;

	*range = (struct regex_range){ .to = last + 1 };
	if (seen->most != SIGHT_ANYWHERE)
		range->from = end > seen->most ? end - seen->most : 0;
	else if (seen->lines != SIGHT_LINES && start == PLACE_LINE)
		range->from = start_of_line(text, last, seen->lines, seen->reach);
	return start_narrow(start, text, range);
}

/* What was seen goes on as a match does, as far as the outset tells. */
static bool goes_on(struct pass *pass, uint32_t rule, size_t place)
{
	if (!pass->group->watches[rule].is_asked)
		return true;
	if (!regex_engine_has_time(pass->tools->engine, ASK))
		pass->effort->no_time = true;
	return !pass->effort->no_time &&
	       outset_may_see(pass->group->outset, rule,
			      text_of(pass, pass->piece, pass->piece + 1), place);
}

/* A match is in one piece, that of what was seen of it. */
static void on_seen(void *ctx, uint32_t rule, const struct sight *seen)
{
	struct pass *pass = ctx;
	const uint32_t end = begin_of(pass, pass->first) + (uint32_t)seen->end;
	struct place place = { .seen = end - seen->least, .told = 1 };
	struct regex_range range;
	uint32_t begin;

	go_to(pass, end - 1);
	begin = begin_of(pass, pass->piece);
	if (end - begin < seen->least || is_over(pass, rule))
		return;
	if (!find_range(pass, rule, end - begin, seen, &range)) {
		places_count(pass->tools->places, rule, pass->piece, place.seen);
		return;
	}
	if (!goes_on(pass, rule, end - begin - seen->least))
		return;
	place.piece = pass->piece;
	place.from = begin + (uint32_t)range.from;
	place.to = begin + (uint32_t)range.to;
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
	pass->has_lines = text.n && memchr(text.p, '\n', text.n - 1);
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

/* A rule of which all matches begin with a line: its outset is asked at each, as long as it says of most that there is none.
 * Then it is tried on the rest of the piece. */
static void try_lines(const struct pass *pass, uint32_t rule, struct str text,
		      struct regex_range *range, unsigned *alone)
{
	const struct runner r = runner_of(pass, rule);
	size_t to = range->to;

	while (range->from < to && !pass->effort->no_time && !is_over(pass, rule)) {
		range->from = start_of_next_line(text, range->from, to);
		if (*alone == ALONE)
			to = text.n;
		range->to = range->from < to && *alone < ALONE ? range->from + 1 : to;
		if (*alone < ALONE)
			narrow(pass, rule, text, range);
		*alone += *alone < ALONE && range->from < range->to;
		count_in(&r, &pass->group->rules[rule], text, range, &pass->tools->hits[rule]);
	}
}

static void try_run(const struct pass *pass, uint32_t rule, const struct run *run)
{
	const uint32_t begin = begin_of(pass, pass->piece);
	const struct str text = text_of(pass, pass->piece, pass->piece + 1);
	const struct place *places = pass->tools->places->items;
	const bool by_line = start_in(pass, rule) == PLACE_LINE && pass->group->outset &&
			     outset_has(pass->group->outset, rule);
	struct regex_range range = { .from = 0 };
	uint32_t told = run->told; /* here and behind */
	unsigned alone = 0;

	for (uint32_t at = run->first; at != run->behind && !pass->effort->no_time;
	     told -= places[at].told, at = places[at].other) {
		if (is_over(pass, rule) || told < pass->group->watches[rule].times)
			return;
		if (places[at].from - begin > range.from)
			range.from = places[at].from - begin;
		range.to = places[at].to - begin;
		if (by_line)
			try_lines(pass, rule, text, &range, &alone);
		else
			try_range(pass, rule, text, &range);
	}
}

/* These pieces have what each match has. */
static bool may_match(const struct pass *pass, uint32_t rule)
{
	const struct rule_watch *watch = &pass->group->watches[rule];

	return need_is_met(&watch->need, &pass->has) &&
	       (!watch->line || has_long_line(text_of(pass, pass->first, pass->last), watch->line));
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
		if (run.cost > text_of(pass, pass->piece, pass->piece + 1).n &&
		    start_in(pass, rule) != PLACE_LINE)
			try_piece(pass, rule);
		else
			try_run(pass, rule, &run);
	}
}

/* What trying a rule reads first lies far apart: it is fetched while the rules before it are tried. */
static void fetch(const struct pass *pass, const uint32_t *rules, size_t count)
{
	if (count > FETCH_RULE) {
		const uint32_t rule = rules[FETCH_RULE];

		__builtin_prefetch(&pass->group->rules[rule]);
		__builtin_prefetch(&pass->group->watches[rule]);
		__builtin_prefetch(&pass->tools->hits[rule]);
		__builtin_prefetch(&pass->tools->toils[rule]);
	}
	if (count > FETCH_REGEX)
		__builtin_prefetch(pass->group->rules[rules[FETCH_REGEX]].regex);
	if (count > FETCH_CODE)
		regex_fetch(pass->group->rules[rules[FETCH_CODE]].regex);
}

static void try_rules(struct pass *pass)
{
	const struct rule_group *group = pass->group;
	const struct places *places = pass->tools->places;

	if (group->unwatched_count || places->rule_count)
		need_of_text(text_of(pass, pass->first, pass->last), &pass->has);
	for (size_t i = 0; i < group->unwatched_count && !pass->effort->no_time; i++) {
		fetch(pass, &group->unwatched[i], group->unwatched_count - i);
		if (may_match(pass, group->unwatched[i]))
			try_everywhere(pass, group->unwatched[i]);
	}
	for (uint32_t i = 0; i < places->rule_count && !pass->effort->no_time; i++) {
		const uint32_t rule = places->rules[i];

		fetch(pass, &places->rules[i], places->rule_count - i);
		if (!need_is_met(&group->watches[rule].need, &pass->has))
			continue;
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

	memset(tools->hits, 0, group->count * sizeof(*tools->hits));
	if (!text->there) {
		for (size_t i = 0; i < group->unmatched_count; i++)
			tools->hits[group->unmatched[i]] =
				(int)group->rules[group->unmatched[i]].absent;
		return;
	}
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
		if (tools->hits[i])
			tools->hits[i] = sum_up(tools->hits[i], effort);
	for (size_t i = 0; i < group->unmatched_count; i++) {
		const uint32_t rule = group->unmatched[i];

		tools->hits[rule] = conclude(&group->rules[rule], true, tools->hits[rule], effort);
	}
}

int rule_look(const struct rule *rule, struct regex_engine *engine, struct str text,
	      struct rule_effort *effort)
{
	struct regex_toil none = { .steps = 0 };
	const struct runner r = { .engine = engine, .toil = &none, .effort = effort };
	int matches = 0;

	count(&r, rule, text, &matches);
	return conclude(rule, text.n != 0, sum_up(matches, effort), effort);
}
