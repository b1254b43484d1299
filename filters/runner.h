/* runner.h - a runner and its filters, as the files see them that make it up: run.c says whose turn it is, calls.c does
 * what the filter whose turn it is calls.
 *
 * Per filter a small struct filter_run.  It has one phase at work at a time; between the calls of a phase
 * function it waits for all its lookups.  The runner sets no timer of its own: each lookup is given
 * what is left of the phase's deadline, and the resolver ends it by then. */
#ifndef FILTERS_RUNNER_H
#define FILTERS_RUNNER_H

#include "filters/body_hash.h"
#include "filters/lookup.h"
#include "filters/set.h"
#include "filters/spent.h"

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
	struct spent spent;
	unsigned count;
	struct filter_run runs[];
};

#endif
