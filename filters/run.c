/* run.c - the filters of one scope at work, in their order and phase by phase: see run.h, runner.h.
 *
 * Nothing nests: lookups only note that they ended and call progress(); filters are called from
 * filter_runner_turn() and filter_runner_body() alone. */
#include "base/check.h"
#include "filters/runner.h"

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
	spent_begin(&r->spent, for_long);
}

static void leave(struct filter_runner *r)
{
	spent_end(&r->spent);
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
	enter(r, bytes.n > SPENT_SHORT_PIECE || r->body == BODY_AWAITED);
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
			     .share = r->scope == SCOPE_TRANSACTION ? LIMIT_FILTER_ANSWERS
								    : LIMIT_FILTER_SESSION_ANSWERS,
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
