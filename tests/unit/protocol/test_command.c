/* protocol/command.h: lines of the client, and the parameters of MAIL and RCPT. */
#include "base/limits.h"
#include "protocol/command.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ALL = -1, NONE = 0 };

static void lines_end_in_crlf(void **state)
{
	struct str line;
	size_t used;

	(void)state;
	assert_int_equal(command_line(STR("NOOP\r\nQUIT\r\n"), LIMIT_COMMAND_LINE, BARE_REJECT,
				      &line, &used),
			 LINE_WHOLE);
	assert_true(str_eq(line, STR("NOOP")) && used == 6);
	assert_int_equal(
		command_line(STR("NOOP  \t\r\n"), LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
		LINE_WHOLE);
	assert_true(str_eq(line, STR("NOOP")));
	assert_int_equal(command_line(STR("NOOP"), LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
			 LINE_NONE);
	assert_int_equal(used, 0);
	assert_int_equal(command_line(STR("NOOP\r"), LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
			 LINE_NONE);
	assert_int_equal(command_line(STR("\r\n"), LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
			 LINE_WHOLE);
	assert_int_equal(line.n, 0);
}

static void bare_newlines_are_seen(void **state)
{
	struct str line;
	size_t used;

	(void)state;
	assert_int_equal(command_line(STR("NOOP\n"), LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
			 LINE_BARE);
	assert_int_equal(used, 5);
	assert_int_equal(
		command_line(STR("NO\rOP\r\n"), LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
		LINE_BARE);
	assert_int_equal(command_line(STR("\n"), LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
			 LINE_BARE);
	assert_int_equal(
		command_line(STR("NOOP\n"), LIMIT_COMMAND_LINE, BARE_NORMALIZE, &line, &used),
		LINE_WHOLE);
	assert_true(str_eq(line, STR("NOOP")));
}

static void long_lines_are_eaten(void **state)
{
	static char big[5000];
	struct str line;
	size_t used;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(command_line((struct str){ .p = big, .n = sizeof(big) },
				      LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
			 LINE_TOO_LONG);
	assert_int_equal(used, sizeof(big));
	big[4500] = '\n';
	assert_int_equal(command_line((struct str){ .p = big, .n = sizeof(big) },
				      LIMIT_COMMAND_LINE, BARE_REJECT, &line, &used),
			 LINE_TOO_LONG);
	assert_int_equal(used, 4501);
}

static void verbs_and_arguments(void **state)
{
	static const struct {
		struct str line;
		enum verb verb;
		enum err err;
	} cases[] = {
		{ STR_INIT("ehlo mx.example"), VERB_EHLO, ERR_OK },
		{ STR_INIT("EHLO"), VERB_EHLO, ERR_SYNTAX },
		{ STR_INIT("QUIT now"), VERB_QUIT, ERR_SYNTAX },
		{ STR_INIT("NOOP anything"), VERB_NOOP, ERR_OK },
		{ STR_INIT("GET / HTTP/1.1"), VERB_UNKNOWN, ERR_OK },
		{ STR_INIT(""), VERB_UNKNOWN, ERR_OK },
		{ STR_INIT("EHLO a\0b"), VERB_EHLO, ERR_SYNTAX },
		{ STR_INIT("SOML FROM:<a@b>"), VERB_SOML, ERR_OK },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct command c;

		assert_int_equal(command_parse(cases[i].line, &c), cases[i].err);
		assert_int_equal(c.verb, cases[i].verb);
	}
}

static void mail_carries_what_is_offered(void **state)
{
	static const struct {
		struct str line, params;
		unsigned code;
	} cases[] = {
		{ STR_INIT("FROM:<a@b.example>"), STR_INIT(""), 0 },
		{ STR_INIT("from:<> SIZE=1000 body=8bitmime RET=HDRS ENVID=a+20b"),
		  STR_INIT(" body=8bitmime RET=HDRS ENVID=a+20b"), 0 },
		{ STR_INIT("FROM:<a@b.example> SMTPUTF8"), STR_INIT(" SMTPUTF8"), 0 },
		{ STR_INIT("FROM:<a@b.example> SMTPUTF8=1"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> SIZE=x"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> SIZE"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> SIZE=1 SIZE=2"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> BODY=BINARYMIME"), STR_INIT(" BODY=BINARYMIME"), 0 },
		{ STR_INIT("FROM:<a@b.example> BODY=9BIT"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> REQUIRETLS MT-PRIORITY=-3 BY=120;rt HOLDFOR=3600"),
		  STR_INIT(" REQUIRETLS MT-PRIORITY=-3 BY=120;rt HOLDFOR=3600"), 0 },
		{ STR_INIT("FROM:<a@b.example> HOLDUNTIL=2026-12-01T00:00:00Z"),
		  STR_INIT(" HOLDUNTIL=2026-12-01T00:00:00Z"), 0 },
		{ STR_INIT("FROM:<a@b.example> REQUIRETLS=1"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> MT-PRIORITY=10"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> MT-PRIORITY"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> BY=120"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> BY=1;X"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> HOLDFOR=-1"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> HOLDUNTIL=tomorrow"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> ENVID=a=b"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> NOTIFY=NEVER"), STR_INIT(""), 555 },
		{ STR_INIT("FROM:<a@b.example> AUTH=<>"), STR_INIT(" AUTH=<>"), 0 },
		{ STR_INIT("FROM:<a@b.example> AUTH=e+3Dmc2@b.example"),
		  STR_INIT(" AUTH=e+3Dmc2@b.example"), 0 },
		{ STR_INIT("FROM:<a@b.example> AUTH=e=mc2@b.example"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> AUTH"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<a@b.example> X=<>"), STR_INIT(""), 555 },
		{ STR_INIT("FROM a@b.example"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:a@b.example"), STR_INIT(""), 501 },
		{ STR_INIT("FROM:<\xc3\xa4@b.example>"), STR_INIT(""), 553 },
		{ STR_INIT("FROM:<\xc3\xa4@b.example> SMTPUTF8"), STR_INIT(" SMTPUTF8"), 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[256];
		struct out params = OUT(bytes);
		struct mail_command m;
		const struct command_error e =
			command_mail(cases[i].line, (uint32_t)ALL, &m, &params);

		if (e.code != cases[i].code)
			fail_msg("case %zu: %u %s", i, e.code, e.text);
		if (!e.code)
			assert_true(str_eq(out_text(&params), cases[i].params));
	}
}

static void what_is_not_offered_is_refused(void **state)
{

	char bytes[256];
	struct out params = OUT(bytes);
	struct mail_command m;

	(void)state;
	assert_int_equal(command_mail(STR("FROM:<a@b> BODY=8BITMIME"), NONE, &m, &params).code,
			 555);
	assert_int_equal(
		command_mail(STR("FROM:<a@b> BODY=BINARYMIME"), 1u << CAP_8BITMIME, &m, &params)
			.code,
		501);
	assert_int_equal(command_rcpt(STR("TO:<a@b> NOTIFY=NEVER"), NONE, false, &m, &params).code,
			 555);
}

static void rcpt_takes_dsn_parameters(void **state)
{
	static const struct {
		struct str line;
		unsigned code;
	} cases[] = {
		{ STR_INIT("TO:<b@example.net>"), 0 },
		{ STR_INIT("TO:<postmaster>"), 0 },
		{ STR_INIT("TO:<b@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.net"),
		  0 },
		{ STR_INIT("TO:<b@example.net> NOTIFY=NEVER,DELAY"), 501 },
		{ STR_INIT("TO:<b@example.net> NOTIFY=DELAY,DELAY"), 501 },
		{ STR_INIT("TO:<b@example.net> NOTIFY=,"), 501 },
		{ STR_INIT("TO:<b@example.net> ORCPT=b"), 501 },
		{ STR_INIT("TO:<b@example.net> ORCPT=rfc822;+4"), 501 },
		{ STR_INIT("TO:<>"), 501 },
		{ STR_INIT("TO:<b@example.net> SIZE=1"), 555 },
		{ STR_INIT("TO:<b@example.net>\tX"), 501 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[256];
		struct out params = OUT(bytes);
		struct mail_command m;
		const struct command_error e =
			command_rcpt(cases[i].line, (uint32_t)ALL, false, &m, &params);

		if (e.code != cases[i].code)
			fail_msg("case %zu: %u %s", i, e.code, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_in_crlf),
		cmocka_unit_test(bare_newlines_are_seen),
		cmocka_unit_test(long_lines_are_eaten),
		cmocka_unit_test(verbs_and_arguments),
		cmocka_unit_test(mail_carries_what_is_offered),
		cmocka_unit_test(what_is_not_offered_is_refused),
		cmocka_unit_test(rcpt_takes_dsn_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
