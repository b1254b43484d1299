/* bucket.h - where ways lead, as the bulk radar keeps it: entries of BUCKET_ENTRY bytes, the newest at the end.
 *
 *	3 bytes   the first of the way (bulk_ways() of base/bulk.h)
 *	8 bytes   the id of the cluster
 *	2 bytes   when it is to be forgotten, in units of 35 minutes
 *
 * Big endian.  There are BUCKETS, and none has more than BUCKET_ENTRIES: what is oldest goes, so the table of ways is
 * bounded, whoever sends what.  Pure; a body may be any bytes. */
#ifndef STORE_BUCKET_H
#define STORE_BUCKET_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	BUCKETS = 1 << 20,
	BUCKET_ENTRIES = 19,
	BUCKET_ENTRY = 3 + 8 + 2,
	BUCKET_BYTES = BUCKET_ENTRIES * BUCKET_ENTRY,
	BUCKET_KEY = 4
};

/* Of the bucket that a way is in. */
struct str bucket_key(uint64_t way, char to[BUCKET_KEY]);
/* Which one's key it is; false: it is no bucket's. */
bool bucket_number(struct str key, uint32_t *number);

/* Where the way leads, and when that is to be forgotten; false: nowhere. */
bool bucket_find(struct str body, uint64_t way, int64_t now_ms, uint64_t *id, uint16_t *due);
bool bucket_is_over(uint16_t due, int64_t now_ms);

/* With the way leading there; what is over at the begin is gone, or, where there is no room, the first. */
struct str bucket_with(struct str body, uint64_t way, uint64_t id, int64_t expires_ms,
		       int64_t now_ms, char to[BUCKET_BYTES + BUCKET_ENTRY]);
/* When an entry that expires then is forgotten. */
int64_t bucket_end_ms(int64_t expires_ms);

#endif
