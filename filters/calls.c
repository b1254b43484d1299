/* calls.c - what filters call, of filter.h and its small companions: each is checked against what the filter may do, and
 * passed on to the services of its scope. */
#include "base/check.h"
#include "filters/hit.h"
#include "filters/runner.h"

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

int64_t filter_spent_ns(const struct filter_run *run)
{
	const struct filter_runner *r = run->runner;

	CHECK(r->turning);
	return r->spent.worked_ns + spent_lately_ns(&r->spent);
}

int64_t filter_share_ns(const struct filter_run *run, int64_t time_ns, unsigned part,
			unsigned least)
{
	const int64_t share = (time_ns - filter_spent_ns(run)) / part;
	const int64_t at_least = time_ns / least;

	return share > at_least ? share : at_least;
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
	lookups_dns(&run->lookups, &(struct lookup_dns){ .name = name, .type = type }, left_ms(run),
		    out);
}

void filter_dns_txt(struct filter_run *run, struct str name, filter_wanted_fn *wanted,
		    struct dns_answer *out)
{
	CHECK(!run->runner->settled);
	lookups_dns(&run->lookups,
		    &(struct lookup_dns){ .name = name, .type = RR_TXT, .wanted = wanted },
		    left_ms(run), out);
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
