#include "lmdb/lmdb_tidy.h"

#include <string.h>

enum { PLACES = 3 }; /* behind a single one all are new rather often */

/* As long as the file is small, nothing needs to be counted. */
bool lmdb_is_full(const struct lmdb_env *e, MDB_txn *txn, size_t pages_max)
{
	return lmdb_pages_of_file(e) >= pages_max && lmdb_pages(e, txn) >= pages_max;
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

/* ---- some rows, and which of them expires first ---- */

struct sample {
	unsigned looked_at;
	struct lmdb_found first;
};

static void compare(struct sample *s, const struct lmdb_found *row)
{
	if (s->looked_at == 0 || row->expires_ms < s->first.expires_ms)
		s->first = *row;
	s->looked_at++;
}

static int read_row(MDB_cursor *cursor, MDB_cursor_op how, struct lmdb_found *row)
{
	MDB_val key = { .mv_size = sizeof(row->hash), .mv_data = &row->hash }, value;
	const int rc = mdb_cursor_get(cursor, &key, &value, how);

	if (rc)
		return rc;
	if (key.mv_size != sizeof(row->hash))
		return MDB_CORRUPTED;
	memcpy(&row->hash, key.mv_data, sizeof(row->hash));
	row->expires_ms = packed_expires_ms((struct str){ .p = value.mv_data, .n = value.mv_size });
	return 0;
}

/* Those behind a place, and behind the last the first ones. */
static int look_behind(MDB_cursor *cursor, uint64_t place, uint64_t except, struct sample *s)
{
	struct lmdb_found row = { .procedure = s->first.procedure, .hash = place };
	int rc = read_row(cursor, MDB_SET_RANGE, &row);

	for (unsigned i = 0; i < LIMIT_STORE_SAMPLE; i++) {
		if (rc == MDB_NOTFOUND)
			rc = read_row(cursor, MDB_FIRST, &row);
		if (rc)
			break;
		if (row.hash != except)
			compare(s, &row);
		rc = read_row(cursor, MDB_NEXT, &row);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Places are as good as any when they follow from a hash by a generator of random numbers (Knuth's MMIX). */
static int evict_one(const struct lmdb_env *e, MDB_txn *txn, uint64_t hash, uint64_t *place)
{
	struct sample s = { .first.procedure = largest(e, txn) };
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, e->records[s.first.procedure], &cursor);

	if (rc)
		return rc;
	for (unsigned i = 0; i < PLACES && !rc; i++) {
		rc = look_behind(cursor, *place, hash, &s);
		*place = *place * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	}
	mdb_cursor_close(cursor);
	return rc || !s.looked_at ? rc : lmdb_drop(e, txn, s.first.procedure, s.first.hash);
}

int lmdb_evict(const struct lmdb_env *e, MDB_txn *txn, size_t pages_max, uint64_t hash,
	       unsigned most)
{
	uint64_t place = hash;
	int rc = 0;

	for (unsigned i = 0; i < most && !rc && lmdb_is_full(e, txn, pages_max); i++)
		rc = evict_one(e, txn, hash, &place);
	return rc;
}

/* ---- the walk ---- */

void lmdb_walk_begin(struct lmdb_walk *w, int64_t now_ms, size_t pages_max)
{
	*w = (struct lmdb_walk){ .now_ms = now_ms, .pages_max = pages_max, .next_ms = INT64_MAX };
}

/* Of each LIMIT_STORE_SAMPLE rows one goes, where there are to be fewer. */
static void judge(struct lmdb_walk *w, const struct lmdb_found *row, bool thin, struct sample *s)
{
	if (row->expires_ms <= w->now_ms) {
		w->found[w->count++] = *row;
		return;
	}
	if (row->expires_ms < w->next_ms)
		w->next_ms = row->expires_ms;
	if (!thin)
		return;
	compare(s, row);
	if (s->looked_at == LIMIT_STORE_SAMPLE) {
		w->found[w->count++] = s->first;
		s->looked_at = 0;
	}
}

static int walk_table(MDB_cursor *cursor, struct lmdb_walk *w, bool thin, unsigned *left)
{
	struct lmdb_found row = { .procedure = (enum store_procedure)w->procedure,
				  .hash = w->hash };
	struct sample s = { .looked_at = 0 };
	int rc = read_row(cursor, MDB_SET_RANGE, &row);

	while (!rc && *left > 0 && w->count < LIMIT_STORE_TIDY) {
		judge(w, &row, thin, &s);
		(*left)--;
		rc = read_row(cursor, MDB_NEXT, &row);
	}
	w->hash = rc ? 0 : row.hash;
	w->procedure += rc == MDB_NOTFOUND;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int lmdb_walk_look(const struct lmdb_env *e, MDB_txn *txn, struct lmdb_walk *w)
{
	const unsigned thin =
		lmdb_is_full(e, txn, w->pages_max) ? largest(e, txn) : STORE_PROCEDURE_COUNT;
	unsigned left = LIMIT_STORE_LOOK;
	int rc = 0;

	w->count = 0;
	while (!rc && left > 0 && w->count < LIMIT_STORE_TIDY &&
	       w->procedure < STORE_PROCEDURE_COUNT) {
		MDB_cursor *cursor;

		rc = mdb_cursor_open(txn, e->records[w->procedure], &cursor);
		if (rc)
			break;
		rc = walk_table(cursor, w, w->procedure == thin, &left);
		mdb_cursor_close(cursor);
	}
	return rc;
}

int lmdb_walk_take(const struct lmdb_env *e, MDB_txn *txn, const struct lmdb_walk *w)
{
	int rc = 0;

	for (unsigned i = 0; i < w->count && !rc; i++) {
		const struct lmdb_found *f = &w->found[i];
		uint64_t hash = f->hash;
		MDB_val key = { .mv_size = sizeof(hash), .mv_data = &hash }, value;

		rc = mdb_get(txn, e->records[f->procedure], &key, &value);
		if (rc == 0 && packed_expires_ms((struct str){
				       .p = value.mv_data, .n = value.mv_size }) == f->expires_ms)
			rc = lmdb_drop(e, txn, f->procedure, f->hash);
		if (rc == MDB_NOTFOUND)
			rc = 0;
	}
	return rc;
}
