/* set.h - what setup made of the filters' sections, as runner and watches see it. */
#ifndef FILTERS_SET_H
#define FILTERS_SET_H

#include "filters/run.h"

struct filter_worker;

/* A symbol may be reported only where it was defined: policy holds it for known afterwards. */
struct filter_right {
	struct filter_right *next;
	filter_symbol symbol;
	enum filter_phase phase;
};

struct filter_instance {
	struct filter_instance *next;
	const struct filter *filter;
	unsigned without; /* phases of the filter's that this section does not work in, as bits */
	const struct filter_common *common;
	void *conf;
	void *watched;
	struct filter_watch *watch; /* of the worker, if there is one */
	unsigned source[PHASE_COUNT];
	filter_symbol unavailable;
	filter_symbol defer; /* with on_fail = defer: mail is deferred on it */
	struct filter_right *rights;
};

struct filter_set {
	struct arena *arena;
	struct filter_instance *first, **last;
	unsigned count, source_count;
	struct suffixes *suffixes; /* of all filters; NULL: none has asked for them */
	uint64_t sources[SCOPE_COUNT];
};

/* NULL: it does not work in this phase. */
static inline filter_fn *filter_instance_on(const struct filter_instance *i, unsigned phase)
{
	return i->without & (1u << phase) ? NULL : i->filter->on[phase];
}

bool filter_right_has(const struct filter_instance *instance, filter_symbol symbol,
		      enum filter_phase phase);
/* watch.c: as filter_watch_soon(). */
void filter_instance_watch_soon(const struct filter_instance *instance, int64_t in_ms);

#endif
