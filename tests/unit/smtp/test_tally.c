/* smtp/tally.h: who does how much, in fake time, against a naive model, over several processes, and when it is full. */
#include "base/out.h"
#include "base/siphash.h"
#include "smtp/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 4, NAMES = 12, STEPS = 200000 };

static uint64_t name_of(const struct tally *t, unsigned n)
{
	return tally_name(t, (struct str){ .p = (const char *)&n, .n = sizeof(n) });
}

/* The vector of the authors' paper, appendix A. */
static void hash_is_siphash(void **state)
{
	static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	static const char bytes[15] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };

	(void)state;
	assert_true(siphash(key, (struct str){ .p = bytes, .n = 15 }) == 0xa129ca6149be45e5);
}

static void bucket_takes_its_count_and_then_one_a_step(void **state)
{
	const struct conf_rate rate = { .count = 10, .window_ms = 60000 };
	struct tally *t = tally_new(8, 1);
	const struct tally_desk d = { .tally = t };
	const uint32_t row = tally_enter(&d, name_of(t, 1));
	struct tally_level level;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		assert_true(tally_take(t, row, 0, &rate, 1000, &level));
	assert_false(tally_take(t, row, 0, &rate, 1000, &level));
	assert_int_equal(level.count, 10);
	assert_int_equal(level.retry_ms, 6000);
	assert_false(tally_has_room(t, row, 0, &rate, 6999, &level));
	assert_int_equal(level.retry_ms, 1);
	assert_true(tally_has_room(t, row, 1, &rate, 1000, &level));
	assert_true(tally_take(t, row, 0, &rate, 7000, &level));
	assert_false(tally_take(t, row, 0, &rate, 7000, &level));
	for (unsigned i = 0; i < 10; i++)
		assert_true(tally_take(t, row, 0, &rate, 7000 + 60000, &level));
	tally_free(t);
}

static void no_limit_and_no_row_allow_everything(void **state)
{
	const struct conf_rate off = { 0 }, one = { .count = 1, .window_ms = 1000 };
	struct tally *t = tally_new(8, 1);
	const struct tally_desk d = { .tally = t };
	const uint32_t row = tally_enter(&d, name_of(t, 1));
	struct tally_level level;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		assert_true(tally_take(t, row, 0, &off, 0, &level));
		assert_true(tally_take(t, TALLY_NONE, 0, &one, 0, &level));
	}
	tally_leave(&d, TALLY_NONE);
	assert_int_equal(tally_open(t, TALLY_NONE), 0);
	tally_free(t);
}

/* A reload brought narrower limits: what the older ones left is no more than full. */
static void old_levels_obey_new_limits(void **state)
{
	const struct conf_rate wide = { .count = 10, .window_ms = 3600000 };
	const struct conf_rate narrow = { .count = 2, .window_ms = 1000 };
	struct tally *t = tally_new(8, 1);
	const struct tally_desk d = { .tally = t };
	const uint32_t row = tally_enter(&d, name_of(t, 1));
	struct tally_level level;

	(void)state;
	while (tally_take(t, row, 0, &wide, 0, &level))
		continue;
	assert_false(tally_take(t, row, 0, &narrow, 0, &level));
	assert_int_equal(level.retry_ms, 500);
	tally_free(t);
}

/* ---- the naive model ---- */

struct model {
	int64_t tokens[NAMES][TALLY_BUCKETS]; /* times the window */
	int64_t seen_ms[NAMES][TALLY_BUCKETS];
	unsigned open[NAMES][SLOTS];
};

static const struct conf_rate rates[TALLY_BUCKETS] = {
	{ .count = 1, .window_ms = 7 },          { .count = 5, .window_ms = 1000 },
	{ .count = 100, .window_ms = 60000 },    { 0 },
	{ .count = 1000000, .window_ms = 1000 },
};

static bool model_take(struct model *m, unsigned name, unsigned bucket, int64_t now_ms)
{
	const struct conf_rate *r = &rates[bucket];
	int64_t *tokens = &m->tokens[name][bucket];

	if (r->count == 0)
		return true;
	*tokens += (now_ms - m->seen_ms[name][bucket]) * r->count;
	if (*tokens > r->count * r->window_ms)
		*tokens = r->count * r->window_ms;
	m->seen_ms[name][bucket] = now_ms;
	if (*tokens < r->window_ms)
		return false;
	*tokens -= r->window_ms;
	return true;
}

static unsigned model_open(const struct model *m, unsigned name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		n += m->open[name][i];
	return n;
}

static void fill(struct model *m)
{
	for (unsigned n = 0; n < NAMES; n++)
		for (unsigned b = 0; b < TALLY_BUCKETS; b++)
			m->tokens[n][b] = rates[b].count * rates[b].window_ms;
}

/* The first is held for good, so that no row changes its name. */
static void step(struct tally *t, struct model *m, const uint32_t *rows, int64_t now_ms)
{
	const unsigned n = (unsigned)rand() % NAMES, slot = 1 + (unsigned)rand() % (SLOTS - 1);
	const unsigned bucket = (unsigned)rand() % TALLY_BUCKETS;
	const struct tally_desk d = { .tally = t, .slot = slot };
	struct tally_level level;

	switch (rand() % 8) {
	case 0:
	case 1:
		assert_int_equal(tally_enter(&d, name_of(t, n)), rows[n]);
		m->open[n][slot]++;
		break;
	case 2:
	case 3:
		if (m->open[n][slot]) {
			tally_leave(&d, rows[n]);
			m->open[n][slot]--;
		}
		break;
	case 4:
		if (rand() % 1000 == 0) {
			tally_forget(t, slot);
			for (unsigned i = 0; i < NAMES; i++)
				m->open[i][slot] = 0;
		}
		break;
	default:
		assert_int_equal(tally_take(t, rows[n], bucket, &rates[bucket], now_ms, &level),
				 model_take(m, n, bucket, now_ms));
		break;
	}
	assert_int_equal(tally_open(t, rows[n]), model_open(m, n));
}

static void agrees_with_a_naive_model(void **state)
{
	struct tally *t = tally_new(1024, SLOTS);
	struct model *m = calloc(1, sizeof(*m));
	const struct tally_desk d = { .tally = t };
	uint32_t rows[NAMES];
	int64_t now_ms = 1;

	(void)state;
	srand(20261128);
	fill(m);
	for (unsigned n = 0; n < NAMES; n++) {
		rows[n] = tally_enter(&d, name_of(t, n));
		assert_int_not_equal(rows[n], TALLY_NONE);
		m->open[n][0]++;
	}
	for (unsigned i = 0; i < STEPS; i++) {
		step(t, m, rows, now_ms);
		now_ms += rand() % 4 ? 0 : rand() % 20;
	}
	free(m);
	tally_free(t);
}

/* ---- full ---- */

static void stalest_makes_room_and_held_ones_stay(void **state)
{
	const struct conf_rate rate = { .count = 5, .window_ms = 1000 };
	struct tally *t = tally_new(8, 1);
	const struct tally_desk d = { .tally = t };
	uint32_t rows[8];
	struct tally_level level;

	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		rows[n] = tally_enter(&d, name_of(t, n));
		assert_int_not_equal(rows[n], TALLY_NONE);
		/* name 3 is the first to have drained */
		(void)tally_take(t, rows[n], 0, &rate, n == 3 ? 10 : 500 + (int)n, &level);
	}
	assert_int_equal(tally_enter(&d, name_of(t, 8)), TALLY_NONE);
	tally_leave(&d, rows[3]);
	tally_leave(&d, rows[5]);
	assert_int_equal(tally_enter(&d, name_of(t, 8)), rows[3]);
	for (unsigned i = 0; i < 5; i++)
		assert_true(tally_take(t, rows[3], 0, &rate, 10, &level));
	assert_int_equal(tally_enter(&d, name_of(t, 5)), rows[5]);
	for (unsigned i = 0; i < 4; i++)
		assert_true(tally_take(t, rows[5], 0, &rate, 505, &level));
	assert_false(tally_take(t, rows[5], 0, &rate, 505, &level));
	assert_int_equal(tally_enter(&d, name_of(t, 3)), TALLY_NONE);
	tally_free(t);
}

/* However many names come: rows that are held keep theirs. */
static void flood_of_names_takes_no_held_row(void **state)
{
	struct tally *t = tally_new(64, 1);
	const struct tally_desk d = { .tally = t };
	const uint32_t mine = tally_enter(&d, name_of(t, 1));

	(void)state;
	for (unsigned n = 2; n < 5000; n++)
		tally_leave(&d, tally_enter(&d, name_of(t, n)));
	assert_int_equal(tally_open(t, mine), 1);
	assert_int_equal(tally_enter(&d, name_of(t, 1)), mine);
	tally_free(t);
}

/* ---- several processes ---- */

static void hammer(struct tally *t, unsigned slot, int to)
{
	const struct conf_rate rate = { .count = 1000, .window_ms = 1000 };
	const struct tally_desk d = { .tally = t, .slot = slot };
	struct tally_level level;
	unsigned took = 0;
	uint32_t row = TALLY_NONE;

	for (unsigned i = 0; i < 500; i++)
		row = tally_enter(&d, name_of(t, 7));
	for (unsigned i = 0; i < 2000; i++)
		took += tally_take(t, row, 2, &rate, 5, &level);
	_exit(write(to, &took, sizeof(took)) == (ssize_t)sizeof(took) ? 0 : 1);
}

/* Each dies with 500 open, having taken all it could get. */
static void limit_holds_over_processes_and_their_deaths(void **state)
{
	struct tally *t = tally_new(8, SLOTS);
	const struct tally_desk d = { .tally = t };
	const uint32_t row = tally_enter(&d, name_of(t, 7));
	unsigned all = 0, took;
	int ends[2], status;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (unsigned slot = 1; slot < SLOTS; slot++)
		if (fork() == 0)
			hammer(t, slot, ends[1]);
	for (unsigned slot = 1; slot < SLOTS; slot++) {
		assert_int_equal(read(ends[0], &took, sizeof(took)), sizeof(took));
		all += took;
		assert_true(wait(&status) > 0 && status == 0);
	}
	assert_int_equal(all, 1000);
	assert_int_equal(tally_open(t, row), 1 + (SLOTS - 1) * 500);
	for (unsigned slot = 1; slot < SLOTS; slot++)
		tally_forget(t, slot);
	assert_int_equal(tally_open(t, row), 1);
	close(ends[0]);
	close(ends[1]);
	tally_free(t);
}

static void complaints_are_few_and_counted(void **state)
{
	struct tally *t = tally_new(8, 1);
	const struct tally_desk d = { .tally = t };
	const uint32_t row = tally_enter(&d, name_of(t, 1));
	uint32_t since;

	(void)state;
	assert_true(tally_complain(t, row, 1000, 0, &since));
	assert_int_equal(since, 1);
	assert_false(tally_complain(t, row, 1000, 500, &since));
	assert_false(tally_complain(t, row, 1000, 999, &since));
	assert_true(tally_complain(t, row, 1000, 1001, &since));
	assert_int_equal(since, 3);
	tally_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_is_siphash),
		cmocka_unit_test(bucket_takes_its_count_and_then_one_a_step),
		cmocka_unit_test(no_limit_and_no_row_allow_everything),
		cmocka_unit_test(old_levels_obey_new_limits),
		cmocka_unit_test(agrees_with_a_naive_model),
		cmocka_unit_test(stalest_makes_room_and_held_ones_stay),
		cmocka_unit_test(flood_of_names_takes_no_held_row),
		cmocka_unit_test(limit_holds_over_processes_and_their_deaths),
		cmocka_unit_test(complaints_are_few_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
