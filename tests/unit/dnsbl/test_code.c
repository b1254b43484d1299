/* filters/dnsbl/code.h: what answers of a list mean, and what codes may say. */
#include "base/check.h"
#include "filters/dnsbl/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct ip ip(const char *text)
{
	struct ip ip;

	CHECK(ip_parse(str_z(text), &ip));
	return ip;
}

static void ranges(void **state)
{
	static const struct {
		const char *text, *first, *last, *before, *after;
	} rows[] = {
		{ "127.0.0.2 A", "127.0.0.2", "127.0.0.2", "127.0.0.1", "127.0.0.3" },
		{ " 127.0.0.4-7   A ", "127.0.0.4", "127.0.0.7", "127.0.0.3", "127.0.0.8" },
		{ "127.0.0.4-127.0.1.7 A", "127.0.0.4", "127.0.1.7", "127.0.0.3", "127.0.1.8" },
		{ "127.0.2.77/24 A", "127.0.2.0", "127.0.2.255", "127.0.1.255", "127.0.3.0" },
		{ "&64 A", "127.0.0.64", "127.0.0.255", "127.0.0.63", "127.0.1.64" },
		{ "&3 A", "127.0.0.2", "127.0.0.15", "127.0.0.4", "127.0.0.1" },
		{ "127.0.0.8/32 A", "127.0.0.8", "127.0.0.8", "127.0.0.7", "127.0.0.9" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct dnsbl_code code;
		const char *why;
		const struct ip in[] = { ip(rows[i].first), ip(rows[i].last) };
		const struct ip out[] = { ip(rows[i].before), ip(rows[i].after), ip("::1") };

		if (!dnsbl_code_parse(str_z(rows[i].text), &code, &why))
			fail_msg("%s: %s", rows[i].text, why);
		assert_true(str_eq(code.symbol, STR("A")));
		for (size_t j = 0; j < COUNTOF(in); j++)
			assert_true(dnsbl_code_has(&code, &in[j]));
		for (size_t j = 0; j < COUNTOF(out); j++)
			assert_false(dnsbl_code_has(&code, &out[j]));
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"127.0.0.2",
		"DNSBL_X",
		"127.0.0.2 ",
		"127.0.0 A",
		"&0 A",
		"&256 A",
		"&x A",
		"127.0.0.256 A",
		"127.0.0.2- A",
		"127.0.0.2-256 A",
		"127.0.0.7-4 A",
		"127.0.0.2/33 A",
		"127.0.0.0/7 A",
		"126.0.0.2 A",
		"127.0.0.2-128.0.0.1 A",
		"::1 A",
		"127.0.0.1 A",
		"127.255.255.254 A",
		"127.0.0.2 A B",
		"127.0.0.2 1A",
		"127.0.0.2 A-B",
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct dnsbl_code code;
		const char *why = NULL;

		if (dnsbl_code_parse(str_z(rows[i]), &code, &why) || !why)
			fail_msg("taken: %s", rows[i]);
	}
}

static void broken_answers(void **state)
{
	static const char *const broken[] = { "127.0.0.1",       "127.255.255.254",
					      "127.255.255.0",   "128.0.0.2",
					      "126.255.255.255", "192.0.2.1",
					      "255.255.255.255", "::1" };
	static const char *const fine[] = { "127.0.0.2", "127.0.0.0", "127.255.254.255",
					    "127.1.0.1" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(broken); i++) {
		const struct ip a = ip(broken[i]);

		assert_true(dnsbl_answer_is_broken(&a));
	}
	for (size_t i = 0; i < COUNTOF(fine); i++) {
		const struct ip a = ip(fine[i]);

		assert_false(dnsbl_answer_is_broken(&a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(broken_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
