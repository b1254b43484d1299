#include "lmdb/lmdb_file.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/random.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { SLICES = 64, PAUSE_NS = 1000 * 1000, LEASE_TURNS = 3 };

/* ---- who does it: in table `about`, for some turns ---- */

struct lease {
	uint64_t who;
	int64_t until_ms;
};

static char lease_name[] = "keeper";

static bool is_anothers(const struct lmdb_file *f, MDB_txn *txn)
{
	const int64_t most = f->now_ms + LEASE_TURNS * f->options.every_ms;
	MDB_val key = { .mv_size = sizeof(lease_name) - 1, .mv_data = lease_name }, value;
	struct lease lease;

	if (mdb_get(txn, f->env.about, &key, &value) != 0 || value.mv_size != sizeof(lease))
		return false;
	memcpy(&lease, value.mv_data, sizeof(lease));
	/* One that lasts longer than any does was written before the clock was set back. */
	return lease.who != f->me && lease.until_ms > f->now_ms && lease.until_ms <= most;
}

static int write_lease(const struct lmdb_file *f, MDB_txn *txn)
{
	struct lease lease = { .who = f->me,
			       .until_ms = f->now_ms + LEASE_TURNS * f->options.every_ms };
	MDB_val key = { .mv_size = sizeof(lease_name) - 1, .mv_data = lease_name };
	MDB_val value = { .mv_size = sizeof(lease), .mv_data = &lease };

	return mdb_put(txn, f->env.about, &key, &value, 0);
}

/* Ends the transaction. */
static int end(struct lmdb_file *f, MDB_txn *txn, int rc)
{
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	rc = mdb_txn_commit(txn);
	f->walked += rc == 0;
	return rc;
}

static bool take_lease(struct lmdb_file *f)
{
	MDB_txn *txn;

	if (mdb_txn_begin(f->env.env, NULL, 0, &txn) != 0)
		return false;
	return end(f, txn, is_anothers(f, txn) ? EBUSY : write_lease(f, txn)) == 0;
}

/* ---- the walk, on the helper thread ---- */

static uint64_t last_transaction(const struct lmdb_file *f)
{
	MDB_envinfo info;

	return mdb_env_info(f->env.env, &info) == 0 ? info.me_last_txnid : 0;
}

static bool is_walking(const struct lmdb_file *f)
{
	return f->walk.procedure < STORE_PROCEDURE_COUNT;
}

static bool is_full(const struct lmdb_file *f)
{
	MDB_txn *txn;
	bool is;

	if (mdb_txn_begin(f->env.env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	is = lmdb_is_full(&f->env, txn, f->pages_max);
	mdb_txn_abort(txn);
	return is;
}

/* When what it left expires is known, but not of what others have written since. */
static bool is_time_to_walk(const struct lmdb_file *f)
{
	const int64_t since_ms = f->now_ms - f->walk.now_ms;

	if (since_ms >= 0 && since_ms < LIMIT_STORE_WALK_MS)
		return is_full(f);
	return f->walk.next_ms <= f->now_ms || last_transaction(f) != f->walked || is_full(f);
}

static int look(struct lmdb_file *f)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(f->env.env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return rc;
	rc = lmdb_walk_look(&f->env, txn, &f->walk);
	mdb_txn_abort(txn);
	return rc;
}

static int take(struct lmdb_file *f)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	MDB_txn *txn;
	int rc = mdb_txn_begin(f->env.env, NULL, 0, &txn);

	if (rc)
		return rc;
	rc = end(f, txn, lmdb_walk_take(&f->env, txn, &f->walk));
	nanosleep(&pause, NULL); /* so that others get the lock */
	return rc;
}

static void walk(struct lmdb_file *f)
{
	int rc = 0;

	if (!is_walking(f)) {
		lmdb_walk_begin(&f->walk, f->now_ms, f->pages_max);
		f->walked = last_transaction(f);
	}
	for (unsigned i = 0; i < SLICES && is_walking(f) && !rc; i++) {
		rc = look(f);
		if (!rc && f->walk.count)
			rc = take(f);
	}
	f->more = !rc && is_walking(f);
}

enum err lmdb_file_work(void *file)
{
	struct lmdb_file *f = file;
	const bool walks = is_walking(f) || is_time_to_walk(f);
	uint64_t last;
	int dead;

	f->more = false;
	(void)mdb_reader_check(f->env.env, &dead);
	if ((!walks && last_transaction(f) == f->settled) || !take_lease(f))
		return ERR_OK;
	if (walks)
		walk(f);
	last = last_transaction(f);
	if (mdb_env_sync(f->env.env, 1) == 0)
		f->settled = last;
	return ERR_OK;
}

/* ---- by the clock ---- */

static void release(void *file)
{
	struct lmdb_file *f = file;

	lmdb_close(&f->env);
	mem_free(f->path);
	mem_free(f);
}

static void on_worked(struct op *op, enum err err, const void *result)
{
	struct lmdb_file *f = op->arg;

	(void)err;
	(void)result;
	timer_start(&f->timer, f->more ? 0 : f->options.every_ms);
}

static void on_time(struct timer *t, void *arg)
{
	struct lmdb_file *f = arg;

	if (!f->env.env) {
		timer_start(t, f->options.every_ms);
		return;
	}
	f->now_ms = loop_unix_ms(f->options.loop);
	f->op = (struct op){ .label = "store", .done = on_worked, .arg = f };
	job_start(f->options.jobs, &f->ops, &f->op, lmdb_file_work, release, f);
}

/* ---- opening and closing ---- */

static void copy_path(struct lmdb_file *f, struct str folder)
{
	const struct str name = STR("/" LMDB_FILE);
	struct out o = { .p = mem_new(folder.n + name.n + 1), .cap = folder.n + name.n };

	out_str(&o, folder);
	out_str(&o, name);
	f->path = o.p;
}

struct lmdb_file *lmdb_file_open(const struct lmdb_file_options *options, int *rc)
{
	struct lmdb_file *f = mem_new(sizeof(*f));

	f->options = *options;
	f->walk.procedure = STORE_PROCEDURE_COUNT;
	copy_path(f, options->folder);
	*rc = lmdb_open(&f->env, f->path);
	if (*rc) {
		release(f);
		return NULL;
	}
	f->pages_max = options->bytes_max / f->env.page_bytes;
	random_bytes(&f->me, sizeof(f->me));
	if (options->jobs) {
		timer_init(&f->timer, options->loop, on_time, f);
		timer_start(&f->timer, options->every_ms);
	}
	return f;
}

int lmdb_file_reopen(struct lmdb_file *f)
{
	if (op_running(&f->op))
		return EBUSY;
	lmdb_close(&f->env);
	return lmdb_open(&f->env, f->path);
}

void lmdb_file_close(struct lmdb_file *f)
{
	if (f->options.jobs)
		timer_stop(&f->timer);
	if (op_running(&f->op))
		op_cancel(&f->op);
	else
		release(f);
}
