/* spent.h - how long filters have worked on a message: for those whose own time is what is left of it. */
#ifndef FILTERS_SPENT_H
#define FILTERS_SPENT_H

#include <stdbool.h>
#include <stdint.h>

struct conf_section;
struct filter_run;
struct filter_setup;

/* CPU time of all filters of the scope, its body among it, and nearly all of what they took. */
int64_t filter_spent_ns(const struct filter_run *run);
/* What the config allows of it for a message; after that, filters look for no more than they must. */
int64_t filter_setup_time_ns(struct filter_setup *s);
/* What a filter may take now: of what is left of the message's time one part in so many, and of all of it, however
 * little is left, one part in `least`. */
int64_t filter_share_ns(const struct filter_run *run, int64_t time_ns, unsigned part,
			unsigned least);
/* Of the section of block_patterns: what filter_setup_time_ns() tells. */
int64_t patterns_time_ns(const struct conf_section *section);

/* ---- the stopwatch, for the runner ---- */

enum { SPENT_SHORT_PIECE = 4096 }; /* bytes of a body that take no long work */

struct spent {
	int64_t worked_ns;           /* until they went to work last */
	int64_t began_ns, began_cpu; /* the clocks then; of the CPU's, 0: not read */
};

/* for_long: the work may be long. */
void spent_begin(struct spent *s, bool for_long);
void spent_end(struct spent *s);
/* Since the begin.  The CPU's clock costs a system call: what is short by the other one is taken to be as long. */
int64_t spent_lately_ns(const struct spent *s);

#endif
