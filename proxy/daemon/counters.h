/* counters.h - what workers count, in a page they share with the master.
 *
 * A slot belongs to one process while it lives; afterwards its counts are added to the total. */
#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include "base/attr.h"
#include "base/log.h"
#include "smtp/server.h"

#include <stdbool.h>

enum { COUNTERS_SLOTS = 192 }; /* three generations of the most workers */

struct counters {
	struct smtp_counters *slots; /* shared memory */
	struct smtp_counters retired;
	bool used[COUNTERS_SLOTS];
};

bool counters_init(struct counters *c) NODISCARD;
void counters_free(struct counters *c);

/* A free slot, zeroed; -1 when none is left. */
int counters_take(struct counters *c);
void counters_give_back(struct counters *c, int slot);

void counters_log(const struct counters *c, struct log_line *l);

#endif
