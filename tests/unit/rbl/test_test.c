/* filters/rbl/test: what the answers of DNS mean for a rule. */
#include "filters/rbl/test.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What check_rbl() and its like make of one. */
static void answers(void **state)
{
	static const struct {
		const char *test, *code, *address;
		bool has;
	} rows[] = {
		{ "", NULL, "127.0.0.2", true },
		{ "", NULL, "127.0.0.1", false },
		{ "", NULL, "127.255.255.254", false },
		{ "", NULL, "192.0.2.1", false },
		{ "6", NULL, "127.0.0.4", true },
		{ "6", NULL, "127.0.0.8", false },
		{ "127.0.0.2", NULL, "127.0.0.2", true },
		{ "127.0.0.2", NULL, "127.0.0.20", false },
		{ "^127\\.255\\.255\\.25[45]$", NULL, "127.255.255.254", true },
		{ "^10\\.", NULL, "10.0.0.1", false },
		{ NULL, "127.0.1.2", "127.0.1.2", true },
		{ NULL, "127.0.1.2-127.0.1.9", "127.0.1.9", true },
		{ NULL, "127.0.1.2-127.0.1.9", "127.0.1.10", false },
		{ NULL, "127.0.1.0/255.255.255.0", "127.0.1.77", true },
		{ NULL, "0x10/0x10", "127.0.0.16", true },
		{ NULL, "0x10", "127.0.0.15", false },
		{ NULL, "2", "127.0.0.6", true },
	};
	struct regex_engine *engine = regex_engine_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct rr answer = { .type = RR_A };
		struct regex_error error;
		struct rbl_test test;

		assert_true(ip_parse(str_z(rows[i].address), &answer.ip));
		assert_true(rows[i].code ? rbl_test_read_code(str_z(rows[i].code), &test)
					 : rbl_test_read(str_z(rows[i].test), &test, &error));
		if (rbl_test_has(&test, engine, &answer) != rows[i].has)
			fail_msg("row %zu", i);
		if (test.regex)
			regex_free(test.regex);
	}
	regex_engine_free(engine);
}

/* What askdns makes of a record. */
static void records(void **state)
{
	static const struct {
		const char *test;
		struct rr record;
		bool has;
	} rows[] = {
#define V4(A, B, C, D) { .type = RR_A, .ip = { IP_V4, { (A), (B), (C), (D) } } }
#define TEXT(TYPE, S)                                                                              \
	{                                                                                          \
		.type = RR_##TYPE, .preference = 10, .text = STR_INIT(S)                           \
	}
		{ "", V4(192, 0, 2, 1), true },
		{ "/^192\\./", V4(192, 0, 2, 1), true },
		{ "/^V=spf1 \\+all$/i", TEXT(TXT, "v=spf1 +all"), true },
		{ "/^V=spf1 \\+all$/", TEXT(TXT, "v=spf1 +all"), false },
		{ "'v=spf1 +all'", TEXT(TXT, "v=spf1 +all"), true },
		{ "\"v=spf1\"", TEXT(TXT, "v=spf1 +all"), false },
		{ "\"\"", TEXT(TXT, ""), true },
		{ "'192.0.2.1'", V4(192, 0, 2, 1), true },
		{ "192.0.2.1", V4(192, 0, 2, 1), true },
		{ "192.0.2.1", TEXT(TXT, "192.0.2.1"), false },
		{ "192.0.2.0-192.0.2.9", V4(192, 0, 2, 9), true },
		{ "192.0.2.0/255.255.255.0", V4(192, 0, 3, 1), false },
		{ "0x10", V4(192, 0, 2, 16), false },
		{ "0x10", V4(127, 0, 0, 16), true },
		{ "16", V4(127, 0, 0, 15), false },
		{ "0x10/0x10", V4(192, 0, 2, 17), true },
		{ "'10 mx.test.'", TEXT(MX, "mx.test"), true },
		{ "'10 .'", TEXT(MX, ""), true },
		{ "/^ns\\.test\\.$/", TEXT(NS, "ns.test"), true },
		{ "[NOERROR]", V4(127, 0, 0, 2), false },
#undef V4
#undef TEXT
	};
	struct regex_engine *engine = regex_engine_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct regex_error error;
		struct rbl_test test;

		assert_true(rbl_test_read_any(str_z(rows[i].test), &test, &error));
		if (rbl_test_has_any(&test, engine, &rows[i].record) != rows[i].has)
			fail_msg("row %zu", i);
		if (test.regex)
			regex_free(test.regex);
	}
	regex_engine_free(engine);
}

static void codes(void **state)
{
	static const struct {
		const char *test;
		struct dns_answer answer;
		bool has;
	} rows[] = {
		{ "[NXDOMAIN]", { .status = DNS_NXDOMAIN }, true },
		{ "[nxdomain,5]", { .status = DNS_NODATA }, false },
		{ "[0]", { .status = DNS_NODATA }, true },
		{ "[NOERROR , FORMERR]", { .status = DNS_OK }, true },
		{ "[ServFail]", { .status = DNS_FAILED, .rcode = 2 }, true },
		{ "[NOERROR]", { .status = DNS_FAILED }, false },
		{ "3", { .status = DNS_NXDOMAIN }, false },
	};
	static const char *const none[] = { "[]",   "[16]", "[NONAME]", "[1,]",
					    "[-1]", "'x",   "x",        "/x" };
	struct regex_error error;
	struct rbl_test test;

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		assert_true(rbl_test_read_any(str_z(rows[i].test), &test, &error));
		assert_int_equal(rbl_test_has_code(&test, &rows[i].answer), rows[i].has);
	}
	for (size_t i = 0; i < COUNTOF(none); i++)
		assert_false(rbl_test_read_any(str_z(none[i]), &test, &error));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(records),
		cmocka_unit_test(codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
