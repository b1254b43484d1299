/* lmdb/lmdb.h: a year of greylisting in virtual time.  Each day brings new tuples; some come back and pass, some of
 * these come back every week.  At the end of each day what has expired goes: what is left is what should be, and the
 * file does not grow with the days.
 *
 *	POSTERN_TUPLES=1000000 build/unit/lmdb/test_lmdb_year     of the year, instead of some */
#include "base/check.h"
#include "base/mem.h"
#include "lmdb/lmdb.h"
#include "lmdb/lmdb_tidy.h"
#include "unit/folder.h"
#include "unit/store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE (INT64_C(60) * 1000)
#define DAY    (INT64_C(24) * 60 * MINUTE)
#define BEGIN  INT64_C(1800000000000)

enum { DAYS = 365, TUPLES = 36500, WEEK = 7, QUARTER = 91 };

struct year {
	struct shop shop;
	unsigned a_day;
	int64_t *expires_ms; /* of each tuple */
	size_t rows, bytes, most_bytes;
	uint64_t random;
};

/* Of a tuple, the same each time: does it come back at all, every week? */
static bool returns(unsigned tuple)
{
	return tuple % 10 < 4;
}

static bool is_regular(unsigned tuple)
{
	return tuple % 10 == 0;
}

static void ask(struct year *y, unsigned tuple, enum greylist_state expected)
{
	struct store_question q = { .procedure = STORE_GREYLIST,
				    .args = { GREYLIST_NOTE, 5 * MINUTE, 2 * DAY, 36 * DAY } };
	struct store_answer answer;
	char key[128];
	const int n =
		snprintf(key, sizeof(key), "198.51.%u.0/24 sender%u@example.org user%u@example.net",
			 tuple % 256, tuple, tuple % 1000);

	q.key = (struct str){ .p = key, .n = (size_t)n };
	assert_int_equal(shop_ask(&y->shop, &q, &answer), ERR_OK);
	assert_int_equal(answer.results[0], expected);
	if (expected == GREYLIST_STATE_NEW)
		y->expires_ms[tuple] = y->shop.now_ms + 2 * DAY;
	else
		y->expires_ms[tuple] = y->shop.now_ms + 36 * DAY;
}

static void open_store(struct year *y)
{
	struct loop *loop = loop_new();
	const int64_t now = y->shop.now_ms;
	char text[256];
	struct out why = OUT(text);
	struct store_side side;

	assert_true(store_lmdb(&(struct lmdb_options){ .loop = loop,
						       .folder = str_z(folder),
						       .size_max = INT64_C(1) << 30,
						       .sync_ms = 1000 },
			       &side, &why));
	shop_open(&y->shop, loop, side);
	y->shop.now_ms = now;
}

static void spend_day(struct year *y, unsigned day)
{
	const unsigned first = day * y->a_day;

	open_store(y);
	y->shop.now_ms = BEGIN + day * DAY;
	for (unsigned i = first; i < first + y->a_day; i++)
		ask(y, i, GREYLIST_STATE_NEW);
	y->shop.now_ms += 10 * MINUTE;
	for (unsigned i = first; i < first + y->a_day; i++)
		if (returns(i))
			ask(y, i, GREYLIST_STATE_PASSED);
	for (unsigned before = WEEK; before <= day; before += WEEK)
		for (unsigned i = first - before * y->a_day; i < first - (before - 1) * y->a_day;
		     i++)
			if (is_regular(i))
				ask(y, i, GREYLIST_STATE_KNOWN);
	shop_close(&y->shop);
}

static size_t count_living(const struct year *y, unsigned day)
{
	size_t n = 0;

	for (unsigned i = 0; i < (day + 1) * y->a_day; i++)
		n += y->expires_ms[i] > y->shop.now_ms;
	return n;
}

static void purge(struct year *y)
{
	char path[128];
	struct lmdb_walk walk;
	struct lmdb_env e;
	struct stat st;
	MDB_txn *txn;

	snprintf(path, sizeof(path), "%s/" LMDB_FILE, folder);
	assert_int_equal(lmdb_open(&e, path), 0);
	lmdb_walk_begin(&walk, y->shop.now_ms, SIZE_MAX);
	while (walk.procedure < STORE_PROCEDURE_COUNT) {
		assert_int_equal(mdb_txn_begin(e.env, NULL, MDB_RDONLY, &txn), 0);
		assert_int_equal(lmdb_walk_look(&e, txn, &walk), 0);
		mdb_txn_abort(txn);
		assert_int_equal(mdb_txn_begin(e.env, NULL, 0, &txn), 0);
		assert_int_equal(lmdb_walk_take(&e, txn, &walk), 0);
		y->rows = lmdb_rows(&e, txn, STORE_GREYLIST);
		assert_int_equal(mdb_txn_commit(txn), 0);
	}
	lmdb_close(&e);
	assert_int_equal(stat(path, &st), 0);
	y->bytes = (size_t)st.st_size;
}

static void a_year(void **state)
{
	const char *text = getenv("POSTERN_TUPLES");
	const unsigned tuples = text ? (unsigned)strtoul(text, NULL, 10) : TUPLES;
	struct year y = { .a_day = tuples / DAYS };
	size_t bytes_before = 0;

	(void)state;
	y.expires_ms = mem_new((size_t)DAYS * y.a_day * sizeof(*y.expires_ms));
	for (unsigned day = 0; day < DAYS; day++) {
		spend_day(&y, day);
		y.shop.now_ms = BEGIN + (day + 1) * DAY - MINUTE;
		purge(&y);
		assert_int_equal(y.rows, count_living(&y, day));
		if (day % QUARTER != QUARTER - 1)
			continue;
		print_message("# day %u: %zu rows, %.1f MB, %.0f bytes each\n", day + 1, y.rows,
			      (double)y.bytes / 1e6, (double)y.bytes / (double)y.rows);
		/* What there is grows by the regulars only. */
		assert_true(day < 2 * QUARTER || y.bytes < bytes_before + bytes_before / 2);
		bytes_before = y.bytes;
	}
	mem_free(y.expires_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_year, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
