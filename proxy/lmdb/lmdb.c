#include "lmdb/lmdb.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "lmdb/lmdb_file.h"
#include "lmdb/lmdb_tidy.h"
#include "lmdb/lmdb_ways.h"
#include "store/bucket.h"
#include "store/bulk.h"
#include "store/procedures.h"

#include <errno.h>

enum {
	SPARE = 8,            /* one of so many pages is kept free for what changes */
	EVICTED_FOR_EACH = 2, /* when it is full, a new row takes the place of so many */
	COMPLAIN_MS = 60000,  /* between two lines of log about the same trouble */
	WELL_MS = 10000,      /* without a failure: it is over */
	REOPEN_MS = 1000,
	WAYS_SHARE = 4 /* of the size of the store, for the buckets of the bulk radar */
};

struct lmdb {
	struct loop *loop;
	struct lmdb_file *file;
	struct lmdb_ways *ways; /* of the bulk radar; NULL: not asked yet, or none */
	bool ways_tried;
	MDB_txn *look;                  /* reset between turns, NULL: none yet */
	bool broken;                    /* to be opened anew */
	bool unwritable;                /* the last change failed */
	size_t failures;                /* turns, since it was well */
	int64_t failed_ms, complain_ms; /* the last one; when it may be told again */
	int64_t reopen_ms;              /* when it may be tried again */
};

/* ---- a turn's questions ---- */

/* A transaction, and what a question does in it. */
struct turn {
	const struct lmdb_env *env;
	struct lmdb_ways *ways;
	MDB_txn *txn;
	int64_t now_ms; /* of the question */
	unsigned added; /* rows */
	uint64_t last;  /* of these */
};

static int find_alive(const struct turn *t, enum store_procedure p, struct str key,
		      struct lmdb_row *row)
{
	const int rc = lmdb_find(t->env, t->txn, p, key, row);

	if (!rc && row->packed.record.expires_ms <= t->now_ms)
		row->packed.record = (struct store_record){ 0 };
	return rc;
}

static int write_row(struct turn *t, const struct lmdb_row *row)
{
	if (row->packed.record.expires_ms <= t->now_ms)
		return lmdb_drop(t->env, t->txn, row->procedure, row->hash);
	if (!row->taken) {
		t->added++;
		t->last = row->hash;
	}
	return lmdb_keep(t->env, t->txn, row);
}

static int get(void *ctx, struct str key, struct store_record *r)
{
	const struct turn *t = ctx;
	struct lmdb_row row;
	uint32_t bucket;
	int rc;

	if (t->ways && bucket_number(key, &bucket)) {
		*r = (struct store_record){ .expires_ms = t->now_ms + 1,
					    .body = lmdb_ways_get(t->ways, bucket) };
		return 0;
	}
	rc = find_alive(t, STORE_BULK, key, &row);
	*r = row.packed.record;
	return rc;
}

static int put(void *ctx, struct str key, const struct store_record *r)
{
	struct turn *t = ctx;
	struct lmdb_row row;
	uint32_t bucket;
	int rc;

	if (t->ways && bucket_number(key, &bucket)) {
		lmdb_ways_put(t->ways, bucket, r->body);
		return 0;
	}
	rc = lmdb_find(t->env, t->txn, STORE_BULK, key, &row);
	row.packed.record = *r;
	return rc ? rc : write_row(t, &row);
}

/* *changed, where the transaction is one that only looks: it has to be asked again in another. */
static int answer(struct turn *t, struct store_call *call, bool *changed)
{
	const struct store_view view = { .ctx = t, .get = get, .put = put };
	const struct store_question *q = &call->question;
	const bool looks = changed != NULL;
	struct lmdb_row row;
	bool writes;
	int rc;

	t->now_ms = q->now_ms;
	if (q->procedure == STORE_BULK) {
		if (!looks || !store_bulk_changes(q))
			return store_bulk_run(q, &view, &call->answer.bulk);
		*changed = true;
		return 0;
	}
	rc = find_alive(t, q->procedure, q->key, &row);
	if (rc)
		return rc;
	writes = store_procedure_run(q, &row.packed.record, call->answer.results);
	if (looks)
		*changed = writes;
	return writes && !looks ? write_row(t, &row) : 0;
}

static int begin_look(struct lmdb *l)
{
	MDB_env *env = l->file->env.env;
	int rc, dead;

	if (l->look)
		return mdb_txn_renew(l->look);
	rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &l->look);
	if (rc == MDB_READERS_FULL && mdb_reader_check(env, &dead) == 0)
		rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &l->look);
	return rc;
}

/* Up to the first that changes something: *first is that, or NULL. */
static int look(struct lmdb *l, struct store_call **first)
{
	bool changed = false;
	int rc = begin_look(l);
	struct turn t = { .env = &l->file->env, .ways = l->ways, .txn = l->look };

	if (rc)
		return rc;
	while (*first) {
		rc = answer(&t, *first, &changed);
		if (rc || changed)
			break;
		*first = (*first)->next;
	}
	mdb_txn_reset(l->look);
	return rc;
}

static int change_all(struct lmdb *l, struct store_call *first)
{
	const size_t most = l->file->pages_max - l->file->pages_max / SPARE;
	struct turn t = { .env = &l->file->env, .ways = l->ways };
	int rc = mdb_txn_begin(l->file->env.env, NULL, 0, &t.txn);

	if (rc)
		return rc;
	for (struct store_call *call = first; call && !rc; call = call->next)
		rc = answer(&t, call, NULL);
	if (!rc && t.added)
		rc = lmdb_evict(t.env, t.txn, most, t.last, EVICTED_FOR_EACH * t.added);
	if (!rc)
		return mdb_txn_commit(t.txn);
	mdb_txn_abort(t.txn);
	return rc;
}

/* ---- what goes wrong ---- */

static void complain(struct lmdb *l, int rc)
{
	l->failures++;
	l->failed_ms = loop_now_ms(l->loop);
	if (l->failed_ms < l->complain_ms)
		return;
	l->complain_ms = l->failed_ms + COMPLAIN_MS;
	log_note("degraded", "store", "%s: %s%s", l->file->path, mdb_strerror(rc),
		 lmdb_is_damage(rc) ? "; a start of the program begins a new one" : "");
}

/* A disk that is nearly full fails one turn and not the next. */
static void note_success(struct lmdb *l)
{
	if (!l->failures || loop_now_ms(l->loop) < l->failed_ms + WELL_MS)
		return;
	log_note("recovered", "store", "%s works again, it had failed %zu times", l->file->path,
		 l->failures);
	l->failures = 0;
	l->complain_ms = 0;
}

/* The library gives an environment up when it could not write its last page. */
static int ensure_open(struct lmdb *l)
{
	const int64_t now = loop_now_ms(l->loop);

	int rc;

	if (!l->broken)
		return 0;
	if (now < l->reopen_ms)
		return EIO;
	l->reopen_ms = now + REOPEN_MS;
	rc = lmdb_file_reopen(l->file);
	l->broken = rc != 0;
	return rc;
}

static void give_up_look(struct lmdb *l)
{
	if (l->look)
		mdb_txn_abort(l->look);
	l->look = NULL;
}

/* What cannot be noted would be new for ever: who asks is not told that it is.  Now and then one is, and tries. */
static bool is_unwritable(const struct lmdb *l)
{
	return l->unwritable && loop_now_ms(l->loop) < l->failed_ms + WELL_MS;
}

/* The file is made for who has the radar. */
static void ensure_ways(struct lmdb *l, const struct store_call *first)
{
	while (!l->ways_tried && first && first->question.procedure != STORE_BULK)
		first = first->next;
	if (l->ways_tried || !first)
		return;
	l->ways = lmdb_ways_open(l->file->options.folder, l->file->options.bytes_max / WAYS_SHARE);
	l->ways_tried = true;
}

static enum err run(void *ctx, struct store_call *first)
{
	struct lmdb *l = ctx;
	int rc = ensure_open(l);

	ensure_ways(l, first);
	if (!rc)
		rc = look(l, &first);
	if (!rc && !first && is_unwritable(l))
		return ERR_IO;
	if (!rc && first) {
		rc = change_all(l, first);
		l->unwritable = rc != 0;
	}
	if (rc == MDB_PANIC) {
		give_up_look(l);
		l->broken = true;
	}
	if (rc)
		complain(l, rc);
	else
		note_success(l);
	return rc ? ERR_IO : ERR_OK;
}

/* ---- pages ---- */

static int fill(struct store_listing *page, MDB_cursor *cursor, uint64_t hash)
{
	MDB_val key = { .mv_size = sizeof(hash), .mv_data = &hash }, value;
	int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

	for (; !rc && page->count < STORE_PAGE;
	     rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		struct packed p;

		if (packed_read((struct str){ .p = value.mv_data, .n = value.mv_size }, &p))
			store_listing_add(page, p.key, &p.record);
	}
	if (rc == 0) {
		memcpy(&hash, key.mv_data, sizeof(hash));
		page->next = arena_printf(page->arena, "%llu", (unsigned long long)hash);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static enum err list(void *ctx, struct store_listing *page)
{
	struct lmdb *l = ctx;
	uint64_t hash = 0;
	MDB_cursor *cursor;
	int rc;

	if (page->from.n && !str_u64(page->from, UINT64_MAX, &hash))
		return ERR_SYNTAX;
	rc = ensure_open(l);
	if (!rc)
		rc = begin_look(l);
	if (rc)
		return ERR_IO;
	rc = mdb_cursor_open(l->look, l->file->env.records[page->procedure], &cursor);
	if (!rc) {
		rc = fill(page, cursor, hash);
		mdb_cursor_close(cursor);
	}
	mdb_txn_reset(l->look);
	return rc ? ERR_IO : ERR_OK;
}

/* ---- open and close ---- */

static void close_lmdb(void *ctx)
{
	struct lmdb *l = ctx;

	give_up_look(l);
	lmdb_ways_close(l->ways);
	lmdb_file_close(l->file);
	mem_free(l);
}

static const struct store_engine engine_lmdb = { .run = run, .list = list, .close = close_lmdb };

bool store_lmdb(const struct lmdb_options *options, struct store_side *side, struct out *why)
{
	const struct lmdb_file_options file = { .loop = options->loop,
						.jobs = options->jobs,
						.folder = options->folder,
						.bytes_max = (size_t)options->size_max,
						.every_ms = options->sync_ms };
	struct lmdb *l = mem_new(sizeof(*l));
	int rc;

	l->loop = options->loop;
	l->file = lmdb_file_open(&file, &rc);
	if (!l->file) {
		out_printf(why, STR_FMT ": %s", STR_ARG(options->folder), mdb_strerror(rc));
		mem_free(l);
		return false;
	}
	*side = store_local(options->loop, &engine_lmdb, l);
	return true;
}
