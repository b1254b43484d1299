/* base/id.h: names of sessions and transactions, as they are made and as people tell them. */
#include "base/id.h"
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const int64_t now_ms = INT64_C(1795861340578);

static void what_is_made_is_read(void **state)
{
	static const int64_t times[] = { 0, -400 * DAY_MS, -9000 * DAY_MS, DAY_MS, 9000 * DAY_MS };
	struct id made, read, nth;
	int64_t unix_ms;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		made = id_nth(now_ms + times[i], 63, 8191);
		assert_true(id_read(id_str(&made), now_ms, &read, &unix_ms));
		assert_string_equal(read.text, made.text);
		assert_int_equal(unix_ms, now_ms + times[i]);
		assert_false(id_is_transaction(&read));
		nth = id_transaction(&made, 12);
		assert_true(id_read(id_str(&nth), now_ms, &read, &unix_ms));
		assert_string_equal(read.text, nth.text);
		assert_int_equal(unix_ms, now_ms + times[i]);
		assert_true(id_is_transaction(&read));
	}
}

static void it_can_be_read_aloud(void **state)
{
	struct id read;
	int64_t unix_ms;

	(void)state;
	assert_true(id_read(STR("t4oddcilzooo-1"), now_ms, &read, &unix_ms));
	assert_string_equal(read.text, "T40DDC11Z000-1");
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const none[] = { "",
					    "T48DDC6F000",
					    "T48DDC6F00000",
					    "T48DDC6F0000-",
					    "T48DDC6F0000-x",
					    "T48DDC6F0000-1x",
					    "T48DDC6F0000 1",
					    "T48DDC6F0000-99999999999",
					    "T48DDC6F0000-1-1-1-1-1-1-1-1-1-1",
					    "U48DDC6F0000",
					    "T48DDC6F000\"",
					    "T48DDC6F000\n" };
	struct id read;
	int64_t unix_ms;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(id_read(str_z(none[i]), now_ms, &read, &unix_ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_is_read),
		cmocka_unit_test(it_can_be_read_aloud),
		cmocka_unit_test(what_is_no_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
