/* bulk.h - the procedure STORE_BULK of base/store.h, over the records it touches.
 *
 * All of them lie in one table.  Their keys:
 *
 *	"c" and an id of 8 bytes      a cluster (store/cluster.h)
 *	"d" and a hash of 8 bytes     an authenticated domain; its body is a byte, enum bulk_said
 *	"b" and a number of 3 bytes   a bucket: it tells where ways lead (store/bucket.h)
 *
 * Buckets hold another kind of way too: of a mail that was held, to the cluster that has counted it.
 *
 * A way that is forgotten, or whose cluster is gone, is free, and is taken by the next mail that is of a cluster with it.
 * Those of a cluster live as long as it does, and are prolonged when a quarter of that is over.  What a way finds is only
 * a candidate: signatures and signs are compared whole.
 *
 * The embedded stores call this within a transaction, and LMDB keeps buckets apart (lmdb/lmdb_ways.h); bulk.lua does
 * the same on a Redis. */
#ifndef STORE_BULK_H
#define STORE_BULK_H

#include "base/store.h"
#include "store/record.h"

#include <stdbool.h>

/* Both return 0, or an error of the store that ends the procedure. */
struct store_view {
	void *ctx;
	/* Zeroed when there is none, or it has expired.  Texts stay until the next put(). */
	int (*get)(void *ctx, struct str key, struct store_record *r);
	/* expires_ms <= now: it is removed, if it is there. */
	int (*put)(void *ctx, struct str key, const struct store_record *r);
};

int store_bulk_run(const struct store_question *q, const struct store_view *view,
		   struct bulk_seen *seen) NODISCARD;

/* Whether it is sure to write. */
bool store_bulk_changes(const struct store_question *q);

/* Arguments it can work with. */
bool store_bulk_fits(const struct store_question *q);

/* Whether a page of records has it: a bucket is of no use to anybody. */
bool store_bulk_is_told(struct str key);

#endif
