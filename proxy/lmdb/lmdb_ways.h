/* lmdb_ways.h - the buckets of the bulk radar beside the embedded store: a file of places of one size, mapped.
 *
 * A mail changes as many buckets as it has ways to a cluster, far from each other.  As rows of a tree each of them costs
 * the copy and the writing of a page; here it is a change of memory, and the kernel brings it to the disk when it
 * likes.  That is enough, for a bucket only hints at clusters, which are compared whole: whatever a power loss, a killed
 * process or a transaction that fails leaves in one, it finds less, and nothing wrong.
 *
 * Who changes one has the store's transaction, of which there is one at a time.  Its room is taken when it is made: a
 * disk that is full cannot end the process later.  Where it cannot be made, buckets are rows. */
#ifndef LMDB_LMDB_WAYS_H
#define LMDB_LMDB_WAYS_H

#include "base/str.h"

#include <stdint.h>

#define LMDB_WAYS_FILE "bulk.ways" /* in the folder of the store */

struct lmdb_ways;

/* Made with at most `bytes` when it is not there.  NULL: it is not, and cannot be. */
struct lmdb_ways *lmdb_ways_open(struct str folder, size_t bytes);
void lmdb_ways_close(struct lmdb_ways *w); /* may be NULL */

/* Of a bucket (store/bucket.h); several may have a place in common. */
struct str lmdb_ways_get(const struct lmdb_ways *w, uint32_t bucket);
void lmdb_ways_put(struct lmdb_ways *w, uint32_t bucket, struct str body);

#endif
