/* base/store.h: keys. */
#include "base/store.h"

#include "base/limits.h"
#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What lay in the buffer before does not get into the key. */
static struct str key_of(char *to, unsigned char before, const struct str *parts, size_t count)
{
	memset(to, before, LIMIT_STORE_KEY);
	return store_key(to, LIMIT_STORE_KEY, parts, count);
}

static void short_ones_are_their_parts(void **state)
{
	const struct str parts[] = { STR("a"), STR(""), STR("b c") };
	char bytes[LIMIT_STORE_KEY];

	(void)state;
	assert_true(str_eq(key_of(bytes, 0, parts, 3), STR("a  b c")));
	assert_true(str_eq(key_of(bytes, 0, parts, 1), STR("a")));
}

/* Around the limit, and far above it, cut at every place. */
static void long_ones_stay_different(void **state)
{
	char text[4 * LIMIT_STORE_KEY], a[LIMIT_STORE_KEY], b[LIMIT_STORE_KEY];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t n = LIMIT_STORE_KEY - 2; n < sizeof(text); n++) {
		for (size_t cut = 0; cut < n; cut += 13) {
			const struct str parts[] = { { .p = text, .n = cut },
						     { .p = text, .n = n - cut } };
			const struct str other[] = { { .p = text, .n = cut + 1 },
						     { .p = text, .n = n - cut - 1 } };
			const struct str key = key_of(a, 0, parts, 2);

			assert_true(key.n <= LIMIT_STORE_KEY);
			assert_null(memchr(key.p, '\0', key.n));
			assert_true(str_eq(key, key_of(b, 255, parts, 2)));
			assert_false(str_eq(key, key_of(b, 0, other, 2)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_ones_are_their_parts),
		cmocka_unit_test(long_ones_stay_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
