/* lmdb_tidy.h - what has expired goes, and when there is too much, what would expire first.
 *
 * No index knows either.  What has expired is found by a walk through the tables now and then, at some 50 ns a row.
 * What would expire first is told by comparing some rows: they stand in the order of a hash, so that those behind any
 * place are there by chance, LIMIT_STORE_SAMPLE behind each of three places, and the first of so many to expire is
 * hardly ever one that expires late.
 *
 * Too much is `pages_max` in use.  The procedure that has most of them gives up what it holds: greylisting under a
 * flood forgets the flood, and no rates. */
#ifndef LMDB_LMDB_TIDY_H
#define LMDB_LMDB_TIDY_H

#include "base/limits.h"
#include "lmdb/lmdb_env.h"

bool lmdb_is_full(const struct lmdb_env *e, MDB_txn *txn, size_t pages_max);
/* While there is too much, `most` rows go, but not the one under `hash`, which is new. */
int lmdb_evict(const struct lmdb_env *e, MDB_txn *txn, size_t pages_max, uint64_t hash,
	       unsigned most) NODISCARD;

/* ---- the walk ---- */

struct lmdb_found {
	enum store_procedure procedure;
	uint64_t hash;
	int64_t expires_ms;
};

struct lmdb_walk {
	int64_t now_ms;
	size_t pages_max;
	/* where it goes on; STORE_PROCEDURE_COUNT: it has ended */
	unsigned procedure;
	uint64_t hash;
	int64_t next_ms; /* of what it has left behind, what expires first */
	/* to go */
	struct lmdb_found found[LIMIT_STORE_TIDY];
	unsigned count;
};

void lmdb_walk_begin(struct lmdb_walk *w, int64_t now_ms, size_t pages_max);
/* Looks at LIMIT_STORE_LOOK rows at most, in a transaction that only reads. */
int lmdb_walk_look(const struct lmdb_env *e, MDB_txn *txn, struct lmdb_walk *w) NODISCARD;
/* Takes out what was found by the look, unless it was prolonged since. */
int lmdb_walk_take(const struct lmdb_env *e, MDB_txn *txn, const struct lmdb_walk *w) NODISCARD;

#endif
