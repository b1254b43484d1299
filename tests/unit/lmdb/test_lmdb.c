/* lmdb/lmdb.h: what every store does; full, without room on the disk, with odd files and other versions. */
#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "lmdb/lmdb.h"
#include "lmdb/lmdb_env.h"
#include "unit/folder.h"
#include "unit/lmdb/full_disk.h"
#include "unit/often.h"
#include "unit/store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MB   (INT64_C(1) << 20)
#define HOUR (INT64_C(3600) * 1000)

static void path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", folder, name);
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

/* Far more than it may hold, over days: it stays within its size, what is kept is what was noted last but for a few,
 * and those of other kinds are left alone. */
static void what_is_oldest_goes(void **state)
{
	enum { PART = 1000, PARTS_MAX = 60, KEPT_MAX = 20 };
	const unsigned parts = often(PARTS_MAX, KEPT_MAX + 2), rows = parts * PART;
	const struct store_question bucket = { .procedure = STORE_BUCKET,
					       .key = STR("a rate"),
					       .args = { 1, 1, 1000, 1 } };
	struct store_answer answer;
	unsigned kept[PARTS_MAX] = { 0 };
	struct shop s;

	(void)state;
	open_shop(&s, 2 * MB);
	for (unsigned i = 0; i < rows; i++) {
		set_mark(&s, i, 48 * HOUR);
		s.now_ms += 2000;
	}
	s.now_ms += 1;
	(void)shop_ask(&s, &bucket, &answer);
	for (unsigned i = 0; i < rows; i++)
		kept[i / PART] += is_marked(&s, i);
	for (unsigned i = 0; i < parts; i++) /* some 13 parts have room */
		if (i < parts - KEPT_MAX)
			assert_in_range(kept[i], 0, 10);
		else if (i >= parts - 8)
			assert_in_range(kept[i], 990, 1000);
	assert_in_range(file_bytes(), MB, 2 * MB);
	(void)shop_ask(&s, &bucket, &answer);
	assert_int_equal(answer.results[0], 0);
	shop_close(&s);
}

/* ---- when the world does not play along ---- */

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

static void other_files_are_no_store(void **state)
{
	static char garbage[100000];
	char path[128];

	(void)state;
	path_of(LMDB_FILE, path);
	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (char)(i * i * 7 >> 3);
	write_file(path, (struct str){ .p = garbage, .n = sizeof(garbage) });
	expect_no_store("not an LMDB file");
	write_file(path, (struct str){ .p = garbage, .n = 10 });
	expect_no_store("not an LMDB file");
}

#define TEST(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conforms),
		TEST(what_was_written_is_there_again),
		TEST(what_is_oldest_goes),
		TEST(a_full_disk_is_survived),
		TEST(a_folder_must_be_there),
		TEST(other_files_are_no_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
