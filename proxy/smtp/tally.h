/* tally.h - who does how much: one table in memory that all workers of a machine share, without locks.
 *
 * The master makes it before it forks; workers of every generation use it, each under a number (slot) of its own.
 * A row belongs to a name (the keyed hash of an address or network: nobody outside can aim at a row).  It counts
 * what is open now, and what was done lately, as buckets that drain evenly: up to `count` at once, and from then on
 * `count` for each `window_ms`.  A decision is one compare-and-swap, so a limit holds over all workers exactly.
 *
 * The table never grows.  Among the rows where a name may stand, the one whose buckets drained first makes room;
 * rows with something open are not given away.  Where all are taken, tally_enter() says TALLY_NONE and that client
 * is not counted: a full table never stops mail.
 *
 * A worker that dies leaves nothing open: the master calls tally_forget().  Killed between two instructions it
 * leaves one too few, never one too many. */
#ifndef SMTP_TALLY_H
#define SMTP_TALLY_H

#include "base/attr.h"
#include "base/str.h"
#include "conf/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TALLY_BUCKETS = 5,     /* of a row */
	TALLY_NONE = 0,        /* no row: nothing is counted, everything is within its limits */
	TALLY_OPEN_MAX = 65535 /* of one name in one worker; more are not counted */
};

struct tally;

/* rows: a power of two, at least 8.  NULL: no memory (errno). */
struct tally *tally_new(size_t rows, unsigned slots) NODISCARD;
void tally_free(struct tally *t);
void tally_forget(struct tally *t, unsigned slot);

/* One of `slots` processes. */
struct tally_desk {
	struct tally *tally;
	unsigned slot;
};

uint64_t tally_name(const struct tally *t, struct str bytes);

/* One more is open; the row is the name's until tally_leave() is called for each of these.  TALLY_NONE needs none. */
uint32_t tally_enter(const struct tally_desk *d, uint64_t name) NODISCARD;
void tally_leave(const struct tally_desk *d, uint32_t row);
uint32_t tally_open(const struct tally *t, uint32_t row); /* in all processes */

/* Of a bucket without room: what is in it, rounded up, and how long until it has room for one more. */
struct tally_level {
	int64_t count, retry_ms;
};

/* One more, if there is room; false: there is none, and a full bucket is not made fuller. */
bool tally_take(struct tally *t, uint32_t row, unsigned bucket, const struct conf_rate *rate,
		int64_t now_ms, struct tally_level *level);
/* Is there room for one more? */
bool tally_has_room(const struct tally *t, uint32_t row, unsigned bucket,
		    const struct conf_rate *rate, int64_t now_ms, struct tally_level *level);

/* Complaints about a row: true at most once in `every_ms`, with the number of those since the last (this one
 * included); the others are only counted. */
bool tally_complain(struct tally *t, uint32_t row, int64_t every_ms, int64_t now_ms,
		    uint32_t *since);

#endif
