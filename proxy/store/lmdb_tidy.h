/* lmdb_tidy.h - what has expired goes, and when there is too much, what would expire first.
 *
 * Too much is `pages_max` in use.  The procedure that has most of them gives up what it holds: greylisting under a
 * flood forgets the flood, and no rates. */
#ifndef STORE_LMDB_TIDY_H
#define STORE_LMDB_TIDY_H

#include "store/lmdb_env.h"

struct lmdb_tidied {
	unsigned expired, evicted;
	unsigned looked_at; /* those, and what was found alive and stands later now */
};

/* Within the caller's transaction: at most `most` rows are looked at. */
int lmdb_purge(const struct lmdb_env *e, MDB_txn *txn, int64_t now_ms, unsigned most,
	       struct lmdb_tidied *done) NODISCARD;
/* Whatever its time, while there is too much. */
int lmdb_evict(const struct lmdb_env *e, MDB_txn *txn, size_t pages_max, unsigned most,
	       struct lmdb_tidied *done) NODISCARD;

bool lmdb_is_full(const struct lmdb_env *e, MDB_txn *txn, size_t pages_max);
/* Whether lmdb_purge() would find something. */
bool lmdb_has_expired(const struct lmdb_env *e, MDB_txn *txn, int64_t now_ms);

#endif
