/* Where rules may begin to match: in order, and all of them. */
#include "filters/pattern/places.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void put(struct places *p, uint32_t rule, uint32_t piece, uint32_t from, uint32_t to)
{
	places_add(
		p, rule,
		&(struct place){ .piece = piece, .from = from, .to = to, .seen = to, .told = 1 });
}

static void expect(const struct places *p, uint32_t *at, uint32_t piece, uint32_t from, uint32_t to,
		   uint32_t told)
{
	const struct place *place = &p->items[*at];

	assert_true(*at != 0);
	assert_int_equal(place->piece, piece);
	assert_int_equal(place->from, from);
	assert_int_equal(place->to, to);
	assert_int_equal(place->told, told);
	*at = place->other;
}

static void in_their_order(void **state)
{
	struct places p;
	uint32_t at;

	(void)state;
	places_open(&p, 3);
	put(&p, 1, 0, 5, 6);
	put(&p, 2, 0, 5, 8);
	put(&p, 1, 0, 9, 12);
	put(&p, 1, 1, 20, 21);
	assert_int_equal(p.rule_count, 2);
	assert_int_equal(p.rules[0], 1);
	at = places_take(&p, 1);
	expect(&p, &at, 0, 5, 6, 1);
	expect(&p, &at, 0, 9, 12, 1);
	expect(&p, &at, 1, 20, 21, 1);
	assert_int_equal(at, 0);
	at = places_take(&p, 2);
	expect(&p, &at, 0, 5, 8, 1);
	assert_int_equal(at, 0);
	places_clear(&p);
	assert_int_equal(p.rule_count, 0);
	put(&p, 2, 0, 1, 2);
	at = places_take(&p, 2);
	expect(&p, &at, 0, 1, 2, 1);
	places_close(&p);
}

/* What touches in one piece becomes one place, also where it was told of late; what is of another piece does not. */
static void one_of_those_that_touch(void **state)
{
	struct places p;
	uint32_t at;

	(void)state;
	places_open(&p, 1);
	put(&p, 0, 0, 2, 4);
	put(&p, 0, 1, 4, 5);
	put(&p, 0, 1, 5, 7);
	put(&p, 0, 1, 10, 12);
	put(&p, 0, 1, 20, 21);
	put(&p, 0, 1, 11, 13);
	at = places_take(&p, 0);
	expect(&p, &at, 0, 2, 4, 1);
	expect(&p, &at, 1, 4, 7, 2);
	expect(&p, &at, 1, 10, 21, 3);
	assert_int_equal(at, 0);
	places_close(&p);
}

/* Several may see the same byte; and what is no place is told of the one before it in its piece. */
static void told_once_of_a_byte(void **state)
{
	struct places p;
	uint32_t at;

	(void)state;
	places_open(&p, 1);
	places_count(&p, 0, 0, 1);
	put(&p, 0, 0, 2, 4);
	put(&p, 0, 0, 3, 4);
	put(&p, 0, 0, 4, 5);
	places_count(&p, 0, 0, 5);
	places_count(&p, 0, 0, 6);
	places_count(&p, 0, 1, 7);
	put(&p, 0, 1, 9, 10);
	at = places_take(&p, 0);
	expect(&p, &at, 0, 2, 5, 3);
	expect(&p, &at, 1, 9, 10, 1);
	assert_int_equal(at, 0);
	places_close(&p);
}

static void lost_without_room(void **state)
{
	struct places p;

	(void)state;
	places_open(&p, 2);
	for (uint32_t i = 1; i < 1 << 14; i++)
		put(&p, 1, 0, 2 * i, 2 * i + 1);
	put(&p, 0, 0, 0, 1); /* it has taken nothing from the other */
	assert_true(p.of[1].lost);
	assert_false(p.of[0].lost);
	put(&p, 1, 0, 0, 1);
	assert_int_equal(places_take(&p, 1), 0);
	places_clear(&p);
	assert_false(p.of[1].lost);
	places_close(&p);
}

/* A text is looked over from its beginning to its end; a place before the last one's piece is not expected. */
static void lost_when_a_piece_comes_again(void **state)
{
	struct places p;

	(void)state;
	places_open(&p, 1);
	put(&p, 0, 3, 30, 31);
	put(&p, 0, 2, 20, 21);
	assert_true(p.of[0].lost);
	places_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_their_order),
		cmocka_unit_test(one_of_those_that_touch),
		cmocka_unit_test(told_once_of_a_byte),
		cmocka_unit_test(lost_without_room),
		cmocka_unit_test(lost_when_a_piece_comes_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
