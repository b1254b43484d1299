/* protocol/sasl.h: which mechanisms pass, and whose name is in a response. */
#include "base/check.h"
#include "base/limits.h"
#include "protocol/sasl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void mechanisms_that_pass(void **state)
{
	static const char *const good[] = {
		"PLAIN",   "login",       "SCRAM-SHA-256",       "GSSAPI",
		"XOAUTH2", "OAUTHBEARER", "9798-U-RSA-SHA1-ENC", "KERBEROS_V4"
	};
	static const char *const bad[] = { "",
					   "EXTERNAL",
					   "external",
					   "SCRAM-SHA-256-PLUS",
					   "GS2-KRB5-plus",
					   "PLAIN LOGIN",
					   "X\tY",
					   "A=B",
					   "ABCDEFGHIJKLMNOPQRSTU" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++)
		if (!sasl_can_pass(str_z(good[i])))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (sasl_can_pass(str_z(bad[i])))
			fail_msg("%s", bad[i]);
}

static void lists_are_searched(void **state)
{
	(void)state;
	assert_true(sasl_is_listed(STR("PLAIN LOGIN"), STR("login")));
	assert_false(sasl_is_listed(STR("PLAIN LOGIN"), STR("LOG")));
	assert_false(sasl_is_listed(STR("PLAIN LOGIN"), STR("PLAIN LOGIN")));
	assert_false(sasl_is_listed(STR("PLAIN  LOGIN"), STR("")));
	assert_false(sasl_is_listed(STR(""), STR("")));
}

static void names_are_found(void **state)
{
	static const struct {
		const char *mechanism;
		const char *response; /* what it is stands behind it */
		const char *name;
	} cases[] = {
		{ "PLAIN", "AGpvZQBzZWNyZXQ=", "joe" },         /* \0joe\0secret */
		{ "plain", "YWRtaW4Aam9lAHNlY3JldA==", "joe" }, /* admin\0joe\0secret */
		{ "PLAIN", "am9lAHNlY3JldA==", "" },            /* joe\0secret */
		{ "PLAIN", "AGpvCmUAc2VjcmV0", "" },            /* \0jo\ne\0secret */
		{ "PLAIN", "AABzZWNyZXQ=", "" },                /* \0\0secret */
		{ "LOGIN", "am9lQGV4YW1wbGUubmV0", "joe@example.net" },
		{ "LOGIN", "", "" },
		{ "LOGIN", "am9l!", "" },
		{ "CRAM-MD5", "am9lIHNtaXRoIDAxMjM0NTY3", "joe smith" }, /* joe smith 01234567 */
		{ "CRAM-MD5", "am9l", "" },                              /* joe */
		{ "CRAM-MD5", "IDAxMjM=", "" },                          /* " 0123" */
		/* realm="x",username="joe",nonce="y" */
		{ "DIGEST-MD5", "cmVhbG09IngiLHVzZXJuYW1lPSJqb2UiLG5vbmNlPSJ5Ig==", "joe" },
		{ "DIGEST-MD5", "dXNlcm5hbWU9ImpvZQ==", "" },             /* username="joe */
		{ "DIGEST-MD5", "cmVhbG09Ingi", "" },                     /* realm="x" */
		{ "SCRAM-SHA-256", "biwsbj1qb2Uscj1meQ==", "joe" },       /* n,,n=joe,r=fy */
		{ "SCRAM-SHA-1", "eSxhPWFkbWluLG49am9lLHI9Znk=", "joe" }, /* y,a=admin,n=joe,r=fy */
		{ "SCRAM-SHA-1", "biwscj1meQ==", "" },                    /* n,,r=fy */
		/* n,a=joe@example.net,\1host=x\1auth=Bearer t\1\1 */
		{ "OAUTHBEARER", "bixhPWpvZUBleGFtcGxlLm5ldCwBaG9zdD14AWF1dGg9QmVhcmVyIHQBAQ==",
		  "joe@example.net" },
		{ "OAUTHBEARER", "biwsAWF1dGg9QmVhcmVyIHQBAQ==", "" }, /* n,,\1auth=Bearer t\1\1 */
		{ "XOAUTH2", "dXNlcj1qb2UBYXV0aD1CZWFyZXIgdAEB",
		  "joe" },                         /* user=joe\1auth=Bearer t\1\1 */
		{ "XOAUTH2", "dXNlcj1qb2U=", "" }, /* user=joe */
		{ "GSSAPI", "am9l", "" },
		{ "NTLM", "AGpvZQBzZWNyZXQ=", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[LIMIT_LOGIN];
		struct out o = OUT(bytes);
		const struct str name =
			sasl_login(str_z(cases[i].mechanism), str_z(cases[i].response), &o);

		if (!str_eq(name, str_z(cases[i].name)))
			fail_msg("case %zu: " STR_FMT, i, STR_ARG(name));
	}
}

static void long_names_are_none(void **state)
{
	static char response[LIMIT_LOGIN / 3 * 4 + 4];
	char bytes[LIMIT_LOGIN];
	struct out o = OUT(bytes);

	(void)state;
	for (size_t i = 0; i < sizeof(response); i++)
		response[i] = "YWFh"[i % 4];
	assert_int_equal(LIMIT_LOGIN % 3, 0);
	sasl_login(STR("LOGIN"), (struct str){ .p = response, .n = sizeof(response) - 4 }, &o);
	assert_int_equal(o.n, LIMIT_LOGIN);
	o.n = 0;
	sasl_login(STR("LOGIN"), (struct str){ .p = response, .n = sizeof(response) }, &o);
	assert_int_equal(o.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mechanisms_that_pass),
		cmocka_unit_test(lists_are_searched),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(long_names_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
