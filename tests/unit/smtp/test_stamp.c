/* smtp/stamp.h: fields we add, forged ones we remove, and no way to inject a line. */
#include "base/check.h"
#include "smtp/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID STR("mx.example.org")

static struct stamp plain_stamp(const struct judgement *j)
{
	return (struct stamp){ .id = STR("0123456789AB-1"),
			       .hostname = STR("gate.example"),
			       .helo = STR("mx.example.org"),
			       .client_name = STR("mx.example.org"),
			       .rcpt = STR("b@example.net"),
			       .client_ip = { .family = IP_V4, .bytes = { 192, 0, 2, 1 } },
			       .esmtp = true,
			       .unix_ms = 1700000000000,
			       .judgement = j };
}

static void the_fields_are_as_written(void **state)
{
	const struct judgement j = { .decided = true,
				     .action = ACTION_TAG,
				     .name = "tagged",
				     .score = 6.5,
				     .symbols = STR("A(4),B(2.5)") };
	const struct stamp s = plain_stamp(&j);
	struct arena arena;

	(void)state;
	arena_init(&arena, 100000);
	assert_string_equal(
		stamp_headers(&arena, &s).p,
		"Received: from mx.example.org (mx.example.org [192.0.2.1])\r\n"
		"\tby gate.example (Postern) with ESMTP id 0123456789AB-1\r\n"
		"\tfor <b@example.net>;\r\n"
		"\tTue, 14 Nov 2023 22:13:20 +0000\r\n"
		"X-Postern-Verdict: id=0123456789AB-1 action=tag verdict=\"tagged\" score=6.5\r\n"
		"X-Spam-Flag: YES\r\n"
		"X-Spam-Score: 6.5\r\n"
		"X-Spam-Status: Yes, score=6.5 tests=A(4),B(2.5)\r\n");
	arena_reset(&arena);
}

static void the_way_it_came_is_named(void **state)
{
	static const struct {
		bool esmtp, utf8, tls, authenticated;
		const char *word;
	} cases[] = {
		{ false, false, true, false, " SMTP " },
		{ true, false, false, false, " ESMTP " },
		{ true, false, true, false, " ESMTPS " },
		{ true, false, false, true, " ESMTPA " },
		{ true, false, true, true, " ESMTPSA " },
		{ true, true, false, false, " UTF8SMTP " },
		{ true, true, true, true, " UTF8SMTPSA " },
	};
	static const struct conn_tls_facts tls = { .version = "TLSv1.3",
						   .cipher = "X",
						   .suite = "Y" };
	const struct judgement j = { .decided = true, .action = ACTION_ACCEPT, .name = "" };
	struct stamp s = plain_stamp(&j);
	struct arena arena;

	(void)state;
	arena_init(&arena, 100000);
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		s.esmtp = cases[i].esmtp;
		s.utf8 = cases[i].utf8;
		s.tls = cases[i].tls ? &tls : NULL;
		s.authenticated = cases[i].authenticated;
		assert_non_null(strstr(stamp_headers(&arena, &s).p, cases[i].word));
	}
	arena_reset(&arena);
}

static void nothing_can_be_injected(void **state)
{
	const struct judgement j = { .decided = true, .action = ACTION_ACCEPT, .name = "" };
	struct stamp s = plain_stamp(&j);
	struct arena arena;
	struct str text;

	(void)state;
	arena_init(&arena, 100000);
	s.helo = STR("x\r\nX-Evil: yes (\"");
	s.client_name = STR("y)\0\n");
	s.rcpt = STR("\"a\r\nb\"@c");
	text = stamp_headers(&arena, &s);
	assert_non_null(strstr(text.p, "from x??X-Evil:?yes??? (y??? [192.0.2.1])\r\n"));
	assert_non_null(strstr(text.p, "for <?a??b?@c>;"));
	arena_reset(&arena);
}

static void forged_fields_go(void **state)
{
	struct arena arena;
	struct str clean;

	(void)state;
	arena_init(&arena, 100000);
	assert_int_equal(stamp_clean(&arena, STR("From: a\r\nSubject: b\r\n\r\n"), ID, &clean),
			 ERR_OK);
	assert_null(clean.p);
	assert_int_equal(
		stamp_clean(&arena,
			    STR("From: a\r\nx-spam-flag: NO\r\nX-Postern-Verdict: ok\r\n folded\r\n"
				"X-Spam-Status : No\r\nSubject: b\r\n\r\n"),
			    ID, &clean),
		ERR_OK);
	assert_true(str_eq(clean, STR("From: a\r\nSubject: b\r\n\r\n")));
	assert_int_equal(
		stamp_clean(&arena, STR("X-Spam-Flag: NO\r\nnot a field\r\nrest"), ID, &clean),
		ERR_OK);
	assert_true(str_eq(clean, STR("not a field\r\nrest")));
	assert_int_equal(stamp_clean(&arena,
				     STR("A: b\r\nnot a field\r\nX-Spam-Flag: NO\r\nC: d\r\n\r\n"),
				     ID, &clean),
			 ERR_OK);
	assert_true(str_eq(clean, STR("A: b\r\nnot a field\r\nC: d\r\n\r\n")));
	assert_int_equal(
		stamp_clean(
			&arena,
			STR("authentication-results:\r\n (c) MX.example.org 1; dkim=pass\r\n\tx=y\r\n"
			    "Authentication-Results: other.example; spf=pass\r\nA: b\r\n\r\n"),
			ID, &clean),
		ERR_OK);
	assert_true(str_eq(clean,
			   STR("Authentication-Results: other.example; spf=pass\r\nA: b\r\n\r\n")));
	arena_reset(&arena);
}

static void hops_and_forged_fields_are_seen(void **state)
{
	struct stamp_survey s;

	(void)state;
	s = stamp_survey(STR("Received: a\r\n b\r\nFrom: x\r\nrecEIVED: c\r\n\r\nReceived: no\r\n"),
			 ID);
	assert_int_equal(s.hops, 2);
	assert_false(s.ours);
	s = stamp_survey(STR("Authentication-Results: mx.example.org; a\r\n\r\n"), ID);
	assert_true(s.ours);
	s = stamp_survey(STR("Authentication-Results: mx.example.org; a\r\n\r\n"), STR(""));
	assert_false(s.ours);
	s = stamp_survey(STR("X-Spam: a\r\nno field\r\nx-spam-STATUS: b\r\nReceived: c\r\n\r\n"),
			 ID);
	assert_int_equal(s.hops, 1);
	assert_true(s.ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fields_are_as_written),
		cmocka_unit_test(the_way_it_came_is_named),
		cmocka_unit_test(nothing_can_be_injected),
		cmocka_unit_test(forged_fields_go),
		cmocka_unit_test(hops_and_forged_fields_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
