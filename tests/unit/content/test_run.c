/* filters/content/run.h: what is taken at once is what is taken byte by byte. */
#include "filters/content/run.h"

#include "unit/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { ALL = 100 };

static bool stops[256];

static size_t naive(struct str s)
{
	size_t n = 0;

	while (n < s.n && (!stops[(uint8_t)s.p[n]] || (s.p[n] == ' ' && n && s.p[n - 1] != ' ' &&
						       n + 1 < s.n && !stops[(uint8_t)s.p[n + 1]])))
		n++;
	return n;
}

/* Words of letters, and now and then something else. */
static void fill(char bytes[ALL], struct dice *dice, unsigned rare)
{
	static const char others[] = { ' ',  ' ',  '!',    '~',    '\x7f',
				       '\n', '\0', '\xc2', '\xe9', '\x1f' };

	for (size_t i = 0; i < ALL; i++)
		bytes[i] = dice_below(dice, rare) ? 'a' : others[dice_below(dice, sizeof(others))];
}

static void every_run(void **state)
{
	struct dice dice = { DICE_SEED };
	char bytes[ALL];

	(void)state;
	for (unsigned c = 0; c < sizeof(stops); c++)
		stops[c] = c <= ' ' || c == 0xc2;
	for (unsigned i = 0; i < 20000; i++) {
		const size_t from = dice_below(&dice, 16), n = dice_below(&dice, ALL - 16);
		const struct str s = { .p = bytes + from, .n = n };

		fill(bytes, &dice, 2 + dice_below(&dice, 40));
		assert_int_equal(run_length(s, stops), naive(s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
