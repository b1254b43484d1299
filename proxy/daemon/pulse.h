/* pulse.h - whether workers go round: each says so every few seconds in a page that it shares with the master, who ends one that has not
 * for LIMIT_SILENT_MS.  Its clients come again; those of a worker that hangs would wait, and the kernel would give it
 * more. */
#ifndef DAEMON_PULSE_H
#define DAEMON_PULSE_H

#include "base/attr.h"
#include "io/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* The master's. */
struct pulse {
	int64_t *seen_ms;  /* by slot of the counters; shared memory */
	int64_t looked_ms; /* last; CLOCK_MONOTONIC, as all of them */
	int64_t awake_ms;  /* since then the master has been going round himself */
};

bool pulse_init(struct pulse *p, int64_t now_ms) NODISCARD;
void pulse_free(struct pulse *p);

/* A worker begins in this slot. */
void pulse_begin(struct pulse *p, int slot, int64_t now_ms);
/* The master looks.  When he has not for long (all were stopped, the machine was asleep), nobody is silent yet. */
void pulse_look(struct pulse *p, int64_t now_ms);
int64_t pulse_due(const struct pulse *p); /* when he is to look again */
bool pulse_is_silent(const struct pulse *p, int slot, int64_t now_ms);

/* A worker's own, in its loop. */
struct heart {
	struct timer timer;
	struct loop *loop;
	int64_t *seen_ms; /* its slot's */
};

void heart_start(struct heart *h, struct loop *loop, int64_t *seen_ms);
void heart_stop(struct heart *h);

#endif
