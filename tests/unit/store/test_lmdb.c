/* store/lmdb.h: what every store does; full, without room on the disk, with odd files. */
#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "store/lmdb.h"
#include "store/lmdb_file.h"
#include "store/lmdb_tidy.h"
#include "unit/store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MB   (INT64_C(1) << 20)
#define HOUR (INT64_C(3600) * 1000)

static char folder[64];

static void path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", folder, name);
}

static int make_folder(void **state)
{
	(void)state;
	memcpy(folder, "/tmp/postern-store-XXXXXX", sizeof("/tmp/postern-store-XXXXXX"));
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { LMDB_FILE, LMDB_FILE "-lock" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		path_of(names[i], path);
		(void)unlink(path);
	}
	return rmdir(folder);
}

static bool try_shop(struct shop *s, int64_t size_max, struct out *why)
{
	struct loop *loop = loop_new();
	const struct lmdb_options options = {
		.loop = loop, .folder = str_z(folder), .size_max = size_max, .sync_ms = 1000
	};
	struct store_side side;

	if (!store_lmdb(&options, &side, why)) {
		loop_free(loop);
		return false;
	}
	shop_open(s, loop, side);
	return true;
}

static void open_shop(struct shop *s, int64_t size_max)
{
	char text[256];
	struct out why = OUT(text);

	if (!try_shop(s, size_max, &why))
		fail_msg(STR_FMT, STR_ARG(out_text(&why)));
}

static void conforms(void **state)
{
	struct shop s;

	(void)state;
	open_shop(&s, 64 * MB);
	store_conforms(&s);
	shop_close(&s);
}

/* ---- marks, by number ---- */

static struct store_answer mark(struct shop *s, unsigned number, bool set, int64_t lifetime_ms)
{
	char key[64];
	struct store_question q = { .procedure = STORE_MARK, .args = { set, lifetime_ms } };
	struct store_answer answer;

	q.key = (struct str){ .p = key,
			      .n = (size_t)snprintf(key, sizeof(key),
						    "mark number %u, which has some length",
						    number) };
	(void)shop_ask(s, &q, &answer);
	return answer;
}

static bool is_marked(struct shop *s, unsigned number)
{
	const struct store_answer a = mark(s, number, false, HOUR);

	assert_int_equal(a.status, STORE_OK);
	return a.results[0] == 1;
}

static void set_mark(struct shop *s, unsigned number, int64_t lifetime_ms)
{
	assert_int_equal(mark(s, number, true, lifetime_ms).status, STORE_OK);
}

static int64_t file_bytes(void)
{
	char path[128];
	struct stat st;

	path_of(LMDB_FILE, path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void what_was_written_is_there_again(void **state)
{
	struct shop s;

	(void)state;
	open_shop(&s, 64 * MB);
	set_mark(&s, 1, HOUR);
	shop_close(&s);
	open_shop(&s, 64 * MB);
	assert_true(is_marked(&s, 1));
	assert_false(is_marked(&s, 2));
	shop_close(&s);
}

/* Far more than it may hold, over days: it stays within its size, what is kept is what was noted last, and those
 * of other kinds are left alone. */
static void what_is_oldest_goes(void **state)
{
	enum { ROWS = 60000 };
	const struct store_question bucket = { .procedure = STORE_BUCKET,
					       .key = STR("a rate"),
					       .args = { 1, 1, 1000, 1 } };
	struct store_answer answer;
	unsigned first = ROWS;
	struct shop s;

	(void)state;
	open_shop(&s, 2 * MB);
	for (unsigned i = 0; i < ROWS; i++) {
		set_mark(&s, i, 48 * HOUR);
		s.now_ms += 2000;
	}
	s.now_ms += 1;
	(void)shop_ask(&s, &bucket, &answer);
	for (unsigned i = ROWS; i-- > 0;)
		if (is_marked(&s, i))
			first = i;
	assert_in_range(first, ROWS - 20000, ROWS - 2000);
	/* The order knows sixteen seconds. */
	for (unsigned i = first + 9; i < ROWS; i++)
		assert_true(is_marked(&s, i));
	assert_in_range(file_bytes(), MB, 2 * MB);
	(void)shop_ask(&s, &bucket, &answer);
	assert_int_equal(answer.results[0], 0);
	shop_close(&s);
}

/* ---- by the clock ---- */

static unsigned rows_left(struct lmdb_file *f)
{
	unsigned n = 0;
	MDB_txn *txn;

	assert_int_equal(mdb_txn_begin(f->env.env, NULL, MDB_RDONLY, &txn), 0);
	for (unsigned p = 0; p < STORE_PROCEDURE_COUNT; p++)
		n += (unsigned)lmdb_rows(&f->env, txn, (enum store_procedure)p);
	mdb_txn_abort(txn);
	return n;
}

static struct lmdb_file *open_file(size_t bytes_max)
{
	const struct lmdb_file_options options = { .folder = str_z(folder),
						   .bytes_max = bytes_max,
						   .every_ms = 1000 };
	struct lmdb_file *f;
	int rc;

	f = lmdb_file_open(&options, &rc);
	if (!f)
		fail_msg("%s", mdb_strerror(rc));
	return f;
}

/* Rounds of the helper thread's work until it says that it is done. */
static void work(struct lmdb_file *f, int64_t now_ms)
{
	f->now_ms = now_ms;
	do
		assert_int_equal(lmdb_file_work(f), ERR_OK);
	while (f->more);
}

static void what_has_expired_goes(void **state)
{
	struct lmdb_file *f;
	struct shop s;
	int64_t now;

	(void)state;
	open_shop(&s, 64 * MB);
	for (unsigned i = 0; i < 6000; i++)
		set_mark(&s, i, i < 5000 ? HOUR : 100 * HOUR);
	s.now_ms += HOUR / 2;
	for (unsigned i = 0; i < 10; i++)
		set_mark(&s, i,
			 HOUR); /* live on, and are found alive when their first time has come */
	now = s.now_ms;
	shop_close(&s);

	f = open_file(64 * MB);
	work(f, now);
	assert_int_equal(rows_left(f), 6000);
	work(f, now + HOUR / 2 + 60000);
	assert_int_equal(rows_left(f), 1010);
	work(f, now + HOUR + 120000);
	assert_int_equal(rows_left(f), 1000);
	lmdb_file_close(f);
}

/* A size that was lowered is reached by and by. */
static void a_smaller_size_is_reached(void **state)
{
	struct lmdb_file *f;
	struct shop s;
	int64_t now;
	MDB_txn *txn;

	(void)state;
	open_shop(&s, 64 * MB);
	for (unsigned i = 0; i < 30000; i++)
		set_mark(&s, i, HOUR);
	now = s.now_ms;
	shop_close(&s);
	f = open_file(MB);
	work(f, now);
	assert_in_range(rows_left(f), 1000, 9000);
	assert_int_equal(mdb_txn_begin(f->env.env, NULL, MDB_RDONLY, &txn), 0);
	assert_true(lmdb_pages(&f->env, txn) <= MB / 4096);
	mdb_txn_abort(txn);
	lmdb_file_close(f);
}

/* One worker of several does the work; when it is gone, another one does. */
static void one_worker_works(void **state)
{
	struct lmdb_file *f;
	int fds[2], status;
	struct shop s;
	int64_t now;
	pid_t pid;
	char c;

	(void)state;
	open_shop(&s, 64 * MB);
	for (unsigned i = 0; i < 100; i++)
		set_mark(&s, i, HOUR);
	now = s.now_ms + 2 * HOUR;
	shop_close(&s);

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		f = open_file(64 * MB);
		work(f, now - 2 * HOUR + 1); /* finds nothing but that it is not on the disk */
		_exit(write(fds[1], "x", 1) == 1 && pause() ? 0 : 1);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
	f = open_file(64 * MB);
	work(f, now - 2 * HOUR + 2);
	assert_true(f->settled == 0); /* left to the other */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	work(f, now);
	assert_int_equal(rows_left(f), 0);
	assert_true(f->settled != 0);
	lmdb_file_close(f);
}

/* ---- when the world does not play along ---- */

static void may_write(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The calls fail for as long as it lasts, looks too: what is not there could not be noted.  Then it works again. */
static void a_full_disk_is_survived(void **state)
{
	unsigned written = 0, failed = 0;
	struct shop s;

	(void)state;
	open_shop(&s, 64 * MB);
	set_mark(&s, 1000000, HOUR);
	may_write((rlim_t)file_bytes() + 300000);
	for (unsigned i = 0; i < 20000; i++)
		if (mark(&s, i, true, HOUR).status == STORE_OK)
			written++;
		else
			failed++;
	assert_in_range(written, 500, 10000);
	assert_in_range(failed, 10000, 19500);
	for (unsigned i = 3000000; mark(&s, i, true, HOUR).status == STORE_OK; i++)
		assert_true(i < 3100000);
	assert_int_equal(mark(&s, 1000000, false, HOUR).status, STORE_FAILED);
	may_write(RLIM_INFINITY);
	set_mark(&s, 2000000, HOUR);
	assert_true(is_marked(&s, 2000000));
	assert_true(is_marked(&s, 1000000));
	shop_close(&s);
}

static void expect_no_store(const char *reason)
{
	char text[256];
	struct out why = OUT(text);
	struct shop s;

	assert_false(try_shop(&s, MB, &why));
	out_char(&why, '\0');
	if (!strstr(text, reason))
		fail_msg("%s", text);
}

static void a_folder_must_be_there(void **state)
{
	const size_t n = strlen(folder);

	(void)state;
	folder[n] = 'x';
	folder[n + 1] = '\0';
	expect_no_store("No such file");
	folder[n] = '\0';
}

static void write_file(const char *name, const char *bytes, size_t n)
{
	char path[128];
	int fd;

	path_of(name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	close(fd);
}

static void other_files_are_no_store(void **state)
{
	static char garbage[100000];

	(void)state;
	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (char)(i * i * 7 >> 3);
	write_file(LMDB_FILE, garbage, sizeof(garbage));
	expect_no_store("not an LMDB file");
	write_file(LMDB_FILE, garbage, 10);
	expect_no_store("store");
}

/* What another version wrote counts as none, gives its place to what is written, and goes when its time has come. */
static void what_does_not_decode_is_none(void **state)
{
	struct lmdb_file *f;
	struct shop s;
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_txn *txn;
	int64_t now;

	(void)state;
	open_shop(&s, 64 * MB);
	set_mark(&s, 1, HOUR);
	set_mark(&s, 2, HOUR);
	now = s.now_ms;
	shop_close(&s);

	f = open_file(64 * MB);
	assert_int_equal(mdb_txn_begin(f->env.env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_cursor_open(txn, f->env.records[STORE_MARK], &cursor), 0);
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
		char bytes[PACKED_MAX];

		memcpy(bytes, value.mv_data, value.mv_size);
		bytes[0] = (char)0xf0;
		value.mv_data = bytes;
		assert_int_equal(mdb_cursor_put(cursor, &key, &value, MDB_CURRENT), 0);
	}
	mdb_cursor_close(cursor);
	assert_int_equal(mdb_txn_commit(txn), 0);
	lmdb_file_close(f);

	open_shop(&s, 64 * MB);
	assert_false(is_marked(&s, 1));
	assert_false(is_marked(&s, 2));
	s.now_ms = now + HOUR / 2;
	set_mark(&s, 2, HOUR);
	assert_true(is_marked(&s, 2));
	shop_close(&s);
	f = open_file(64 * MB);
	work(f, now + HOUR + 60000);
	assert_int_equal(rows_left(f), 1);
	work(f, now + 2 * HOUR);
	assert_int_equal(rows_left(f), 0);
	lmdb_file_close(f);
}

#define TEST(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conforms),
		TEST(what_was_written_is_there_again),
		TEST(what_is_oldest_goes),
		TEST(what_has_expired_goes),
		TEST(a_smaller_size_is_reached),
		TEST(one_worker_works),
		TEST(a_full_disk_is_survived),
		TEST(a_folder_must_be_there),
		TEST(other_files_are_no_store),
		TEST(what_does_not_decode_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
