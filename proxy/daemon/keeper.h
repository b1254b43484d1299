/* keeper.h - what the master does by the clock: session ticket keys are changed, certificate files are looked at.
 *
 * A renewal (certbot, acme.sh) writes several files, one after the other: they are read once they have been the same
 * for two looks, and only what loads, fits and is in its time is worth a new generation. */
#ifndef DAEMON_KEEPER_H
#define DAEMON_KEEPER_H

#include "setup/setup.h"

struct keeper {
	struct tls_tickets *tickets;
	int64_t rotate_at_ms, look_at_ms, remind_at_ms;
	uint64_t seen;  /* mark of the files at the last look (setup_mark_certificates) */
	uint64_t tried; /* of those that were read last, good or bad */
};

void keeper_init(struct keeper *k, int64_t now_ms);
void keeper_free(struct keeper *k);

/* When keeper_turn() has something to do. */
int64_t keeper_due(const struct keeper *k);
/* `s` is what is in force.  True: its certificates were replaced by good ones, a reload is due. */
bool keeper_turn(struct keeper *k, const struct setup *s, int64_t now_ms) NODISCARD;

#endif
