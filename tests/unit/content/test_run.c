/* test_run.c - filters/content/run.h: eight bytes at a time come to what one at a time comes to. */
#include "filters/content/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static run_stops stops = { ['\0'] = 1, ['\n'] = 1, [' '] = 1, [0x7f] = 1, [0xc2] = 1 };

static size_t plain_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && (!stops[(uint8_t)s.p[n]] || (n && s.p[n] == ' ' && s.p[n - 1] != ' ')))
		n++;
	return n && s.p[n - 1] == ' ' ? n - 1 : n;
}

static void words_are_taken_together(void **state)
{
	static const char letters[] = "aaaaaaaaaaaaaaaa~    \xc3\xa4\xc2\x7f\n";
	char bytes[80];
	size_t total = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		const int kinds = round % 2 ? 21 : (int)sizeof(letters) - 1; /* mostly words */
		const struct str s = { .p = bytes, .n = (size_t)rand() % sizeof(bytes) };

		for (size_t i = 0; i < s.n; i++)
			bytes[i] = letters[rand() % kinds];
		total += run_length(s, stops);
		assert_int_equal(run_length(s, stops), plain_length(s));
	}
	assert_true(total > 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_taken_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
