/* lmdb/lmdb_file.h, lmdb/lmdb_tidy.h: what the helper thread does, and which of several workers. */
#include "base/check.h"
#include "base/limits.h"
#include "lmdb/lmdb_file.h"
#include "unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MB   (INT64_C(1) << 20)
#define HOUR (INT64_C(3600) * 1000)
#define NOW  INT64_C(1800000000000)

static struct lmdb_file *open_file(int64_t bytes_max)
{
	const struct lmdb_file_options options = { .folder = str_z(folder),
						   .bytes_max = (size_t)bytes_max,
						   .every_ms = 1000 };
	struct lmdb_file *f;
	int rc;

	f = lmdb_file_open(&options, &rc);
	if (!f)
		fail_msg("%s", mdb_strerror(rc));
	return f;
}

static MDB_txn *begin(const struct lmdb_file *f, unsigned flags)
{
	MDB_txn *txn;

	assert_int_equal(mdb_txn_begin(f->env.env, NULL, flags, &txn), 0);
	return txn;
}

/* ---- rows, by number ---- */

static void find(const struct lmdb_file *f, MDB_txn *txn, unsigned number, struct lmdb_row *row)
{
	static char key[64];
	const int n = snprintf(key, sizeof(key), "mark number %u, which has some length", number);

	assert_int_equal(
		lmdb_find(&f->env, txn, STORE_MARK, (struct str){ .p = key, .n = (size_t)n }, row),
		0);
}

/* So many, from a number on; each expires `step_ms` after the one before. */
static void add(const struct lmdb_file *f, unsigned from, unsigned n, int64_t expires_ms,
		int64_t step_ms)
{
	MDB_txn *txn = begin(f, 0);
	struct lmdb_row row;

	for (unsigned i = 0; i < n; i++) {
		find(f, txn, from + i, &row);
		row.packed.record = (struct store_record){ .expires_ms = expires_ms + i * step_ms };
		assert_int_equal(lmdb_keep(&f->env, txn, &row), 0);
	}
	assert_int_equal(mdb_txn_commit(txn), 0);
}

/* How many of those are there. */
static unsigned count(const struct lmdb_file *f, unsigned from, unsigned n)
{
	MDB_txn *txn = begin(f, MDB_RDONLY);
	unsigned there = 0;

	for (unsigned i = 0; i < n; i++) {
		struct lmdb_row row;

		find(f, txn, from + i, &row);
		there += row.packed.record.expires_ms != 0;
	}
	mdb_txn_abort(txn);
	return there;
}

static size_t rows(const struct lmdb_file *f)
{
	MDB_txn *txn = begin(f, MDB_RDONLY);
	const size_t n = lmdb_rows(&f->env, txn, STORE_MARK);

	mdb_txn_abort(txn);
	return n;
}

static size_t pages_in_use(const struct lmdb_file *f)
{
	MDB_txn *txn = begin(f, MDB_RDONLY);
	const size_t n = lmdb_pages(&f->env, txn);

	mdb_txn_abort(txn);
	return n;
}

/* Rounds of the helper thread's work until it says that it is done. */
static void work(struct lmdb_file *f, int64_t now_ms)
{
	f->now_ms = now_ms;
	do
		assert_int_equal(lmdb_file_work(f), ERR_OK);
	while (f->more);
}

/* ---- what has expired ---- */

static void what_has_expired_goes(void **state)
{
	struct lmdb_file *f = open_file(64 * MB);

	(void)state;
	add(f, 0, 20000, NOW + HOUR, 0);
	add(f, 20000, 1000, NOW + 100 * HOUR, 0);
	work(f, NOW);
	assert_int_equal(rows(f), 21000);
	add(f, 0, 10, NOW + 2 * HOUR, 0);
	work(f, NOW + HOUR - 1);
	assert_int_equal(rows(f), 21000);
	work(f, NOW + HOUR - 1 + LIMIT_STORE_WALK_MS);
	assert_int_equal(rows(f), 1010);
	assert_int_equal(count(f, 0, 10), 10);
	work(f, NOW + 2 * HOUR);
	assert_int_equal(rows(f), 1000);
	assert_int_equal(count(f, 20000, 1000), 1000);
	lmdb_file_close(f);
}

/* It is looked for when something has been written, but not all the time, and when what is there will have expired. */
static void nothing_is_looked_for_in_vain(void **state)
{
	struct lmdb_file *f = open_file(64 * MB);
	uint64_t settled;

	(void)state;
	add(f, 1, 1, NOW + HOUR, 0);
	add(f, 2, 1, NOW + 3 * HOUR, 0);
	work(f, NOW);
	assert_true(f->walk.now_ms == NOW && f->settled != 0);
	settled = f->settled;
	work(f, NOW + HOUR - 1);
	assert_true(f->walk.now_ms == NOW && f->settled == settled);
	work(f, NOW + HOUR);
	assert_true(f->walk.now_ms == NOW + HOUR && f->settled != settled);
	assert_int_equal(rows(f), 1);
	work(f, NOW + 3 * HOUR - 1);
	assert_true(f->walk.now_ms == NOW + HOUR);

	add(f, 3, 1, NOW + 3 * HOUR, 0);
	work(f, NOW + 3 * HOUR - 1);
	add(f, 4, 1, NOW + 3 * HOUR, 0);
	work(f, NOW + 3 * HOUR - 2 + LIMIT_STORE_WALK_MS);
	assert_int_equal(rows(f), 3);
	work(f, NOW + 3 * HOUR - 1 + LIMIT_STORE_WALK_MS);
	assert_int_equal(rows(f), 0);
	lmdb_file_close(f);
}

/* Between the look at it and the end that was meant for it. */
static void what_is_prolonged_stays(void **state)
{
	static struct lmdb_walk walk;
	struct lmdb_file *f = open_file(64 * MB);
	MDB_txn *txn;

	(void)state;
	add(f, 1, 2, NOW, 0);
	lmdb_walk_begin(&walk, NOW, f->pages_max);
	txn = begin(f, MDB_RDONLY);
	assert_int_equal(lmdb_walk_look(&f->env, txn, &walk), 0);
	mdb_txn_abort(txn);
	assert_int_equal(walk.count, 2);
	add(f, 2, 1, NOW + HOUR, 0);
	txn = begin(f, 0);
	assert_int_equal(lmdb_walk_take(&f->env, txn, &walk), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	assert_int_equal(count(f, 1, 1), 0);
	assert_int_equal(count(f, 2, 1), 1);
	lmdb_file_close(f);
}

static void set_version(const struct lmdb_file *f, unsigned from, unsigned n, unsigned version)
{
	MDB_txn *txn = begin(f, 0);

	for (unsigned i = 0; i < n; i++) {
		char bytes[PACKED_MAX];
		struct lmdb_row row;
		MDB_val key, value;

		find(f, txn, from + i, &row);
		key = (MDB_val){ .mv_size = sizeof(row.hash), .mv_data = &row.hash };
		assert_int_equal(mdb_get(txn, f->env.records[STORE_MARK], &key, &value), 0);
		memcpy(bytes, value.mv_data, value.mv_size);
		bytes[0] = (char)(version << 4);
		value.mv_data = bytes;
		assert_int_equal(mdb_put(txn, f->env.records[STORE_MARK], &key, &value, 0), 0);
	}
	assert_int_equal(mdb_txn_commit(txn), 0);
}

/* What another version wrote counts as none, gives its place to what is written, and goes when its time has come; what
 * an older one wrote, at once. */
static void other_versions_go(void **state)
{
	struct lmdb_file *f = open_file(64 * MB);

	(void)state;
	add(f, 0, 5, NOW + HOUR, 0);
	set_version(f, 0, 2, PACKED_VERSION + 1);
	set_version(f, 2, 2, PACKED_VERSION - 1);
	assert_int_equal(count(f, 0, 5), 1);
	work(f, NOW);
	assert_int_equal(rows(f), 3);
	add(f, 0, 1, NOW + 2 * HOUR, 0);
	assert_int_equal(count(f, 0, 5), 2);
	work(f, NOW + HOUR);
	assert_int_equal(rows(f), 1);
	lmdb_file_close(f);
}

/* ---- what is too much ---- */

/* A size that was lowered is reached by and by, and what is kept is what expires last. */
static void a_smaller_size_is_reached(void **state)
{
	enum { ROWS = 30000, TURNS = 60 };
	struct lmdb_file *f = open_file(MB);
	unsigned turns = 0;

	(void)state;
	add(f, 0, ROWS, NOW + HOUR, 10);
	while (pages_in_use(f) >= f->pages_max) {
		assert_true(turns++ < TURNS);
		work(f, NOW);
	}
	assert_in_range(rows(f), 2000, 9000);
	assert_in_range(count(f, 0, ROWS / 2), 0, rows(f) / 20);
	lmdb_file_close(f);
}

static void evict(const struct lmdb_file *f, unsigned number)
{
	MDB_txn *txn = begin(f, 0);
	struct lmdb_row row;

	find(f, txn, number, &row);
	assert_int_equal(lmdb_evict(&f->env, txn, 1, row.hash, 1), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
}

/* The one for whose sake others go is the last to go, also when it would expire first; alone it stays. */
static void who_is_new_stays(void **state)
{
	enum { ROWS = 40 };
	struct lmdb_file *f = open_file(MB);

	(void)state;
	add(f, 0, 1, NOW + 1, 0);
	add(f, 1, ROWS, NOW + HOUR, 1);
	for (unsigned i = 1; i <= ROWS; i++) {
		evict(f, 0);
		assert_int_equal(count(f, 0, 1), 1);
		assert_int_equal(rows(f), ROWS + 1 - i);
	}
	evict(f, 0);
	assert_int_equal(rows(f), 1);
	lmdb_file_close(f);
}

/* ---- several workers ---- */

/* One does the work; when it is gone, another one does. */
static void one_worker_works(void **state)
{
	struct lmdb_file *f = open_file(64 * MB);
	int fds[2], status;
	pid_t pid;
	char c;

	(void)state;
	add(f, 0, 100, NOW + HOUR, 0);
	lmdb_file_close(f);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		f = open_file(64 * MB);
		work(f, NOW);
		_exit(write(fds[1], "x", 1) == 1 && pause() ? 0 : 1);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
	f = open_file(64 * MB);
	work(f, NOW + 1);
	assert_true(f->settled == 0); /* left to the other */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	work(f, NOW + 2 * HOUR);
	assert_int_equal(rows(f), 0);
	assert_true(f->settled != 0);
	lmdb_file_close(f);
}

#define TEST(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_has_expired_goes),     TEST(nothing_is_looked_for_in_vain),
		TEST(what_is_prolonged_stays),   TEST(other_versions_go),
		TEST(a_smaller_size_is_reached), TEST(who_is_new_stays),
		TEST(one_worker_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
