/* Bytes that no lane tells apart are one class; when there are too many, those are united of which least is lost. */
#include "filters/pattern/alike.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { BYTES = 256 };

static struct lane lane_of_bytes(const char *const *sets)
{
	struct lane lane = { .open = 0 };

	for (; sets[lane.open]; lane.open++)
		for (const char *c = sets[lane.open]; *c; c++)
			lane.sets[lane.open].bits[(unsigned char)*c / 64] |=
				UINT64_C(1) << (unsigned char)*c % 64;
	return lane;
}

static void make(const char *const *sets, unsigned most, uint8_t class_of[BYTES])
{
	static struct lane_shares shares;
	const struct lane lane = lane_of_bytes(sets);
	struct alike *a;

	lane_shares_open(&shares, (struct str){ 0 });
	a = alike_new(&shares, ALIKE_DEPTH);
	alike_add(a, &lane);
	alike_close(a, most, class_of);
}

static unsigned count_classes(const uint8_t class_of[BYTES])
{
	unsigned most = 0;

	for (unsigned i = 0; i < BYTES; i++)
		most = class_of[i] > most ? class_of[i] : most;
	return most + 1;
}

static void same_bytes_are_one(void **state)
{
	const char *const sets[] = { "aA", "bB", "aA", "cC", NULL };
	uint8_t of[BYTES];

	(void)state;
	make(sets, BYTES, of);
	assert_int_equal(count_classes(of), 4); /* and all others */
	assert_int_equal(of['a'], of['A']);
	assert_int_equal(of['b'], of['B']);
	assert_int_not_equal(of['a'], of['b']);
	assert_int_not_equal(of['b'], of['c']);
	assert_int_equal(of['x'], of[0xe4]);
	assert_int_not_equal(of['x'], of['c']);
}

/* An e is often in mail, a z is not. */
static void seldom_bytes_are_united(void **state)
{
	const char *const sets[] = { "e", "z", "j", NULL };
	uint8_t of[BYTES];

	(void)state;
	make(sets, 3, of);
	assert_int_equal(count_classes(of), 3);
	assert_int_equal(of['z'], of['j']);
	assert_int_not_equal(of['e'], of['x']);
	assert_int_not_equal(of['z'], of['x']);
}

static void all_may_be_one(void **state)
{
	const char *const sets[] = { "e", "z", "j", NULL };
	uint8_t of[BYTES];

	(void)state;
	make(sets, 1, of);
	for (unsigned i = 0; i < BYTES; i++)
		assert_int_equal(of[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_bytes_are_one),
		cmocka_unit_test(seldom_bytes_are_united),
		cmocka_unit_test(all_may_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
