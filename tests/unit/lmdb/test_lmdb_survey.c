/* lmdb/lmdb_survey.h: a file of this boot is left alone, one of another is copied, and of one whose pages are of
 * different times, as after a power loss, what can be read is saved; whatever it takes, in a child process. */
#include "base/check.h"
#include "base/mem.h"
#include "base/random.h"
#include "lmdb/lmdb.h"
#include "lmdb/lmdb_env.h"
#include "lmdb/lmdb_survey.h"
#include "unit/folder.h"
#include "unit/store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR (INT64_C(3600) * 1000)
#define NOW  INT64_C(1800000000000)

enum { ROWS = 4000, PAGE = 4096, ROUNDS = 30 };

static char path[128], copy[128];

static void open_shop(struct shop *s)
{
	struct loop *loop = loop_new();
	char text[256];
	struct out why = OUT(text);
	struct store_side side;

	if (!store_lmdb(&(struct lmdb_options){ .loop = loop,
						.folder = str_z(folder),
						.size_max = INT64_C(1) << 26,
						.sync_ms = 1000 },
			&side, &why))
		fail_msg(STR_FMT, STR_ARG(out_text(&why)));
	shop_open(s, loop, side);
	s->now_ms = NOW;
}

static bool mark(struct shop *s, unsigned number, bool set, int64_t lifetime_ms)
{
	struct store_question q = { .procedure = STORE_MARK, .args = { set, lifetime_ms } };
	struct store_answer answer;
	char key[64];

	q.key = (struct str){ .p = key,
			      .n = (size_t)snprintf(key, sizeof(key), "mark %u", number) };
	assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
	return answer.results[0] == 1;
}

static void fill(unsigned from, unsigned to)
{
	struct shop s;

	open_shop(&s);
	for (unsigned i = from; i < to; i++)
		(void)mark(&s, i, true, i % 10 ? 100 * HOUR : HOUR);
	shop_close(&s);
}

/* Another time at which the machine came up. */
static void reboot(void)
{
	static char name[] = "boot";
	int64_t long_ago = 1;
	MDB_val key = { .mv_size = sizeof(name) - 1, .mv_data = name },
		value = { .mv_size = sizeof(long_ago), .mv_data = &long_ago };
	struct lmdb_env e;
	MDB_txn *txn;

	assert_int_equal(lmdb_open(&e, path), 0);
	assert_int_equal(mdb_txn_begin(e.env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_put(txn, e.about, &key, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	lmdb_close(&e);
}

/* As the master does it. */
static enum lmdb_survey survey(enum lmdb_occasion occasion)
{
	int status;
	pid_t pid;

	(void)unlink(copy);
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGSEGV, SIG_DFL);
		(void)signal(SIGBUS, SIG_DFL);
		(void)signal(SIGABRT, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr)) /* the library's own complaint */
			_exit(SURVEY_FAILED);
		_exit((int)lmdb_survey(path, copy, NOW + 2 * HOUR, occasion));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? (enum lmdb_survey)WEXITSTATUS(status) : SURVEY_DAMAGED;
}

static unsigned count_marks(unsigned most)
{
	unsigned n = 0;
	struct shop s;

	assert_int_equal(rename(copy, path), 0);
	open_shop(&s);
	s.now_ms += 2 * HOUR;
	for (unsigned i = 0; i < most; i++)
		n += mark(&s, i, false, HOUR);
	assert_false(mark(&s, most, true, HOUR));
	assert_true(mark(&s, most, false, HOUR));
	shop_close(&s);
	return n;
}

static void one_of_this_boot_is_fine(void **state)
{
	(void)state;
	fill(0, 10);
	assert_int_equal(survey(SURVEY_AT_START), SURVEY_FINE);
	assert_int_equal(survey(SURVEY_IN_DOUBT), SURVEY_COPIED);
}

static void an_empty_one_is_fine(void **state)
{
	const int fd = open(path, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(survey(SURVEY_AT_START), SURVEY_FINE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(survey(SURVEY_AT_START), SURVEY_FINE);
}

/* All that has not expired. */
static void one_of_another_boot_is_copied(void **state)
{
	(void)state;
	fill(0, ROWS);
	reboot();
	assert_int_equal(survey(SURVEY_AT_START), SURVEY_COPIED);
	assert_int_equal(count_marks(ROWS), ROWS - ROWS / 10);
	assert_int_equal(survey(SURVEY_AT_START), SURVEY_FINE);
}

/* As a program wrote it that knew one procedure less. */
static void drop_tables(enum store_procedure p)
{
	struct lmdb_env e;
	MDB_txn *txn;

	assert_int_equal(lmdb_open(&e, path), 0);
	assert_int_equal(mdb_txn_begin(e.env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_drop(txn, e.records[p], 1), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	lmdb_close(&e);
}

static void one_of_an_older_program_is_copied(void **state)
{
	(void)state;
	fill(0, 10);
	reboot();
	drop_tables(STORE_BULK);
	assert_int_equal(survey(SURVEY_AT_START), SURVEY_COPIED);
	assert_int_equal(count_marks(10), 9);
}

static void garbage_is_damaged(void **state)
{
	const int fd = open(path, O_WRONLY | O_CREAT, 0600);
	static char bytes[5 * PAGE];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_true(fd >= 0 && write(fd, bytes, sizeof(bytes)) == sizeof(bytes));
	close(fd);
	assert_int_equal(survey(SURVEY_AT_START), SURVEY_DAMAGED);
}

struct image {
	char *bytes;
	size_t n;
};

static struct image read_file(void)
{
	const int fd = open(path, O_RDONLY);
	struct image f;
	struct stat st;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	f.n = (size_t)st.st_size;
	f.bytes = mem_new(f.n);
	assert_true(read(fd, f.bytes, f.n) == st.st_size);
	close(fd);
	return f;
}

/* Of each page the old or the new content, or zeros where the file has grown; the first two say which tree is the
 * last one, and are new. */
static void write_mix(const struct image *old, const struct image *now, unsigned lost)
{
	const int fd = open(path, O_WRONLY | O_TRUNC);
	static const char zeros[PAGE];

	assert_true(fd >= 0);
	for (size_t at = 0; at + PAGE <= now->n; at += PAGE) {
		const bool is_lost = at >= 2 * PAGE && random_u32() % 100 < lost;
		const char *page = !is_lost              ? now->bytes + at
				   : at + PAGE <= old->n ? old->bytes + at
							 : zeros;

		assert_true(write(fd, page, PAGE) == PAGE);
	}
	close(fd);
}

static void a_power_loss_is_survived(void **state)
{
	struct image old, now;
	unsigned damaged = 0, saved = 0;

	(void)state;
	fill(0, ROWS / 2);
	reboot();
	old = read_file();
	fill(ROWS / 2, ROWS);
	now = read_file();
	for (unsigned i = 0; i < ROUNDS; i++) {
		enum lmdb_survey found;

		write_mix(&old, &now, 1 + i);
		found = survey(SURVEY_AT_START);
		assert_true(found == SURVEY_COPIED || found == SURVEY_DAMAGED);
		damaged += found == SURVEY_DAMAGED;
		if (access(copy, F_OK) == 0)
			saved += count_marks(ROWS);
	}
	assert_in_range(damaged, 1, ROUNDS);
	print_message("# %u of %u were damaged, %u of %u records saved\n", damaged, ROUNDS, saved,
		      ROUNDS * (ROWS - ROWS / 10));
	mem_free(old.bytes);
	mem_free(now.bytes);
}

static int make_paths(void **state)
{
	if (make_folder(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/" LMDB_FILE, folder);
	snprintf(copy, sizeof(copy), "%s/copy", folder);
	return 0;
}

#define TEST(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, make_paths, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_of_this_boot_is_fine),
		TEST(an_empty_one_is_fine),
		TEST(one_of_another_boot_is_copied),
		TEST(one_of_an_older_program_is_copied),
		TEST(garbage_is_damaged),
		TEST(a_power_loss_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
