/* Places of a text at which a lane begins pass, all of them; of others few do. */
#include "filters/pattern/skim.h"

#include "base/check.h"
#include "unit/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { LANES = 400, TEXTS = 300, TEXT = PLANES_PLACES };

static void put(struct byte_set *set, unsigned byte)
{
	set->bits[byte / 64] |= UINT64_C(1) << byte % 64;
}

/* Of an alphabet that is small, so that texts of it have lanes in them. */
static unsigned any_byte(struct dice *d)
{
	static const char few[] = "abcdefghijklmnopqrstuvwxyz <=\xe4\xc3";

	return (unsigned char)few[dice_below(d, sizeof(few) - 1)];
}

static struct lane any_lane(struct dice *d)
{
	struct lane lane = { .open = 1 + dice_below(d, LANE_DEPTH) };

	for (unsigned depth = 0; depth < lane.open; depth++)
		for (unsigned n = 1 + dice_below(d, 2); n; n--)
			put(&lane.sets[depth], any_byte(d));
	return lane;
}

static bool begins(const struct lane *lane, struct str text, size_t at)
{
	for (unsigned depth = 0; depth < LANE_DEPTH; depth++)
		if (at + depth < text.n
			    ? !lane_takes(lane, depth, (unsigned char)text.p[at + depth])
			    : depth < lane->open)
			return false;
	return true;
}

static struct planes *skim_of(const struct lane *lanes, uint32_t count)
{
	static struct lane_shares shares;
	const struct lane *list[LANES];
	struct planes *s;

	for (uint32_t i = 0; i < count; i++)
		list[i] = &lanes[i];
	lane_shares_open(&shares, (struct str){ 0 });
	s = skim_new(&shares, list, count);
	if (!s)
		skip(); /* this machine has none */
	return s;
}

/* Which of the first n places pass. */
static void find(const struct planes *s, struct str text, unsigned n, bool *passed)
{
	uint16_t places[PLANES_PLACES];
	const unsigned count = planes_look(s, text, n, places);

	memset(passed, 0, n * sizeof(*passed));
	for (unsigned i = 0; i < count; i++) {
		assert_true(places[i] < n && (i == 0 || places[i] > places[i - 1]));
		passed[places[i]] = true;
	}
}

static void all_that_begin_pass(void **state)
{
	struct dice d = { DICE_SEED };
	static struct lane lanes[LANES];

	(void)state;
	for (uint32_t count = 1; count < LANES; count = count * 3 / 2 + 1) {
		struct planes *s;

		for (uint32_t i = 0; i < count; i++) {
			lanes[i] = any_lane(&d);
			if (lanes[i].open < 5) /* or most places would pass */
				lanes[i].open = 5;
			for (unsigned depth = 0; depth < 5; depth++)
				put(&lanes[i].sets[depth], any_byte(&d));
		}
		s = skim_of(lanes, count);
		for (unsigned t = 0; t < TEXTS; t++) {
			char bytes[TEXT];
			const struct str text = { .p = bytes, .n = dice_below(&d, TEXT + 1) };
			const unsigned n = dice_below(&d, (uint32_t)text.n + 1);
			bool passed[TEXT];

			for (size_t i = 0; i < text.n; i++)
				bytes[i] = (char)any_byte(&d);
			find(s, text, n, passed);
			for (size_t at = 0; at < n; at++)
				for (uint32_t i = 0; i < count && !passed[at]; i++)
					assert_false(begins(&lanes[i], text, at));
		}
		planes_free(s);
	}
}

static struct lane lane_of_text(const char *text)
{
	struct lane lane = { .open = (unsigned)strlen(text) };

	for (unsigned i = 0; i < lane.open; i++)
		put(&lane.sets[i], (unsigned char)text[i]);
	return lane;
}

static void others_do_not(void **state)
{
	const struct lane lanes[] = { lane_of_text("\xe4hre"), lane_of_text("casino"),
				      lane_of_text("lottery") };
	const struct str text = STR("the casino, a lottery, and what else");
	struct planes *one = skim_of(lanes, 1), *all = skim_of(lanes, COUNTOF(lanes));
	uint16_t places[PLANES_PLACES];

	(void)state;
	assert_int_equal(planes_look(one, STR("eine \xe4hre, \xe4hr"), 16, places), 1);
	assert_int_equal(places[0], 5);
	assert_int_equal(planes_look(one, STR(""), 0, places), 0);
	assert_int_equal(planes_look(all, text, (unsigned)text.n, places), 2);
	assert_int_equal(places[0], 4);
	assert_int_equal(places[1], 14);
	planes_free(one);
	planes_free(all);
}

/* What would let most pass is not made. */
static void is_worth_it(void **state)
{
	static struct lane_shares shares;
	struct lane all = { .open = LANE_DEPTH };
	const struct lane *list[] = { &all };

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++)
		for (unsigned depth = 0; depth < LANE_DEPTH; depth++)
			put(&all.sets[depth], byte);
	lane_shares_open(&shares, (struct str){ 0 });
	assert_null(skim_new(&shares, list, 1));
	assert_null(skim_new(&shares, list, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_begin_pass),
		cmocka_unit_test(others_do_not),
		cmocka_unit_test(is_worth_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
