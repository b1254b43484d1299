/* run.c - the filters of one scope at work: see run.h.
 *
 * Per filter a small struct run.  It has one phase at work at a time; between the calls of a phase
 * function it waits for all its lookups.  The runner sets no timer of its own: each lookup is given
 * what is left of the phase's deadline, and the resolver ends it by then.
 *
 * Nothing nests: lookups only note that they ended and call progress(); filters are called from
 * filter_runner_turn() alone. */
#include "base/check.h"
#include "filters/body_hash.h"
#include "filters/hit.h"
#include "filters/lookup.h"
#include "filters/set.h"
#include "filters/spent.h"

#include <time.h>

struct filter_run {
	struct filter_runner *runner;
	const struct filter_instance *instance;
	void *state;
	struct lookups lookups;
	unsigned phase; /* at work, or the next to come; past the scope's last: over */
	bool begun;     /* the phase */
	bool degraded;  /* in this scope */
	unsigned turns;
	int64_t began_ms;
};

enum {
	SHORT_NS = 200000,  /* of work that may not be measured by the CPU's clock */
	SHORT_PIECE = 4096, /* bytes of a body that take no longer */
};

struct filter_runner {
	const struct filter_services *services;
	const struct filter_facts *facts;
	enum filter_scope scope;
	struct arena *arena;
	unsigned first, end; /* phases that have begun: first <= phase < end */
	bool turning, cancelled;
	bool settled; /* the outcome is told */
	enum {
		BODY_AWAITED,
		BODY_COMING,
		BODY_OVER
	} body; /* wanted while awaited, ended when over */
	struct body_hashes hashes;
	int64_t spent_ns;                /* before they went to work last */
	int64_t entered_ns, entered_cpu; /* the clocks then; of the CPU's, 0: not read */
	unsigned count;
	struct filter_run runs[];
};

/* ---- what filters call ---- */

const void *filter_conf(const struct filter_run *run)
{
	return run->instance->conf;
}

struct arena *filter_arena(struct filter_run *run)
{
	return run->runner->arena;
}

int64_t filter_now_ms(const struct filter_run *run)
{
	const struct filter_services *services = run->runner->services;

	return services->now_ms(services->ctx);
}

int64_t filter_unix_ms(const struct filter_run *run)
{
	const struct filter_services *services = run->runner->services;

	return services->unix_ms(services->ctx);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Since they went to work.  The CPU's clock costs a system call: what is short by the other one is taken to be as long. */
static int64_t worked_ns(const struct filter_runner *r)
{
	const int64_t wall = clock_ns(CLOCK_MONOTONIC) - r->entered_ns;

	if (wall < SHORT_NS)
		return wall;
	return r->entered_cpu ? clock_ns(CLOCK_THREAD_CPUTIME_ID) - r->entered_cpu : SHORT_NS;
}

int64_t filter_spent_ns(const struct filter_run *run)
{
	CHECK(run->runner->turning);
	return run->runner->spent_ns + worked_ns(run->runner);
}

void *filter_watched(const struct filter_run *run)
{
	return run->instance->watched;
}

void filter_watch_soon(const struct filter_run *run, int64_t in_ms)
{
	filter_instance_watch_soon(run->instance, in_ms);
}

/* Details go to logs, headers and replies: one line of printable ASCII. */
static struct str clean(struct arena *arena, struct str s)
{
	char *p;

	s = str_head(s, LIMIT_FINDING_DETAIL);
	p = arena_alloc(arena, s.n + 1);
	if (!p)
		return (struct str){ 0 };
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] >= 32 && s.p[i] <= 126 ? s.p[i] : '?';
	return (struct str){ .p = p, .n = s.n };
}

void filter_report(struct filter_run *run, filter_symbol symbol, struct str detail)
{
	struct filter_runner *r = run->runner;

	CHECK(!r->settled && filter_right_has(run->instance, symbol, run->phase));
	if (!r->cancelled)
		r->services->report(r->services->ctx, r->scope, symbol, clean(r->arena, detail));
}

void filter_hit(struct filter_run *run, filter_symbol symbol, unsigned hits)
{
	const struct filter_runner *r = run->runner;

	CHECK(!r->settled && run->instance->filter->patterns);
	if (!r->cancelled)
		r->services->hit(r->services->ctx, symbol, hits);
}

/* Of the phase's deadline. */
static int64_t left_ms(const struct filter_run *run)
{
	return run->began_ms + run->instance->common->deadline_ms - filter_now_ms(run);
}

void filter_dns(struct filter_run *run, struct str name, enum rr_type type, struct dns_answer *out)
{
	CHECK(!run->runner->settled);
	lookups_dns(&run->lookups, name, type, left_ms(run), out);
}

void filter_store(struct filter_run *run, const struct store_question *question,
		  struct store_answer *out)
{
	struct store_question q = *question;

	CHECK(!run->runner->settled && run->instance->filter->remembers);
	q.now_ms = filter_unix_ms(run);
	lookups_store(&run->lookups, &q, left_ms(run), out);
}

void filter_store_note(struct filter_run *run, const struct store_question *question)
{
	const struct filter_services *services = run->runner->services;
	struct store_question q = *question;

	CHECK(run->instance->filter->remembers);
	q.now_ms = filter_unix_ms(run);
	services->note(services->ctx, &q);
}

const struct body_hash *filter_body_hash(struct filter_run *run, bool relaxed, uint64_t length)
{
	struct filter_runner *r = run->runner;

	CHECK(run->instance->filter->hashes_body && run->phase == PHASE_HEADER &&
	      r->body == BODY_AWAITED);
	return body_hashes_want(&r->hashes, r->arena, relaxed, length);
}

void filter_forgive(struct filter_run *run)
{
	lookups_forgive(&run->lookups);
}

void filter_unavailable(struct filter_run *run, struct str what)
{
	lookups_fail(&run->lookups, what);
}

/* ---- the runner ---- */

static void settled(void *owner)
{
	const struct filter_run *run = owner;
	const struct filter_services *services = run->runner->services;

	services->progress(services->ctx);
}

static bool reached(const struct filter_runner *r, const struct filter_run *run)
{
	return run->phase < r->end;
}

/* PHASE_ALIGN looks at what others have found. */
static bool must_wait_for_others(const struct filter_runner *r, const struct filter_run *run)
{
	if (run->phase != PHASE_ALIGN)
		return false;
	for (unsigned i = 0; i < r->count; i++)
		if (r->runs[i].phase < PHASE_ALIGN)
			return true;
	return false;
}

/* Instances past their share have a source together: it ends with the last of them. */
static bool source_is_over(const struct filter_runner *r, unsigned phase, unsigned source)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct filter_instance *instance = r->runs[i].instance;

		if (r->runs[i].phase <= phase && filter_instance_on(instance, phase) &&
		    instance->source[phase] == source)
			return false;
	}
	return true;
}

static void end_phase(struct filter_run *run)
{
	struct filter_runner *r = run->runner;
	const unsigned phase = run->phase;
	const unsigned source = run->instance->source[phase];
	char bytes[LIMIT_FINDING_DETAIL];
	struct out failed = OUT(bytes);

	ops_cancel_all(&run->lookups.ops); /* what it started and did not need */
	if (lookups_failed(&run->lookups, &failed)) {
		run->degraded = true;
		filter_report(run, run->instance->unavailable, out_text(&failed));
		if (run->instance->defer != run->instance->unavailable)
			filter_report(run, run->instance->defer, out_text(&failed));
	}
	run->degraded |= run->lookups.local;
	lookups_forget(&run->lookups);
	run->begun = false;
	run->phase++;
	if (!r->cancelled && source_is_over(r, phase, source))
		r->services->finished(r->services->ctx, source);
}

/* One call of a filter.  False: it cannot go on now. */
static bool step(struct filter_run *run)
{
	struct filter_runner *r = run->runner;
	filter_fn *fn;

	if (r->cancelled || !reached(r, run) || run->lookups.ops.pending)
		return false;
	fn = filter_instance_on(run->instance, run->phase);
	if (!fn) {
		run->phase++;
		return true;
	}
	if (must_wait_for_others(r, run))
		return false;
	if (!run->begun) {
		run->begun = true;
		run->turns = 0;
		run->began_ms = filter_now_ms(run);
	}
	if (run->turns++ >= LIMIT_FILTER_TURNS) {
		lookups_fail(&run->lookups, STR("called too often"));
		end_phase(run);
	} else if (fn(run, r->facts, run->state) == FILTER_DONE) {
		end_phase(run);
	}
	return true;
}

bool filter_runner_idle(const struct filter_runner *r)
{
	for (unsigned i = 0; i < r->count && !r->cancelled; i++)
		for (unsigned phase = r->runs[i].phase; phase < r->end; phase++)
			if (filter_instance_on(r->runs[i].instance, phase))
				return false;
	return true;
}

static bool work(struct filter_runner *r)
{
	bool worked = false;

	for (unsigned i = 0; i < r->count; i++)
		while (step(&r->runs[i]))
			worked = true;
	return worked;
}

/* Whoever wants something of the body says so in PHASE_HEADER.  Lookups of the header may still be out: the body does
 * not wait for them. */
static void begin_body(struct filter_runner *r)
{
	for (unsigned i = 0; i < r->count; i++)
		while (!r->runs[i].begun && r->runs[i].phase <= PHASE_HEADER && step(&r->runs[i]))
			continue;
	r->body = BODY_COMING;
}

static void end_body(struct filter_runner *r)
{
	if (r->scope != SCOPE_TRANSACTION || r->end <= PHASE_END || r->body == BODY_OVER)
		return;
	if (r->body == BODY_AWAITED)
		begin_body(r);
	if (!r->cancelled)
		body_hashes_end(&r->hashes);
	r->body = BODY_OVER;
}

/* The filters go to work, and are through with it; for_long: it may be long. */
static void enter(struct filter_runner *r, bool for_long)
{
	CHECK(!r->turning);
	r->turning = true;
	r->entered_ns = clock_ns(CLOCK_MONOTONIC);
	r->entered_cpu = for_long ? clock_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
}

static void leave(struct filter_runner *r)
{
	r->spent_ns += worked_ns(r);
	r->turning = false;
}

bool filter_runner_turn(struct filter_runner *r)
{
	enter(r, r->scope == SCOPE_TRANSACTION && r->end > PHASE_HEADER);
	end_body(r);
	while (work(r)) /* the last one through with END lets those before it go on */
		continue;
	leave(r);
	if (r->cancelled)
		filter_runner_cancel(r); /* by whom it told: what was started since */
	return filter_runner_idle(r);
}

void filter_runner_reach(struct filter_runner *r, enum filter_phase phase)
{
	CHECK(filter_phase_scope(phase) == r->scope && phase + 1u > r->end);
	r->end = phase + 1u;
	r->services->progress(r->services->ctx);
}

void filter_runner_body(struct filter_runner *r, struct str bytes)
{
	CHECK(r->end == PHASE_HEADER + 1);
	enter(r, bytes.n > SHORT_PIECE || r->body == BODY_AWAITED);
	if (r->body == BODY_AWAITED)
		begin_body(r);
	if (!r->cancelled)
		body_hashes_add(&r->hashes, bytes);
	for (unsigned i = 0; i < r->count && !r->cancelled; i++) {
		struct filter_run *run = &r->runs[i];

		if (run->instance->filter->body)
			run->instance->filter->body(run, bytes, run->state);
	}
	leave(r);
	if (r->cancelled)
		filter_runner_cancel(r);
}

void filter_runner_outcome(struct filter_runner *r, const struct filter_outcome *outcome)
{
	CHECK(!r->turning && !r->settled);
	if (r->cancelled)
		return;
	r->settled = true;
	for (unsigned i = 0; i < r->count; i++) {
		struct filter_run *run = &r->runs[i];

		ops_cancel_all(&run->lookups.ops);
		if (run->instance->filter->outcome)
			run->instance->filter->outcome(run, r->facts, outcome, run->state);
	}
}

static void end_runs(struct filter_runner *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct filter_run *run = &r->runs[i];

		if (run->state && run->instance->filter->end)
			run->instance->filter->end(run->state);
		run->state = NULL;
	}
	body_hashes_drop(&r->hashes);
}

/* A filter at work may be the one whose report led here: its state is ended when it has returned. */
void filter_runner_cancel(struct filter_runner *r)
{
	r->cancelled = true;
	for (unsigned i = 0; i < r->count; i++)
		ops_cancel_all(&r->runs[i].lookups.ops);
	if (!r->turning)
		end_runs(r);
}

static bool prepare(struct filter_runner *r, const struct filter_instance *instance)
{
	struct filter_run *run = &r->runs[r->count++];
	const size_t size = instance->filter->state_size;

	*run = (struct filter_run){
		.runner = r,
		.instance = instance,
		.phase = r->first,
		.state = size ? arena_alloc(r->arena, size) : NULL,
		.lookups = { .arena = r->arena,
			     .dns = r->services->dns,
			     .store = r->services->store,
			     .ctx = r->services->ctx,
			     .strangers = instance->filter->strangers,
			     .settled = settled,
			     .owner = run },
	};
	return size == 0 || run->state;
}

static bool works_in(const struct filter_instance *instance, enum filter_scope scope)
{
	for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
		if (filter_instance_on(instance, phase) && filter_phase_scope(phase) == scope)
			return true;
	return false;
}

struct filter_runner *filter_runner_new(const struct filter_set *set, enum filter_scope scope,
					struct arena *arena, const struct filter_services *services,
					const struct filter_facts *facts)
{
	struct filter_runner *r;
	unsigned count = 0;

	for (const struct filter_instance *i = set->first; i; i = i->next)
		count += works_in(i, scope);
	r = arena_alloc(arena, sizeof(*r) + count * sizeof(r->runs[0]));
	if (!r)
		return NULL;
	r->services = services;
	r->facts = facts;
	r->scope = scope;
	r->arena = arena;
	while (filter_phase_scope(r->first) != scope)
		r->first++;
	r->end = r->first;
	for (const struct filter_instance *i = set->first; i; i = i->next)
		if (works_in(i, scope) && !prepare(r, i))
			return NULL;
	return r;
}

static bool is_said(struct str names, struct str name)
{
	struct str one;
	bool more;

	do {
		more = str_cut(names, ',', &one, &names);
		if (str_eq(one, name))
			return true;
	} while (more);
	return false;
}

void filter_runner_degraded(const struct filter_runner *r, struct out *o)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct str name = str_z(r->runs[i].instance->filter->name);

		if (!r->runs[i].degraded || is_said(out_text(o), name))
			continue;
		if (o->n)
			out_char(o, ',');
		out_str(o, name);
	}
}
