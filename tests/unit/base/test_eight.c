/* base/eight.h: what is found eight bytes at a time is where it is. */
#include "base/eight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void a_byte_at_each_place(void **state)
{
	char bytes[40];

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		for (size_t at = 0; at <= n; at++) {
			memset(bytes, 'b', sizeof(bytes));
			memset(bytes + at, 'a', n - at);
			assert_ptr_equal(eight_seek(bytes, bytes + n, 'a'), bytes + at);
		}
	}
}

/* Zeroes and ones beside one another are told apart. */
static void every_zero(void **state)
{
	char bytes[8];

	(void)state;
	for (unsigned bits = 0; bits < 1 << 16; bits++) {
		uint64_t there = 0;

		for (unsigned i = 0; i < 8; i++) {
			static const char values[] = { 0, 1, '\x7f', '\x80' };

			bytes[i] = values[bits >> 2 * i & 3];
			there |= bytes[i] ? 0 : UINT64_C(0x80) << 8 * i;
		}
		assert_true(eight_all_zeroes(eight_load(bytes)) == there);
		assert_true(!eight_zeroes(eight_load(bytes)) == !there);
		if (there)
			assert_int_equal(eight_first(eight_zeroes(eight_load(bytes))),
					 eight_first(there));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_at_each_place),
		cmocka_unit_test(every_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
