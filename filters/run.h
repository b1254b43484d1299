/* run.h - the filters at work: set up once per worker generation, run per scope.
 *
 * The runner knows no resolver and no store: what filters may ask for comes in as a table of
 * services, filled by smtp/inspection.c, by `scan`, and by fakes in the tests. */
#ifndef FILTERS_RUN_H
#define FILTERS_RUN_H

#include "base/op.h"
#include "filters/filter.h"

/* ---- once per generation ---- */

/* How symbols get their numbers: policy's table, seen from here as two functions. */
struct filter_registry {
	void *ctx;
	/* source: a number per (filter, phase); all symbols of a source are known when it finishes. */
	filter_symbol (*symbol)(void *ctx, struct str name, unsigned source,
				enum filter_phase phase, const char *about);
	/* <NAME>_UNAVAILABLE of a filter whose on_fail is defer: mail is deferred when it is found. */
	void (*defer_on)(void *ctx, filter_symbol symbol);
};

struct filter_set;

/* NULL when a section had errors (reported). */
struct filter_set *filter_set_new(struct conf *conf, const struct filter_registry *registry,
				  struct conf_report *report) NODISCARD;
/* All filters' config blocks, for conf_load(); count in *n. */
const struct conf_block *const *filter_blocks(size_t *n);
/* Bit `source` is set for each source that has symbols: all of them outstanding. */
uint64_t filter_set_sources(const struct filter_set *set);

/* ---- per scope ---- */

struct filter_services {
	void *ctx;
	int64_t (*now_ms)(void *ctx);
	/* Starts a question with its memory in the arena; done's result is a const struct
	 * dns_answer.  Returns NULL over the arena's ceiling. */
	struct op *(*dns)(void *ctx, struct arena *arena, struct ops *ops, op_done_fn *done,
			  void *arg, struct str name, enum rr_type type, int64_t deadline_ms);
	void (*report)(void *ctx, enum filter_scope scope, filter_symbol symbol, struct str detail);
	void (*finished)(void *ctx, unsigned source);
	/* Some filter can go on, or has finished: call filter_runner_turn() soon (not now). */
	void (*progress)(void *ctx);
};

struct filter_runner; /* all filters of one scope */

/* In the arena; NULL over its ceiling.  Nothing runs until filter_runner_reach(). */
struct filter_runner *filter_runner_new(const struct filter_set *set, enum filter_scope scope,
					struct arena *arena, const struct filter_services *services,
					const struct filter_facts *facts);
/* The scope has come to this phase (phases in order); filters start when their earlier one is done. */
void filter_runner_reach(struct filter_runner *r, enum filter_phase phase);
/* Calls every filter that can make progress.  True when all reached phases are complete. */
bool filter_runner_turn(struct filter_runner *r);
bool filter_runner_idle(const struct filter_runner *r); /* complete: nothing pending */
/* Cancels what is pending: the scope is over, or its outcome no longer matters. */
void filter_runner_cancel(struct filter_runner *r);
/* Names of the filters that were degraded in this scope, comma separated, into `o`. */
void filter_runner_degraded(const struct filter_runner *r, struct out *o);

#endif
