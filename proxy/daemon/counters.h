/* counters.h - what workers and the master count, and what workers have not logged yet, in memory that they share.
 *
 * A slot belongs to one process while it lives, and the next one who has it counts on. */
#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include "base/attr.h"
#include "base/log.h"
#include "control/control.h"
#include "smtp/server.h"

#include <stdbool.h>

enum { COUNTERS_SLOTS = 192 }; /* three generations of the most workers */

#define DAEMON_COUNTERS(X)                                                                         \
	X(workers_died, "workers that ended by a signal, or with an error")                        \
	X(workers_silent, "workers that hung, and were ended")                                     \
	X(reloads_refused, "reloads that were refused: the old configuration stayed in force")

struct counters_page {
	struct smtp_counters slots[COUNTERS_SLOTS];
	struct log_room rooms[COUNTERS_SLOTS]; /* of each slot, what its process has to log */
#define X(NAME, ABOUT) uint64_t NAME;          /* the master's own */
	DAEMON_COUNTERS(X)
#undef X
};

struct counters {
	struct counters_page *page; /* shared memory */
	bool used[COUNTERS_SLOTS];
};

bool counters_init(struct counters *c) NODISCARD;
void counters_free(struct counters *c);

/* A free slot; -1 when none is left. */
int counters_take(struct counters *c);
/* Its process is dead: what it had to say is logged. */
void counters_give_back(struct counters *c, int slot);

void counters_log(const struct counters *c, struct log_line *l);
/* A worker may ask too: of the page. */
control_figures_fn counters_figures;

#endif
