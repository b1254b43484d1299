#include "store/lmdb_tidy.h"

/* What stands first in the order: it has been prolonged, and stands later now; or it goes, expired or evicted.  An
 * entry may also be what was left of a row that did not decode and was written over. */
static int take_first(const struct lmdb_env *e, MDB_txn *txn, struct lmdb_row *row, uint32_t due,
		      unsigned *gone)
{
	int rc = lmdb_read(e, txn, row);

	if (rc)
		return rc;
	if (row->packed.due && row->packed.due != due)
		return lmdb_forget_due(e, txn, row->procedure, due, row->hash);
	if (row->packed.due && lmdb_due(row->packed.record.expires_ms) > due)
		return lmdb_postpone(e, txn, row);
	(*gone)++;
	row->packed.due = due;
	return lmdb_drop(e, txn, row);
}

int lmdb_purge(const struct lmdb_env *e, MDB_txn *txn, int64_t now_ms, unsigned most,
	       struct lmdb_tidied *done)
{
	const uint32_t now = lmdb_due(now_ms) - 1; /* rounded down */

	for (unsigned p = 0; p < STORE_PROCEDURE_COUNT; p++) {
		struct lmdb_row row = { .procedure = (enum store_procedure)p };
		uint32_t due;
		int rc = 0;

		while (!rc && done->looked_at < most) {
			rc = lmdb_first(e, txn, row.procedure, &due, &row.hash);
			if (rc || due > now)
				break;
			done->looked_at++;
			rc = take_first(e, txn, &row, due, &done->expired);
		}
		if (rc && rc != MDB_NOTFOUND)
			return rc;
	}
	return 0;
}

static enum store_procedure largest(const struct lmdb_env *e, MDB_txn *txn)
{
	enum store_procedure found = STORE_GREYLIST;
	size_t most = 0;

	for (unsigned p = 0; p < STORE_PROCEDURE_COUNT; p++) {
		const size_t n = lmdb_pages_of(e, txn, (enum store_procedure)p);

		if (n > most) {
			most = n;
			found = (enum store_procedure)p;
		}
	}
	return found;
}

int lmdb_evict(const struct lmdb_env *e, MDB_txn *txn, size_t pages_max, unsigned most,
	       struct lmdb_tidied *done)
{
	struct lmdb_row row;
	int rc = 0;

	while (!rc && done->looked_at < most && lmdb_is_full(e, txn, pages_max)) {
		uint32_t due;

		row.procedure = largest(e, txn);
		rc = lmdb_first(e, txn, row.procedure, &due, &row.hash);
		if (rc)
			break;
		done->looked_at++;
		rc = take_first(e, txn, &row, due, &done->evicted);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* As long as the file is small, nothing needs to be counted. */
bool lmdb_is_full(const struct lmdb_env *e, MDB_txn *txn, size_t pages_max)
{
	return lmdb_pages_of_file(e) >= pages_max && lmdb_pages(e, txn) >= pages_max;
}

bool lmdb_has_expired(const struct lmdb_env *e, MDB_txn *txn, int64_t now_ms)
{
	for (unsigned p = 0; p < STORE_PROCEDURE_COUNT; p++) {
		uint32_t due;
		uint64_t hash;

		if (lmdb_first(e, txn, (enum store_procedure)p, &due, &hash) == 0 &&
		    due < lmdb_due(now_ms))
			return true;
	}
	return false;
}
