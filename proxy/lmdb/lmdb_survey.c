#include "lmdb/lmdb_survey.h"

#include "base/check.h"
#include "base/siphash.h"
#include "lmdb/lmdb_env.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS_AT_ONCE = 10000 };

struct survey {
	struct lmdb_env old, copy;
	MDB_txn *from, *to;
	unsigned pending; /* rows in `to` */
	int64_t now_ms;
	bool damaged;
};

/* ---- writing ---- */

static int begin(struct survey *s)
{
	s->pending = 0;
	return mdb_txn_begin(s->copy.env, NULL, 0, &s->to);
}

static int commit(struct survey *s)
{
	MDB_txn *txn = s->to;

	s->to = NULL;
	return mdb_txn_commit(txn);
}

static int write_row(struct survey *s, const struct lmdb_row *row)
{
	int rc = lmdb_keep(&s->copy, s->to, row);

	if (rc || ++s->pending < ROWS_AT_ONCE)
		return rc;
	rc = commit(s);
	return rc ? rc : begin(s);
}

/* ---- reading ---- */

static bool is_anothers_version(const MDB_val *value)
{
	return value->mv_size && *(const unsigned char *)value->mv_data >> 4 != PACKED_VERSION;
}

/* One that is not under its own hash was never written there. */
static bool row_is_good(const struct survey *s, const MDB_val *key, const MDB_val *value,
			struct lmdb_row *row)
{
	if (key->mv_size != sizeof(row->hash))
		return false;
	memcpy(&row->hash, key->mv_data, sizeof(row->hash));
	return packed_read((struct str){ .p = value->mv_data, .n = value->mv_size },
			   &row->packed) &&
	       siphash(s->old.secret, row->packed.key) == row->hash;
}

/* The hashes ascend, and there are no more than the table says: a page that leads back to itself comes to an end. */
static int copy_table(struct survey *s, enum store_procedure p)
{
	struct lmdb_row row = { .procedure = p };
	size_t left = lmdb_rows(&s->old, s->from, p);
	uint64_t before = 0;
	MDB_val key, value;
	MDB_cursor *cursor;
	int rc = 0;

	if (s->old.records[p] == LMDB_NO_TABLE)
		return 0;
	if (mdb_cursor_open(s->from, s->old.records[p], &cursor) != 0) {
		s->damaged = true;
		return 0;
	}
	while (!rc && left > 0 && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
		const bool good = row_is_good(s, &key, &value, &row);

		s->damaged = s->damaged || (!good && !is_anothers_version(&value)) ||
			     (before && row.hash <= before);
		before = row.hash;
		left--;
		if (good && row.packed.record.expires_ms > s->now_ms)
			rc = write_row(s, &row);
	}
	s->damaged = s->damaged || left > 0;
	mdb_cursor_close(cursor);
	return rc;
}

/* What people have said goes first: a process that crashes has copied that. */
static int copy_all(struct survey *s)
{
	static const enum store_procedure order[] = { STORE_SOURCE,   STORE_REPUTATION,
						      STORE_GREYLIST, STORE_MARK,
						      STORE_BUCKET,   STORE_BULK };
	int rc = begin(s);

	static_assert(COUNTOF(order) == STORE_PROCEDURE_COUNT, "all of them");
	if (!rc)
		rc = lmdb_set_secret(&s->copy, s->to, s->old.secret);
	for (size_t i = 0; i < COUNTOF(order) && !rc; i++) {
		rc = copy_table(s, order[i]);
		if (!rc)
			rc = commit(s);
		if (!rc)
			rc = begin(s);
	}
	if (s->to)
		mdb_txn_abort(s->to);
	return rc ? rc : mdb_env_sync(s->copy.env, 1);
}

static enum lmdb_survey copy_file(struct survey *s, const char *copy)
{
	int rc = lmdb_open(&s->copy, copy);

	if (!rc)
		rc = mdb_txn_begin(s->old.env, NULL, MDB_RDONLY, &s->from);
	if (rc)
		return SURVEY_FAILED;
	rc = copy_all(s);
	mdb_txn_abort(s->from);
	if (rc)
		return SURVEY_FAILED;
	return s->damaged ? SURVEY_DAMAGED : SURVEY_COPIED;
}

enum lmdb_survey lmdb_survey(const char *path, const char *copy, int64_t now_ms,
			     enum lmdb_occasion occasion)
{
	struct survey s = { .now_ms = now_ms };
	enum lmdb_survey found;
	struct stat st;
	int rc;

	if (stat(path, &st) != 0)
		return errno == ENOENT ? SURVEY_FINE : SURVEY_FAILED;
	if (st.st_size == 0)
		return SURVEY_FINE;
	rc = lmdb_open_to_read(&s.old, path);
	if (rc)
		return lmdb_is_damage(rc) ? SURVEY_DAMAGED : SURVEY_FAILED;
	found = occasion == SURVEY_AT_START && lmdb_is_of_this_boot(&s.old) ? SURVEY_FINE
									    : copy_file(&s, copy);
	lmdb_close(&s.copy);
	lmdb_close(&s.old);
	return found;
}
