/* engine.c - looks for matches, with an end to it.
 *
 * The machine code that PCRE2 makes of an expression counts its steps; where there is none (a system may forbid it), the
 * interpreter has the same limits. */
#include "filters/regex/regex.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/work.h"
#include "filters/regex/code.h"

enum { STACK_FIRST = 32768, STACK_MOST = 524288 };

struct regex_engine {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_match_data *groups; /* of who asks for one; NULL: nobody has */
	pcre2_jit_stack *stack;
	int64_t cpu_end;  /* the thread's clock when no more time is left */
	int64_t wall_end; /* before this it cannot be that late */
	int64_t toil_ns;  /* of CPU, for what one expression tries again in a text */
	int64_t looked;   /* when it was looked at a clock */
	int64_t about;    /* the same by the clock that is behind */
	size_t until;     /* work before that is done again, */
	bool is_late;     /* or it is at once */
	bool is_over;     /* no time was left when it was asked for */
	uint32_t text;    /* its number */
};

/* ---- time ---- */

/* Between two looks at a clock: some ms. */
#define WORK ((size_t)8 << 20)

#define SLOW_WORK (WORK / 8) /* the same where all of that may be needed */

enum {
	TOIL_SHARE = 8,    /* one part of the time is for one expression's toil in a text */
	LATE_NS = 8000000, /* nothing should take so long between two looks */
};

void regex_engine_allow(struct regex_engine *e, int64_t ns)
{
	e->cpu_end = work_near_ns() + ns;
	e->wall_end = work_most_ns() + ns;
	e->toil_ns = ns / TOIL_SHARE;
	e->until = 0;
	e->is_over = false;
}

int64_t regex_engine_left(const struct regex_engine *e)
{
	return e->cpu_end - work_ns();
}

bool regex_engine_is_over(const struct regex_engine *e)
{
	return e->is_over;
}

void regex_engine_turn(struct regex_engine *e)
{
	e->text++;
}

/* The CPU's clock costs a system call, the other one next to nothing. */
bool regex_engine_has_time(struct regex_engine *e, size_t work)
{
	int64_t left;

	if (e->until >= work && !e->is_late) {
		e->until -= work;
		return true;
	}
	if (e->is_over)
		return false;
	e->until = WORK;
	e->is_late = false;
	e->about = work_about_ns();
	e->looked = work_most_ns();
	if (e->looked < e->wall_end)
		return true;
	left = regex_engine_left(e);
	e->wall_end = work_most_ns() + left;
	e->is_over = left <= 0;
	if (e->is_over)
		e->until = 0;
	return !e->is_over;
}

/* What was done since then may have taken longer than it was said to. */
static void be_wary(struct regex_engine *e)
{
	e->is_late = work_about_ns() - e->about > LATE_NS;
}

/* ---- matching ---- */

enum {
	FEW_STEPS = 1000, /* more than nearly any expression takes at a place; */
	FEWER_STEPS = 64, /* so many are lost each time while one that takes more is hunted for */
	MATCH = 4096,     /* the work of a match on nothing */
	WARY = 65536,     /* what is less is over soon, whatever it is; */
	NEAR = 2048,      /* so is each place, with few steps, from which so many bytes are seen */
	SLOW_NS = 1000,   /* a place takes: it is gone over thousands of bytes at each */
	NO_TIME = -10000, /* none of PCRE2's errors */
};

/* It is tried at one place only. */
static bool is_anchored(const pcre2_code *code)
{
	uint32_t options = 0;

	(void)pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
	return options & PCRE2_ANCHORED;
}

struct regex_engine *regex_engine_new(void)
{
	struct regex_engine *e = mem_new(sizeof(*e));

	e->text = 1;
	regex_engine_allow(e, INT64_MAX / 2);
	e->context = pcre2_match_context_create(NULL);
	e->data = pcre2_match_data_create(1, NULL);
	CHECK(e->context && e->data);
	pcre2_set_depth_limit(e->context, LIMIT_REGEX_DEPTH);
	pcre2_set_heap_limit(e->context, LIMIT_REGEX_HEAP);
	e->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MOST, NULL);
	if (e->stack)
		pcre2_jit_stack_assign(e->context, NULL, e->stack);
	return e;
}

void regex_engine_free(struct regex_engine *e)
{
	pcre2_jit_stack_free(e->stack);
	pcre2_match_data_free(e->data);
	pcre2_match_data_free(e->groups);
	pcre2_match_context_free(e->context);
	mem_free(e);
}

/* Places at which a match may begin. */
struct starts {
	size_t from, last;
};

/* PCRE2 counts the steps back that it takes at a place; in each of them it may step over all bytes behind it. */
static uint32_t steps_of(size_t work, size_t reach, size_t most)
{
	const size_t each = reach + 1;

	return (uint32_t)(most * each <= work ? most : work / each); /* seldom divided */
}

/* What a match is looked for with. */
struct search {
	struct regex_engine *engine;
	const struct regex *regex;
	struct str text;
	pcre2_match_data *data;
	struct regex_toil *toil;
	bool gave_up; /* at a place: there may be a match */
};

/* Most expressions are machine code, which is called without what else is looked at for each match. */
static int match_some(const struct search *s, struct str text, struct starts starts,
		      uint32_t options, uint32_t steps)
{
	const PCRE2_SPTR subject = (PCRE2_SPTR)(text.p ? text.p : "");
	pcre2_match_context *context = s->engine->context;
	const pcre2_code *code = s->regex->code;
	int result;

	pcre2_set_offset_limit(context, starts.last);
	pcre2_set_match_limit(context, steps);
	result = pcre2_jit_match(code, subject, text.n, starts.from, options, s->data, context);
	if (result == PCRE2_ERROR_JIT_BADOPTION)
		result = pcre2_match(code, subject, text.n, starts.from, options, s->data, context);
	return result;
}

/* What is seen of the text by a match that begins at the last place at most. */
static struct str seen_from(const struct search *s, size_t last)
{
	return str_head(s->text, last + LIMIT_REGEX_REACH);
}

static bool is_match(int result)
{
	return result >= 0;
}

static bool is_limit(int result)
{
	return result < 0 && result != PCRE2_ERROR_NOMATCH && result != NO_TIME;
}

/* Nothing is known of a place. */
static int give_up(struct search *s)
{
	s->gave_up = true;
	return PCRE2_ERROR_NOMATCH;
}

/* Of another text than this one it says nothing. */
static struct regex_toil *toil_of(const struct regex_engine *e, struct regex_toil *toil)
{
	if (toil->text != e->text)
		*toil = (struct regex_toil){ .text = e->text };
	return toil;
}

/* So many steps were in vain. */
static void toil(struct search *s, uint32_t steps, int64_t ns)
{
	struct regex_toil *t = s->toil;

	ns += t->ns;
	t->ns = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
	t->steps += steps;
	t->over = t->steps > LIMIT_REGEX_TOIL || ns > s->engine->toil_ns;
}

/* A place that takes many steps, with more of them each time, so that what the last ones cost is known before there are
 * twice as many: each may go over all that is seen. */
static int match_dear(struct search *s, size_t at, uint32_t options)
{
	const struct str text = seen_from(s, at);
	const uint32_t more = steps_of(16 * WORK, text.n - at, LIMIT_REGEX_STEPS);

	for (uint32_t steps = more; !s->toil->over && steps <= LIMIT_REGEX_STEPS; steps += more) {
		int64_t begin;
		int result;

		if (!regex_engine_has_time(s->engine, WORK))
			return NO_TIME;
		begin = work_ns();
		result = match_some(s, text, (struct starts){ at, at }, options, steps);
		if (is_match(result))
			return result;
		toil(s, is_limit(result) ? steps : 0, work_ns() - begin);
		if (result == PCRE2_ERROR_NOMATCH)
			return result;
		if (result != PCRE2_ERROR_MATCHLIMIT)
			break; /* steps are not what it needs */
	}
	return give_up(s);
}

/* A match was found where the end that it saw was not that of the text.  When it may be none for that, it is looked for at its
 * place in all of the text. */
static int match_whole(struct search *s, int found, size_t end, uint32_t options)
{
	const size_t at = pcre2_get_startchar(s->data), behind = s->text.n - at;
	/* `$` stands in front of a last line end, too. */
	const bool saw_end = pcre2_get_ovector_pointer(s->data)[1] + 1 >= end;
	int64_t begin;
	int result;

	if (!s->regex->looks_ahead && !saw_end)
		return found;
	if (!regex_engine_has_time(s->engine,
				   WORK)) /* each of its steps may go over all that is behind */
		return NO_TIME;
	begin = work_ns();
	result = match_some(s, s->text, (struct starts){ at, at }, options,
			    steps_of(16 * WORK, behind, LIMIT_REGEX_STEPS));
	if (!is_match(result))
		toil(s, 0, work_ns() - begin);
	return is_limit(result) ? give_up(s) : result;
}

/* Few steps may take long, too: each may go over all that is behind.  As long as they do the time that they take in vain is
 * counted, by the clock that costs more. */
static void see_pace(struct search *s, int64_t ns)
{
	struct regex_toil *t = s->toil;
	const int64_t before = t->cpu;

	t->pace = ns > SLOW_NS * (int64_t)t->tried ? REGEX_SLOW : REGEX_QUICK;
	if (before || t->pace == REGEX_SLOW)
		t->cpu = work_ns();
	if (before && t->pace == REGEX_SLOW)
		toil(s, 0, t->cpu - before);
}

/* It was looked at a clock.  The last time but this was at `before`, and since then so much work was asked for: only when all of it
 * was this expression's is it known what that took. */
static void on_look(struct search *s, int64_t before, size_t work)
{
	struct regex_toil *t = s->toil;

	if (t->tried && t->looked == before && t->work == work)
		see_pace(s, s->engine->looked - before);
	else if (t->cpu)
		t->cpu = work_ns();
	t->looked = s->engine->looked;
	t->work = 0;
	t->tried = 0;
}

/* For so many places.  Where they are not the last ones, and it is not known how long they take, it is looked at a clock before
 * them. */
static bool has_time(struct search *s, size_t places, size_t reach, bool last)
{
	const size_t work = places * reach + MATCH, asked = WORK - s->engine->until;
	const bool may_wait = last || s->toil->pace == REGEX_QUICK;
	const int64_t before = s->engine->looked;

	if (!regex_engine_has_time(s->engine, may_wait ? work : WORK + 1))
		return false;
	if (s->engine->looked != before)
		on_look(s, before, asked);
	else
		s->toil->work += work;
	return true;
}

/* How many places are tried at once. */
static size_t stride(const struct search *s, size_t reach, size_t left)
{
	const enum regex_pace pace = s->toil->pace;
	const size_t each = reach + 1, work = left * each;

	if (work <= SLOW_WORK || (work <= WORK && pace != REGEX_SLOW))
		return left;
	return (pace == REGEX_QUICK ? WORK : SLOW_WORK) / each;
}

/* It is tried with few steps at as many places as may be between two looks at a clock; a place that takes more is hunted for by
 * halves, and tried alone.  most: at most so many at once, for there is one among the first places; 0: it is the first; SIZE_MAX: none
 * is known. */
static int hunt(struct search *s, struct starts starts, uint32_t options, size_t most)
{
	bool dear = most == 0;

	if (dear)
		most = 1;
	for (;;) {
		const size_t behind = s->text.n - starts.from, left = starts.last - starts.from + 1;
		const size_t reach = behind < LIMIT_REGEX_REACH ? behind : LIMIT_REGEX_REACH;
		const size_t may = stride(s, reach, left);
		size_t n = may < most ? may : most;
		const unsigned few = most < SIZE_MAX && n > 1 ? FEWER_STEPS : FEW_STEPS;
		const struct str text = seen_from(s, starts.from + n - 1);
		int result;

		if (s->toil->over)
			return give_up(s);
		if (!dear && !has_time(s, n, reach, n == left))
			return NO_TIME;
		if (!dear && (s->toil->over || n > stride(s, reach, left)))
			continue; /* it is known now to be slow */
		result = dear ? match_dear(s, starts.from, options)
			      : match_some(s, text,
					   (struct starts){ starts.from, starts.from + n - 1 },
					   options, steps_of(WORK / 2, reach, few));
		if (n * reach > WARY)
			be_wary(s->engine);
		if (is_limit(result)) {
			s->toil->tried = 0;
			dear = n == 1;
			most = n == 1 ? 1 : n / 2;
			continue;
		}
		if (is_match(result) && text.n < s->text.n) {
			const size_t at = pcre2_get_startchar(s->data);

			result = match_whole(s, result, text.n, at == starts.from ? options : 0);
			n = at - starts.from + 1;
		}
		s->toil->tried = dear || is_match(result) ? 0 : s->toil->tried + (uint32_t)n;
		if (result != PCRE2_ERROR_NOMATCH || n == left || is_anchored(s->regex->code))
			return result;
		starts.from += n;
		options = 0;
		most = dear || most == SIZE_MAX ? SIZE_MAX : 2 * n;
		dear = false;
	}
}

/* Few places with little text behind them, as most are, when no clock need be looked at for them: the time is taken. */
static bool takes_little(struct search *s, size_t places, size_t behind)
{
	struct regex_engine *e = s->engine;
	size_t work;

	if (behind >= NEAR || places * behind > WARY || s->toil->over || e->is_late)
		return false;
	work = places * behind + MATCH;
	if (e->until < work)
		return false;
	e->until -= work;
	s->toil->work += work;
	return true;
}

/* What PCRE2 says of a match that begins at one of the places; the options are those of the first. */
static int match(struct search *s, struct starts starts, uint32_t options)
{
	const size_t places = starts.last - starts.from + 1;
	int result;

	static_assert((int)NEAR <= (int)LIMIT_REGEX_REACH && FEW_STEPS * NEAR <= WORK / 2,
		      "these places see all, and may take all steps");
	if (!takes_little(s, places, s->text.n - starts.from))
		return hunt(s, starts, options, SIZE_MAX);
	result = match_some(s, s->text, starts, options, FEW_STEPS);
	if (is_limit(result)) {
		s->toil->tried = 0;
		return hunt(s, starts, options, places / 2);
	}
	s->toil->tried = is_match(result) ? 0 : s->toil->tried + (uint32_t)places;
	return result;
}

/* An empty match where the last one ended is none (perlre). */
int regex_count_in(struct regex_engine *e, const struct regex *regex, struct str text,
		   struct regex_range *range, unsigned most, struct regex_toil *toil)
{
	struct regex_toil none = { .steps = 0 };
	struct search s = { .engine = e,
			    .regex = regex,
			    .text = text,
			    .data = e->data,
			    .toil = toil_of(e, toil ? toil : &none) };
	const size_t *ends = pcre2_get_ovector_pointer(e->data);
	uint32_t options = 0;
	unsigned n = 0;

	while (n < most && range->from < range->to) {
		const struct starts starts = { .from = range->from, .last = range->to - 1 };
		const int result = match(&s, starts, options);

		if (result == NO_TIME)
			return n > 0 ? (int)n : REGEX_NO_TIME; /* nor has the next call any */
		if (!is_match(result)) {
			range->from = range->to;
			break;
		}
		options = ends[0] == ends[1] ? PCRE2_NOTEMPTY_ATSTART : 0;
		range->from = ends[1];
		n++;
	}
	return n == 0 && s.gave_up ? REGEX_GAVE_UP : (int)n;
}

int regex_count(struct regex_engine *e, const struct regex *regex, struct str text, unsigned most)
{
	struct regex_range all = { .from = 0, .to = text.n + 1 };

	return regex_count_in(e, regex, text, &all, most, NULL);
}

bool regex_first_group(struct regex_engine *e, const struct regex *regex, struct str text,
		       struct str *group)
{
	struct regex_toil none = { .steps = 0 };
	struct search s = { .engine = e, .regex = regex, .text = text, .toil = toil_of(e, &none) };
	const size_t *ends;
	int result;

	if (!e->groups)
		e->groups = pcre2_match_data_create(2, NULL);
	CHECK(e->groups);
	s.data = e->groups;
	result = match(&s, (struct starts){ .last = text.n }, 0);
	if (result < 0 || result == 1) /* 1: without a group; 0: there are more than are kept */
		return false;
	ends = pcre2_get_ovector_pointer(e->groups);
	if (ends[2] == PCRE2_UNSET || ends[2] > ends[3])
		return false;
	*group = str_from(str_head(text, ends[3]), ends[2]);
	return true;
}
