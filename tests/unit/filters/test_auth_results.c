/* filters/auth_results.h: RFC 8601, RFC 7208 9.1. */
#include "filters/auth_results.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct auth auth;
static struct auth_spf helo_spf;
static struct auth_report report;

static int begin(void **state)
{
	const uint8_t ip[4] = { 192, 0, 2, 1 };

	(void)state;
	auth = (struct auth){ .dkim = NULL };
	helo_spf = (struct auth_spf){ .checked = false };
	report = (struct auth_report){ .id = STR("mx.example.org"),
				       .client_ip = ip_from_bytes(IP_V4, ip),
				       .helo = STR("mail.example.com"),
				       .mail_from = STR("a@example.com"),
				       .helo_spf = &helo_spf,
				       .auth = &auth };
	return 0;
}

static const char *written(enum auth_results_form form)
{
	static char bytes[4096];
	struct out o = OUT(bytes);

	auth_results_write(&o, &report, form);
	assert_false(o.full);
	bytes[o.n] = '\0';
	return bytes;
}

static void nothing_was_checked(void **state)
{
	(void)state;
	assert_string_equal(written(AUTH_RESULTS_LINE), "mx.example.org; none");
}

static void everything_was_checked(void **state)
{
	struct auth_dkim old = { .domainkeys = true,
				 .result = AUTH_NEUTRAL,
				 .domain = STR("old.example") };
	struct auth_dkim bad = { .next = &old,
				 .result = AUTH_FAIL,
				 .domain = STR("example.net"),
				 .selector = STR("s2"),
				 .algorithm = STR("ed25519-sha256"),
				 .b = STR("ab/+=="),
				 .reason = STR("body hash \"differs\"") };
	struct auth_dkim good = { .next = &bad,
				  .result = AUTH_PASS,
				  .domain = STR("example.com"),
				  .selector = STR("s1"),
				  .algorithm = STR("rsa-sha256"),
				  .identity = STR("@example.com"),
				  .b = STR("AbCd1234"),
				  .reason = STR("said of failures only") };

	(void)state;
	helo_spf = (struct auth_spf){ .checked = true, .result = AUTH_NONE };
	auth.spf = (struct auth_spf){ .checked = true, .result = AUTH_PASS };
	auth.dkim_checked = true;
	auth.dkim = &good;
	auth.arc = (struct auth_arc){ .checked = true, .result = AUTH_PASS };
	auth.dmarc = (struct auth_dmarc){ .checked = true,
					  .result = AUTH_FAIL,
					  .domain = STR("example.com"),
					  .policy = AUTH_POLICY_REJECT,
					  .disposition = AUTH_POLICY_QUARANTINE };
	report.iprev_checked = true;
	report.iprev = AUTH_PASS;
	assert_string_equal(
		written(AUTH_RESULTS_LINE),
		"mx.example.org; spf=pass smtp.mailfrom=a@example.com; spf=none smtp.helo=mail.example.com;"
		" iprev=pass policy.iprev=192.0.2.1; arc=pass smtp.remote-ip=192.0.2.1;"
		" dmarc=fail header.from=example.com policy.dmarc=quarantine;"
		" dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.i=@example.com"
		" header.b=AbCd1234;"
		" dkim=fail reason=\"body hash \\\"differs\\\"\" header.d=example.net header.s=s2"
		" header.a=ed25519-sha256 header.b=\"ab/+==\"; domainkeys=neutral header.d=old.example");
	assert_non_null(strstr(written(AUTH_RESULTS_FOLDED),
			       ";\r\n\tspf=none smtp.helo=mail.example.com;"));
}

static void the_null_sender_has_one_result(void **state)
{
	(void)state;
	auth.spf = (struct auth_spf){ .checked = true, .result = AUTH_FAIL };
	report.mail_from = (struct str){ 0 };
	assert_string_equal(written(AUTH_RESULTS_LINE),
			    "mx.example.org; spf=fail smtp.helo=mail.example.com");
	helo_spf = auth.spf;
	assert_string_equal(written(AUTH_RESULTS_LINE),
			    "mx.example.org; spf=fail smtp.helo=mail.example.com");
}

static void what_strangers_write_stays_a_value(void **state)
{
	static const struct {
		struct str given;
		const char *value;
	} cases[] = {
		{ STR_INIT("a@b; dkim=pass"), "\"a@b; dkim=pass\"" },
		{ STR_INIT("a\"@b"), "\"a\\\"@b\"" },
		{ STR_INIT("a\\@b"), "\"a\\\\@b\"" },
		{ STR_INIT("a(c)@b"), "\"a(c)@b\"" },
		{ STR_INIT("a@b\r\nX: y"), "\"a@b??X: y\"" },
		{ STR_INIT("\xc3\xa4@b"), "\"??@b\"" },
		{ STR_INIT("a..b@c"), "\"a..b@c\"" },
		{ STR_INIT("a+b=c@d.example"), "a+b=c@d.example" },
		{ STR_INIT("a@b@c"), "\"a@b@c\"" },
	};

	(void)state;
	auth.spf = (struct auth_spf){ .checked = true, .result = AUTH_PASS };
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char wanted[128];

		snprintf(wanted, sizeof(wanted), "mx.example.org; spf=pass smtp.mailfrom=%s",
			 cases[i].value);
		report.mail_from = cases[i].given;
		assert_string_equal(written(AUTH_RESULTS_LINE), wanted);
	}
}

static void logins_are_results(void **state)
{
	const uint8_t ip[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };

	(void)state;
	report.client_ip = ip_from_bytes(IP_V6, ip);
	report.authenticated = true;
	report.login = STR("bob");
	report.iprev_checked = true;
	report.iprev = AUTH_PERMERROR;
	assert_string_equal(
		written(AUTH_RESULTS_LINE),
		"mx.example.org; auth=pass smtp.auth=bob; iprev=permerror policy.iprev=\"2001:db8::1\"");
}

static void results_that_do_not_fit_are_left_out(void **state)
{
	static struct auth_dkim many[1000];
	char bytes[2000];
	struct out o = OUT(bytes);
	struct str text;

	(void)state;
	for (unsigned i = 0; i < COUNTOF(many); i++)
		many[i] = (struct auth_dkim){ .next = i + 1 < COUNTOF(many) ? &many[i + 1] : NULL,
					      .result = AUTH_FAIL,
					      .domain = STR("signer.example") };
	auth.dkim = many;
	auth_results_write(&o, &report, AUTH_RESULTS_FOLDED);
	text = out_text(&o);
	assert_false(o.full);
	assert_in_range(text.n, 1900, 2000);
	assert_true(str_ends(text, STR("header.d=signer.example")));
}

static void received_spf_is_evidence(void **state)
{
	char bytes[1024];
	struct out o = OUT(bytes);

	(void)state;
	auth.spf = (struct auth_spf){ .checked = true,
				      .result = AUTH_PERMERROR,
				      .reason = STR("no; such \"mechanism\"") };
	auth_received_spf_write(&o, &report);
	bytes[o.n] = '\0';
	assert_string_equal(
		bytes, "permerror client-ip=192.0.2.1; envelope-from=\"a@example.com\";\r\n\t"
		       "helo=mail.example.com; receiver=mx.example.org; identity=mailfrom;\r\n\t"
		       "problem=\"no; such \\\"mechanism\\\"\"");
	auth.spf.checked = false;
	o.n = 0;
	auth_received_spf_write(&o, &report);
	assert_int_equal(o.n, 0);
}

static void claims_are_seen_through_disguises(void **state)
{
	static const struct {
		struct str value;
		bool ours;
	} cases[] = {
		{ STR_INIT(" mx.example.org; none"), true },
		{ STR_INIT("MX.Example.ORG 1; dkim=pass"), true },
		{ STR_INIT("\r\n\t(a (nested) \\) one)\r\n mx.example.org;"), true },
		{ STR_INIT(" \"mx.example.org\" ; none"), true },
		{ STR_INIT(" \"mx.ex\\ample.org\"; none"), true },
		{ STR_INIT(" mx.example.org"), true },
		{ STR_INIT(" mx.example.org.; none"), true },
		{ STR_INIT(" mx.example.org/1; none"), true },
		{ STR_INIT(" mx.example.org(c); none"), true },
		{ STR_INIT("\xc2\xa0mx.example.org; none"), true },
		{ STR_INIT("\v\0mx.example.org\0; none"), true },
		{ STR_INIT(" mx.example.org.evil.example; none"), false },
		{ STR_INIT(" evil.example; mx.example.org"), false },
		{ STR_INIT(" (mx.example.org) evil.example; none"), false },
		{ STR_INIT(" (mx.example.org"), false },
		{ STR_INIT(""), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(auth_results_claims(cases[i].value, STR("mx.example.org")),
				 cases[i].ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_was_checked, begin),
		cmocka_unit_test_setup(everything_was_checked, begin),
		cmocka_unit_test_setup(the_null_sender_has_one_result, begin),
		cmocka_unit_test_setup(what_strangers_write_stays_a_value, begin),
		cmocka_unit_test_setup(logins_are_results, begin),
		cmocka_unit_test_setup(results_that_do_not_fit_are_left_out, begin),
		cmocka_unit_test_setup(received_spf_is_evidence, begin),
		cmocka_unit_test(claims_are_seen_through_disguises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
