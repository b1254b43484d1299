/* spent.h - how long filters have worked on a message: for those whose own time is what is left of it. */
#ifndef FILTERS_SPENT_H
#define FILTERS_SPENT_H

#include <stdint.h>

struct filter_run;

/* CPU time of all filters of the scope, its body among it, and nearly all of what they took. */
int64_t filter_spent_ns(const struct filter_run *run);

#endif
