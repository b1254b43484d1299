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

/* Of texts longer than what is added up at once, and of one byte only: every place counts. */
static void counts(void **state)
{
	char bytes[9000];

	(void)state;
	for (unsigned step = 0; step < 8; step++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(' ' + i * step * 7);
		for (size_t n = 0; n <= sizeof(bytes); n += n < 270 ? 1 : n < 600 ? 33 : 1019) {
			static const char tried[] = { 0, ' ', '~', '\x7f' };

			for (size_t k = 0; k < sizeof(tried); k++) {
				size_t same = 0, above = 0;

				for (size_t i = 0; i < n; i++) {
					same += bytes[i] == tried[k];
					above += (unsigned char)bytes[i] > (unsigned char)tried[k];
				}
				assert_int_equal(eight_count(bytes, n, tried[k]), same);
				assert_int_equal(eight_count_above(bytes, n, tried[k]), above);
			}
		}
	}
}

static void finds_what_is_high(void **state)
{
	char bytes[200];

	(void)state;
	memset(bytes, 0x7f, sizeof(bytes));
	for (size_t n = 0; n <= sizeof(bytes); n++)
		assert_false(eight_has_high(bytes, n));
	for (size_t at = 0; at < sizeof(bytes); at++) {
		bytes[at] = (char)0x80;
		assert_false(eight_has_high(bytes, at));
		for (size_t n = at + 1; n <= sizeof(bytes); n++)
			assert_true(eight_has_high(bytes, n));
		bytes[at] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_at_each_place),
		cmocka_unit_test(every_zero),
		cmocka_unit_test(counts),
		cmocka_unit_test(finds_what_is_high),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
