/* lmdb/lmdb.h: the bulk radar of several workers, on a disk without room, and what a flood of other mail leaves of it. */
#include "base/check.h"
#include "base/out.h"
#include "lmdb/lmdb.h"
#include "lmdb/lmdb_env.h"
#include "lmdb/lmdb_ways.h"
#include "unit/folder.h"
#include "unit/lmdb/full_disk.h"
#include "unit/store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MB   (INT64_C(1) << 20)
#define HOUR (INT64_C(3600) * 1000)

enum { FLOOD = 10000, MEMBERS = 100 };

static void open_sized(struct shop *s, int64_t size_max)
{
	struct loop *loop = loop_new();
	const struct lmdb_options options = {
		.loop = loop, .folder = str_z(folder), .size_max = size_max, .sync_ms = 1000
	};
	struct store_side side;
	char text[256];
	struct out why = OUT(text);

	if (!store_lmdb(&options, &side, &why))
		fail_msg(STR_FMT, STR_ARG(out_text(&why)));
	shop_open(s, loop, side);
}

static void open_shop(struct shop *s)
{
	open_sized(s, 64 * MB);
}

static void counts_for_many(void **state)
{
	(void)state;
	store_counts_for_many(open_shop);
}

static struct store_answer try_note(struct shop *s, uint32_t mail)
{
	struct bulk_sighting m = { .has_text = true };
	struct store_question q = { .procedure = STORE_BULK,
				    .label = STR("a subject of some length, as they are"),
				    .args = { BULK_NOTE, HOUR, 48 * HOUR, 14 },
				    .sighting = &m };
	struct store_answer answer;
	char key[BULK_KEY];

	for (uint32_t i = 0; i < BULK_VALUES; i++)
		m.text[i] = (mail * BULK_VALUES + i) * 0x9e3779b1;
	q.key = bulk_mail_key(&m, key);
	(void)shop_ask(s, &q, &answer);
	return answer;
}

static struct bulk_seen note(struct shop *s, uint32_t mail)
{
	const struct store_answer answer = try_note(s, mail);

	assert_int_equal(answer.status, STORE_OK);
	return answer.bulk;
}

/* ---- the file of ways ---- */

static void path_of_ways(char path[128])
{
	snprintf(path, 128, "%s/" LMDB_WAYS_FILE, folder);
}

/* As old and new workers do: nobody waits for the other. */
static void several_have_the_file_open(void **state)
{
	struct lmdb_ways *one = lmdb_ways_open(str_z(folder), 1 << 20),
			 *other = lmdb_ways_open(str_z(folder), 1 << 24);

	(void)state;
	assert_true(one && other);
	lmdb_ways_put(one, 4097, STR("an entry's 13 bytes, and another."));
	assert_int_equal(lmdb_ways_get(other, 4097).n, 2 * 13);
	assert_int_equal(lmdb_ways_get(other, 1).n,
			 2 * 13); /* it has 4096 places, as it was made */
	assert_int_equal(lmdb_ways_get(one, 2).n, 0);
	lmdb_ways_close(one);
	lmdb_ways_close(other);
}

static void conforms_without_the_file(void **state)
{
	char path[128];
	struct shop s;

	(void)state;
	path_of_ways(path);
	assert_int_equal(mkdir(path, 0700), 0);
	open_shop(&s);
	store_conforms_bulk(&s);
	shop_close(&s);
	assert_int_equal(rmdir(path), 0);
}

/* Whatever lies in it: what is the same is found, and what is not, is not. */
static void garbage_leads_nowhere(void **state)
{
	char path[128], bytes[4096];
	uint32_t random = 1;
	struct shop s;
	FILE *f;

	(void)state;
	path_of_ways(path);
	f = fopen(path, "w");
	assert_non_null(f);
	for (unsigned page = 0; page < 256; page++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
		assert_int_equal(fwrite(bytes, sizeof(bytes), 1, f), 1);
	}
	assert_int_equal(fclose(f), 0);
	open_shop(&s);
	for (uint32_t i = 1; i < 1000; i++) {
		assert_true(note(&s, i).is_new);
		assert_int_equal(note(&s, i).messages, 2);
	}
	shop_close(&s);
}

/* ---- a flood ---- */

static int64_t file_bytes(void)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" LMDB_FILE, folder);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Far more mail than there is room for, each its own.  One that comes again and again is known all the while; of the
 * others, those that came last. */
static void a_flood_takes_the_oldest(void **state)
{
	struct bulk_seen seen = { .id = 0 };
	struct shop s;
	unsigned known = 0;

	(void)state;
	open_sized(&s, 4 * MB);
	for (uint32_t i = 1; i <= FLOOD; i++) {
		assert_true(note(&s, i).is_new);
		s.now_ms += 20000;
		if (i % (FLOOD / MEMBERS) == 0)
			seen = note(&s, 0);
	}
	assert_int_equal(seen.messages, MEMBERS);
	assert_in_range(file_bytes(), 2 * MB, 5 * MB);
	for (uint32_t i = FLOOD; i > FLOOD - 500; i--)
		known += !note(&s, i).is_new;
	assert_in_range(known, 450, 500);
	assert_true(note(&s, 1).is_new);
	shop_close(&s);
}

/* ---- no room ---- */

/* What was answered is counted, and what was not, is not, though ways may have been written for it. */
static void a_full_disk_is_survived(void **state)
{
	static bool counted[FLOOD];
	unsigned failed = 0;
	struct shop s;

	(void)state;
	open_shop(&s);
	note(&s, FLOOD);
	may_write((rlim_t)file_bytes() + MB);
	for (uint32_t i = 0; i < FLOOD; i++) {
		counted[i] = try_note(&s, i).status == STORE_OK;
		failed += !counted[i];
	}
	assert_in_range(failed, FLOOD / 10, FLOOD * 9 / 10);
	may_write(RLIM_INFINITY);
	for (uint32_t i = 0; i < FLOOD; i++)
		assert_int_equal(note(&s, i).messages, counted[i] ? 2 : 1);
	assert_int_equal(note(&s, FLOOD).messages, 2);
	shop_close(&s);
}

/* The file of ways has its room from the start, or is not made: buckets are rows then. */
static void a_disk_too_full_for_the_ways_is_survived(void **state)
{
	char path[128];
	struct stat st;
	struct shop s;

	(void)state;
	path_of_ways(path);
	may_write(8 * MB);
	open_shop(&s);
	for (uint32_t i = 0; i < 1000; i++)
		note(&s, i);
	assert_true(stat(path, &st) != 0 || st.st_size == 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(note(&s, i).messages, 2);
	may_write(RLIM_INFINITY);
	shop_close(&s);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_for_many),
		TEST(several_have_the_file_open),
		TEST(conforms_without_the_file),
		TEST(garbage_leads_nowhere),
		TEST(a_flood_takes_the_oldest),
		TEST(a_full_disk_is_survived),
		TEST(a_disk_too_full_for_the_ways_is_survived),
	};

	return cmocka_run_group_tests_name("store/lmdb bulk", tests, NULL, NULL);
}
