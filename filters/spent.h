/* spent.h - how long filters have worked on a message: for those whose own time is what is left of it. */
#ifndef FILTERS_SPENT_H
#define FILTERS_SPENT_H

#include <stdint.h>

struct filter_run;

/* Of all filters of the scope, since it was opened; its body is in it.  By the clock on the wall, which costs next to nothing
 * to read: at least their CPU time, and more on a machine that does something else in between. */
int64_t filter_spent_ns(const struct filter_run *run);

#endif
