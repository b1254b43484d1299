/* test_texts.c - what is known as text, compared in verdicts and rules. */
#include "build.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* "true", "false" or "open". */
static const char *truth_of(const char *when, const char *found, uint64_t outstanding)
{
	char conf[600];
	struct build b;
	struct judgement j;
	const char *truth;

	snprintf(conf, sizeof(conf), "verdict \"x\" { when = %s\n do = tag }", when);
	build_open(&b, NULL, conf);
	if (!b.ok)
		fail_msg("%s", complaints_text(&b.complaints));
	j = build_judge(&b, found, outstanding);
	truth = j.action == ACTION_TAG ? "true" : "false";
	if (!j.decided)
		truth = "open";
	build_close(&b);
	return truth;
}

struct row {
	const char *when, *found;
	uint64_t outstanding;
	const char *expect;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (const struct row *r = rows; r < rows + n; r++) {
		const char *truth = truth_of(r->when, r->found, r->outstanding);

		if (strcmp(truth, r->expect) != 0)
			fail_msg("%s [%s]: %s, not %s", r->when, r->found, truth, r->expect);
	}
}

static void texts_are_compared(void **state)
{
	static const struct row rows[] = {
		{ "spf.domain == \"sender.example\"", "", 0, "true" },
		{ "spf.domain == \"SENDER.Example\"", "", 0, "true" },
		{ "spf.domain == \"ender.example\"", "", 0, "false" },
		{ "spf.domain != \"sender.example\"", "", 0, "false" },
		{ "not spf.domain == \"x.example\"", "", 0, "true" },
		{ "spf.domain == \"x.example\" or spf.domain == \".example\"", "", 0, "true" },
		{ "spf.domain == \".sender.example\"", "", 0, "true" },
		{ "spf.domain == \".ender.example\"", "", 0, "false" },
		{ "spf.domain in [\"a.example\",\n\"b.example\", # more\n \".example\",\n]", "", 0,
		  "true" },
		{ "(spf.domain in [\"a.example\"]) + 1 == 2", "", 0, "false" },
		/* any of several */
		{ "dkim.domains == \"list.example\"", "", 0, "true" },
		{ "dkim.domains == \".example.org\"", "", 0, "true" },
		{ "dkim.domains != \"list.example\"", "", 0, "false" },
		{ "dkim.domains != \"other.example\"", "", 0, "true" },
		{ "dkim.domains == \"\"", "", 0, "false" },
		/* none is "" */
		{ "login == \"\"", "", 0, "true" },
		{ "login != \"\"", "", 0, "false" },
		{ "login in [\"joe\", \"jane\"]", "", 0, "false" },
		{ "mail_from == \"A@sender.example\"", "", 0, "true" },
		{ "mail_from == \"\\\"\\\\a\\\"@sender.example\"", "", 0, "true" },
		{ "mail_from == \".@example\"", "", 0, "false" },
		{ "mail_from.domain == \".example\"", "", 0, "true" },
		{ "dkim.domains == \".b\xc3\xbc"
		  "cher.example\"",
		  "", 0, "true" },
		{ "client.ip == \"192.0.2.1\"", "", 0, "true" },
		{ "client.ip in [\"10.0.0.0/8\", \"192.0.2.0/24\"]", "", 0, "true" },
		{ "client.ip in [\"10.0.0.0/8\", \"::/0\"]", "", 0, "false" },
		{ "client.ip != \"::ffff:192.0.2.1\"", "", 0, "false" },
		{ "client.as == \"as64500\"", "", 0, "true" },
		{ "client.as in [\"AS6450\", \"AS645000\"]", "", 0, "false" },
		{ "helo in [\"[192.0.2.1]\", \"\"]", "", 0, "false" },
		{ "login == \"a\\\\b\\\"c\\#d\"", "", 0, "false" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows));
}

static void details_are_texts(void **state)
{
	static const struct row rows[] = {
		{ "DNSBL_ZEN.detail == \"127.0.0.2\"", "DNSBL_ZEN=127.0.0.2", 0, "true" },
		{ "DNSBL_ZEN.detail in [\"127.0.0.2\"]", "DNSBL_ZEN=127.0.0.20", 0, "false" },
		{ "DNSBL_ZEN.detail == \"b\"", "DNSBL_ZEN=a DNSBL_ZEN=B", 0, "false" },
		{ "DNSBL_ZEN.detail == \"a, b\"", "DNSBL_ZEN=a DNSBL_ZEN=B", 0, "true" },
		{ "DNSBL_ZEN.detail == \"\"", "DNSBL_ZEN=a", 0, "false" },
		{ "DNSBL_ZEN.detail == \"\"", "DNSBL_SBL=a", 0, "true" },
		{ "DNSBL_ZEN.detail == \"a\"", "DNSBL_ZEN=a", 1 << SOURCE_DNSBL, "open" },
		{ "DNSBL_ZEN.detail == \"a\"", "DNSBL_ZEN=a", 1 << SOURCE_BODY, "true" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows));
}

static void a_text_is_open_until_its_source_has_finished(void **state)
{
	static const struct row rows[] = {
		{ "spf.domain == \"sender.example\"", "", 1 << SOURCE_HELO, "open" },
		{ "spf.domain != \"sender.example\"", "", 1 << SOURCE_HELO, "open" },
		{ "spf.domain == \"sender.example\"", "", 1 << SOURCE_BODY, "true" },
		{ "dkim.domains == \"list.example\"", "", 1 << SOURCE_BODY, "open" },
		{ "dkim.domains == \"list.example\" or mail_from != \"\"", "", 1 << SOURCE_BODY,
		  "true" },
		{ "dkim.domains == \"list.example\" and login != \"\"", "", 1 << SOURCE_BODY,
		  "false" },
		{ "client.ip == \"192.0.2.1\"", "", UINT64_MAX, "true" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows));
}

static void rules_compare_texts(void **state)
{
	struct build b;
	struct judgement j;

	(void)state;
	build_open(
		&b,
		"meta OURS spf.domain == \"sender.example\" && !__NOT\n"
		"meta __NOT (dkim.domains in [\"x.example\"])\n"
		"meta ITS from.domain == \"\"\n"
		"meta WHO NOBODY.detail != \"\" || META.detail == \"\"\n"
		"meta META spf.domain == \"sender.example\"\n"
		"score OURS 3\n",
		"verdict \"x\" { when = score >= 3 and spf.domain == \"sender.example\" do = tag }");
	assert_string_equal(
		complaints_text(&b.complaints),
		"r.cf:3:10: warning: meta ITS: from.domain needs the block from; the text is empty\n"
		"r.cf:4:10: warning: meta WHO: nobody defines NOBODY; the text is empty\n"
		"r.cf:4:33: warning: meta WHO: META is a rule: only what filters measure has a detail; "
		"the text is empty\n");
	assert_true(b.ok);
	j = build_judge(&b, "", 1 << SOURCE_BODY);
	assert_true(j.score_is_open);
	j = build_judge(&b, "", 0);
	assert_int_equal(j.action, ACTION_TAG);
	assert_true(str_eq(j.symbols, STR("OURS(3),ITS(1),WHO(1),META(1)")));
	build_close(&b);
}

static void rules_are_refused_with_the_place(void **state)
{
	struct build b;

	(void)state;
	build_open(&b,
		   "meta A form.domain == \"x\"\n"
		   "meta B A + client.ip\n"
		   "meta C helo == \"a b\"\n"
		   "meta D rcpt.domain == \"x\"\n"
		   "meta E ${.detail == \"x\"\n",
		   NULL);
	assert_string_equal(
		complaints_text(&b.complaints),
		"r.cf:1:8: meta: there is no text form.domain; did you mean from.domain?\n"
		"r.cf:2:12: meta: client.ip is a text: compare it with == \"...\", != \"...\" or in "
		"[\"...\"]\n"
		"r.cf:3:16: meta: 'a b' is not a domain, or .domain for it and all below it\n"
		"r.cf:4:8: meta: rcpt.domain is not compared: name recipients in a block recipients, "
		"and that in the verdict's for\n"
		"r.cf:5:8: meta: '$': unexpected character\n");
	build_close(&b);
}

static void lists_are_bounded(void **state)
{
	static char conf[8192];
	struct out o = { .p = conf, .cap = sizeof(conf) - 1 };
	struct build b;

	(void)state;
	out_str(&o, STR("verdict \"x\" { do = tag when = helo in [\n"));
	for (unsigned i = 0; i < LIMIT_EXPRESSION_TEXTS; i++)
		out_printf(&o, "\"h%u\",\n", i);
	conf[o.n] = '\0';
	memcpy(conf + o.n, "] }", 4);
	build_open(&b, NULL, conf);
	assert_true(b.ok);
	build_close(&b);
	memcpy(conf + o.n, "\"more\"] }", 10);
	build_open(&b, NULL, conf);
	assert_string_equal(complaints_text(&b.complaints),
			    "c:258:1: more than 256 texts in a list\n");
	build_close(&b);
}

static void check_says_how_early(void **state)
{
	struct build b;
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	build_open(
		&b, NULL,
		"verdict \"a\" { when = spf.domain == \"x.example\" do = tag }\n"
		"verdict \"b\" { when = not client.ip in [\"10.0.0.0/8\"] do = tag }\n"
		"verdict \"c\" { when = mail_from == \"\" and dkim.domains != \"x.example\" do = tag }\n"
		"verdict \"d\" { when = BODY_BAD.detail == \"x\" or helo == \"\" do = tag }\n");
	policy_print_verdicts(b.policy, f);
	fclose(f);
	assert_string_equal(text, "verdict \"a\": tag, can fire from stage rcpt\n"
				  "verdict \"b\": tag, can fire from stage rcpt\n"
				  "verdict \"c\": tag, can fire from stage end\n"
				  "verdict \"d\": tag, can fire from stage rcpt\n"
				  "score: 0.0 to 0.0\n");
	free(text);
	build_close(&b);
}

static void replies_quote_texts(void **state)
{
	struct build b;
	struct judgement j;

	(void)state;
	build_open(&b, NULL,
		   "verdict \"x\" { when = 1 do = reject reply = \"%{dkim.domains} <%{login}> "
		   "%{spf.domain} %{rcpt.domain} %{client.as}\" }");
	j = build_judge(&b, "", 1 << SOURCE_BODY);
	assert_false(j.decided);
	j = build_judge(&b, "", 0);
	assert_true(
		str_eq(j.reply, STR("5.7.1 list.example,mail.example.org,mx.xn--BCHER-kva.example. "
				    "<> sender.example "
				    "rcpt.example AS64500 An Operator")));
	build_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_compared),
		cmocka_unit_test(details_are_texts),
		cmocka_unit_test(a_text_is_open_until_its_source_has_finished),
		cmocka_unit_test(rules_compare_texts),
		cmocka_unit_test(rules_are_refused_with_the_place),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(check_says_how_early),
		cmocka_unit_test(replies_quote_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
