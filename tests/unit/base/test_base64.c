/* base/base64.h: the vectors of RFC 4648 10, and what is none. */
#include "base/base64.h"
#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void texts_are_decoded(void **state)
{
	static const struct {
		struct str text, bytes;
	} cases[] = {
		{ STR_INIT(""), STR_INIT("") },
		{ STR_INIT("Zg=="), STR_INIT("f") },
		{ STR_INIT("Zm8="), STR_INIT("fo") },
		{ STR_INIT("Zm9v"), STR_INIT("foo") },
		{ STR_INIT("Zm9vYg=="), STR_INIT("foob") },
		{ STR_INIT("Zm9vYmE="), STR_INIT("fooba") },
		{ STR_INIT("Zm9vYmFy"), STR_INIT("foobar") },
		{ STR_INIT("AP/+"), STR_INIT("\0\xff\xfe") },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[16];
		struct out o = OUT(bytes);

		assert_true(base64_ok(cases[i].text));
		assert_true(base64_decode(cases[i].text, &o));
		assert_true(str_eq(out_text(&o), cases[i].bytes));
	}
}

static void others_are_not(void **state)
{
	static const char *const bad[] = { "=",    "==",       "====",  "Z",         "Zg",
					   "Zg=",  "Zg===",    "Z===",  "Z=g=",      "Zm9 ",
					   "Zm-_", "Zg==Zg==", " Zg==", "Zm\xc3\xa4" };
	char bytes[2];
	struct out o = OUT(bytes);

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (base64_ok(str_z(bad[i])))
			fail_msg("%s", bad[i]);
	assert_false(base64_decode(STR("Zm9v"), &o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_decoded),
		cmocka_unit_test(others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
