/* run.h - the filters at work: set up once per worker, run per scope.
 *
 * The runner knows no resolver, no timer and no store: what filters may ask for comes in as tables
 * of services, filled by inspection/inspection.c and the worker, by `scan`, and by fakes in the tests.
 *
 * A source is a number per (filter instance, phase); all symbols of a source are known when it
 * finishes.  Instances past FILTER_OWN_SOURCES share one, which finishes when the last of them does. */
#ifndef FILTERS_RUN_H
#define FILTERS_RUN_H

#include "base/op.h"
#include "filters/filter.h"
#include "filters/outcome.h"

/* ---- once per worker ---- */

/* How symbols get their numbers: policy's table, seen from here as two functions. */
struct filter_registry {
	void *ctx;
	filter_symbol (*symbol)(void *ctx, struct str name, unsigned source,
				enum filter_phase phase, const char *about);
	/* <NAME>_UNAVAILABLE of a filter whose on_fail is defer: mail is deferred when it is found. */
	void (*defer_on)(void *ctx, filter_symbol symbol);
};

enum { FILTER_SOURCES_MAX = 64, FILTER_OWN_SOURCES = 32 };

/* Lives in conf_arena(conf).  Immutable but for filter_watched(): so one set per worker process. */
struct filter_set;

/* NULL when a section had errors (reported). */
struct filter_set *filter_set_new(struct conf *conf, const struct filter_registry *registry,
				  struct conf_report *report) NODISCARD;
/* What rule files look for, to whoever looks; the symbols are made meanwhile.  Once, right behind filter_set_new(). */
void filter_set_patterns(struct filter_set *set, struct conf *conf,
			 const struct filter_registry *registry, const struct patterns *patterns,
			 struct conf_report *report);
/* All filters' config blocks, for conf_load(); count in *n. */
const struct conf_block *const *filter_blocks(size_t *n);
/* What one mail leaves in the store has a say on the next one. */
bool filter_set_remembers(const struct filter_set *set);
/* Bit `source` is set for each source of a scope that has symbols: outstanding whenever the scope starts. */
uint64_t filter_set_scope_sources(const struct filter_set *set, enum filter_scope scope);
enum filter_scope filter_phase_scope(enum filter_phase phase);

/* name is valid during the call only. */
struct filter_question {
	struct str name;
	enum rr_type type;
	bool stranger;       /* a client chose the name */
	int64_t deadline_ms; /* over 0, from now */
	struct arena *arena; /* for the memory of the op */
	struct ops *ops;
	op_done_fn *done; /* its result is a const struct dns_answer; NULL with an err: failed */
	void *arg;        /* op.arg */
};

/* Starts it; NULL over the arena's ceiling. */
typedef struct op *filter_dns_fn(void *ctx, const struct filter_question *question);

/* For the store; what it points to is valid during the call only. */
struct filter_store_question {
	const struct store_question *question;
	int64_t deadline_ms; /* over 0, from now */
	struct arena *arena; /* for the memory of the op, key and label */
	struct ops *ops;
	op_done_fn *done; /* its result is a const struct store_answer */
	void *arg;        /* op.arg */
};

/* Starts it; NULL over the arena's ceiling. */
typedef struct op *filter_store_fn(void *ctx, const struct filter_store_question *question);
/* A question without an answer: copied, and out of the owner's hands. */
typedef void filter_note_fn(void *ctx, const struct store_question *question);

/* ---- the filters' own work ---- */

struct filter_worker_services {
	void *ctx;
	int64_t (*now_ms)(void *ctx);
	filter_dns_fn *dns;
	/* Call filter_worker_tick() once, this long from now; replaces what was asked for before. */
	void (*tick_in)(void *ctx, int64_t after_ms);
};

/* Starts the watches (block lists are probed).  Optional: without it filters work all the same.  One
 * per set at a time; `services` must outlive it. */
struct filter_worker *filter_worker_new(struct filter_set *set,
					const struct filter_worker_services *services);
void filter_worker_tick(struct filter_worker *w);
void filter_worker_free(struct filter_worker *w); /* cancels what it waits for */

/* ---- per scope ---- */

struct filter_services {
	void *ctx;
	int64_t (*now_ms)(void *ctx);
	int64_t (*unix_ms)(void *ctx);
	filter_dns_fn *dns;
	filter_store_fn *store;
	filter_note_fn *note;
	/* detail: valid until the scope's arena is reset. */
	void (*report)(void *ctx, enum filter_scope scope, filter_symbol symbol, struct str detail);
	/* Of a rule, once. */
	void (*hit)(void *ctx, filter_symbol symbol, unsigned hits);
	/* Exactly once per source of the scope, unless the runner is cancelled before. */
	void (*finished)(void *ctx, unsigned source);
	/* Some filter can go on: call filter_runner_turn() soon (not now). */
	void (*progress)(void *ctx);
};

struct filter_runner; /* all filters of one scope */

/* In the arena; NULL over its ceiling.  Services and facts must live as long; facts may be filled in
 * until their phase is reached.  Nothing runs until filter_runner_reach(). */
struct filter_runner *filter_runner_new(const struct filter_set *set, enum filter_scope scope,
					struct arena *arena, const struct filter_services *services,
					const struct filter_facts *facts);
/* The scope has come to this phase (phases in order); filters start when their earlier one is done.
 * Runs nothing by itself: calls progress(). */
void filter_runner_reach(struct filter_runner *r, enum filter_phase phase);
/* A piece of the body, for those who want it: PHASE_HEADER is reached, PHASE_END is not. */
void filter_runner_body(struct filter_runner *r, struct str bytes);
/* Calls every filter that can make progress.  True when all reached phases are complete. */
bool filter_runner_turn(struct filter_runner *r);
bool filter_runner_idle(const struct filter_runner *r); /* all reached phases are complete */
/* Some filter wants the body: it is handed over as it arrives. */
bool filter_set_wants_body(const struct filter_set *set);
/* Tells the filters what became of it, once; what they still wait for is cancelled, and nothing but
 * filter_runner_cancel() may follow.  Nothing when the runner was cancelled. */
void filter_runner_outcome(struct filter_runner *r, const struct filter_outcome *outcome);
/* Cancels what is pending: the scope is over, or its outcome no longer matters.  Allowed from
 * report() and finished(), where the arena must stay; nothing is called after it. */
void filter_runner_cancel(struct filter_runner *r);
/* Adds the names of the filters that were degraded in this scope, with commas between; each once, other scopes' in `o`
 * included. */
void filter_runner_degraded(const struct filter_runner *r, struct out *o);

#endif
