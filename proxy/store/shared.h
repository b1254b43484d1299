/* shared.h - the store that several machines share: a Redis (redis/redis.h).
 *
 * A record lies under "postern:1:<procedure>:{<key>}": 1 is the version of what lies there, and of what the braces enclose
 * Redis Cluster makes the slot.  Its value is told in record.lua.
 *
 * A question of STORE_BULK touches many, of which it only learns on the way: they have "{bulk}" in common and lie
 * together, on one machine of a cluster (store/shared_bulk.h). */
#ifndef STORE_SHARED_H
#define STORE_SHARED_H

#include "redis/redis.h"
#include "store/store.h"

/* `options` without scripts; what it points to outlives the store. */
struct store_side store_shared(const struct redis_options *options);

#endif
