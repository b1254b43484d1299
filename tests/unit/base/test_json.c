/* JSON as it leaves: commas, nesting, escapes, and bytes that are no UTF-8. */
#include "base/check.h"
#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void expect(const struct out *o, const char *text)
{
	assert_false(o->full);
	assert_int_equal(o->n, strlen(text));
	assert_memory_equal(o->p, text, o->n);
}

static void test_nesting(void **state)
{
	char bytes[256];
	struct out o = OUT(bytes);
	struct json j;

	(void)state;
	json_init(&j, &o);
	json_object(&j);
	json_key(&j, "a");
	json_u64(&j, 1);
	json_key(&j, "b");
	json_array(&j);
	json_object(&j);
	json_object_end(&j);
	json_object(&j);
	json_key(&j, "c");
	json_bool(&j, true);
	json_object_end(&j);
	json_str(&j, STR("x"));
	json_array_end(&j);
	json_key(&j, "d");
	json_array(&j);
	json_array_end(&j);
	json_object_end(&j);
	expect(&o, "{\"a\":1,\"b\":[{},{\"c\":true},\"x\"],\"d\":[]}");
}

static void test_text(void **state)
{
	const struct {
		struct str in;
		const char *want;
	} cases[] = {
		{ STR(""), "\"\"" },
		{ STR("a\"b\\c/"), "\"a\\\"b\\\\c/\"" },
		{ STR("\r\n\t\x01\x7f"), "\"\\r\\n\\t\\u0001\\u007f\"" },
		{ STR("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xa7"),
		  "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xa7\"" },
		{ STR("caf\xe9"), "\"caf\\ufffd\"" },                            /* latin-1 */
		{ STR("\xc0\xaf"), "\"\\ufffd\\ufffd\"" },                       /* overlong */
		{ STR("\xe0\x80\xaf"), "\"\\ufffd\\ufffd\\ufffd\"" },            /* overlong */
		{ STR("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },            /* a surrogate */
		{ STR("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" }, /* over U+10FFFF */
		{ STR("\xe2\x82"), "\"\\ufffd\\ufffd\"" },                       /* cut off */
		{ { .p = "a\0b", .n = 3 }, "\"a\\u0000b\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[256];
		struct out o = OUT(bytes);
		struct json j;

		json_init(&j, &o);
		json_str(&j, cases[i].in);
		expect(&o, cases[i].want);
	}
}

/* Every byte at every place of a run is written as it is by itself. */
static void test_runs(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < 17; at++) {
			char text[17], one[16], bytes[64], want[64];
			struct out single = OUT(one), o = OUT(bytes), w = OUT(want);
			struct json j;

			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			json_init(&j, &single);
			json_str(&j, (struct str){ .p = text + at, .n = 1 });
			out_printf(&w, "\"%.*s%.*s%.*s\"", (int)at, "xxxxxxxxxxxxxxxx",
				   (int)single.n - 2, one + 1, (int)(16 - at), "xxxxxxxxxxxxxxxx");
			out_char(&w, '\0');
			json_init(&j, &o);
			json_str(&j, (struct str){ .p = text, .n = sizeof(text) });
			expect(&o, want);
		}
}

static void test_numbers(void **state)
{
	static const struct {
		double in;
		const char *want;
	} cases[] = {
		{ 0, "0" },      { -0.0, "0" },      { -0.0001, "0" }, { 4, "4" },
		{ 1.5, "1.5" },  { -2.25, "-2.25" }, { 0.1, "0.1" },   { 1e300, "null" },
		{ NAN, "null" }, { 100, "100" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[64];
		struct out o = OUT(bytes);
		struct json j;

		json_init(&j, &o);
		json_number(&j, cases[i].in);
		expect(&o, cases[i].want);
	}
}

/* The short way and printf's agree. */
static void test_numbers_as_printf(void **state)
{
	(void)state;
	for (long i = -20000; i <= 20000; i++) {
		const double v = (double)i * (i % 3 ? 0.00025 : 12345.6789e3);
		char bytes[64], want[64];
		struct out o = OUT(bytes);
		struct json j;
		size_t n = (size_t)snprintf(want, sizeof(want), "%.3f", fabs(v) < 0.0005 ? 0. : v);

		while (want[n - 1] == '0')
			n--;
		n -= want[n - 1] == '.';
		want[n] = '\0';
		json_init(&j, &o);
		json_number(&j, v);
		expect(&o, want);
	}
}

static void test_full(void **state)
{
	char bytes[4];
	struct out o = OUT(bytes);
	struct json j;

	(void)state;
	json_init(&j, &o);
	json_str(&j, STR("too long"));
	assert_true(o.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_numbers_as_printf),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
