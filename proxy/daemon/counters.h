/* counters.h - what workers count, and what they have not logged yet, in memory they share with the master.
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

struct counters {
	struct smtp_counters *slots; /* shared memory */
	struct log_room *rooms;      /* the same: of each slot, what its process has to log */
	bool used[COUNTERS_SLOTS];
};

bool counters_init(struct counters *c) NODISCARD;
void counters_free(struct counters *c);

/* A free slot; -1 when none is left. */
int counters_take(struct counters *c);
/* Its process is dead: what it had to say is logged. */
void counters_give_back(struct counters *c, int slot);

void counters_log(const struct counters *c, struct log_line *l);
/* A worker may ask too: of the slots. */
control_figures_fn counters_figures;

#endif
