/* test_verdict.c - verdicts as the config writes them: errors with their place, replies, what
 * `postern check` says of them. */
#include "build.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
	const char *conf, *complaints;
};

static void check_rows(const struct row *rows, size_t n, bool ok)
{
	for (size_t i = 0; i < n; i++) {
		struct build b;

		build_open(&b, "header OFF X-Languages =~ /x/\nmeta META HELO_BAD\n", rows[i].conf);
		/* the first line is of OFF */
		if (strcmp(strchr(complaints_text(&b.complaints), '\n') + 1, rows[i].complaints) ||
		    b.ok != ok)
			fail_msg("%s\n%s:\n%snot\n%s", rows[i].conf, b.ok ? "ok" : "refused",
				 complaints_text(&b.complaints), rows[i].complaints);
		build_close(&b);
	}
}

static void errors_have_a_place(void **state)
{
	static const struct row rows[] = {
		{ "verdict \"on_fail\" { when = HELO_BAD do = reject }",
		  "c:1:9: \"on_fail\" is what defers mail that a filter with on_fail = defer could not look at\n" },
		{ "verdict \"x\" { when = HELO_BAT do = reject }",
		  "c:1:22: nobody defines HELO_BAT; did you mean HELO_BAD?\n" },
		{ "verdict \"x\" { when = HELO_BAD or\n   scor > 3 do = reject }",
		  "c:2:4: nobody defines scor; did you mean score?\n" },
		{ "verdict \"x\" { when = OFF do = reject }",
		  "c:1:22: OFF is a rule that this version does not run (r.cf:1)\n" },
		{ "verdict \"x\" { when = 1 < score < 3 do = reject }",
		  "c:1:32: comparisons do not chain: join them with 'and'\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject mode = maybe }",
		  "c:1:50: mode is enforce, shadow or canary N% (0 to 100), not 'maybe'\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject mode = canary 101% }",
		  "c:1:50: mode is enforce, shadow or canary N% (0 to 100), not 'canary 101%'\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"4.7.1 later\" }",
		  "c:1:51: reply: 4.7.1 does not fit 'reject', whose codes begin with 5\n" },
		{ "verdict \"x\" { when = HELO_BAD do = defer reply = \"5.7.1 no\" }",
		  "c:1:50: reply: 5.7.1 does not fit 'defer', whose codes begin with 4\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"550 5.7.1 no\" }",
		  "c:1:51: reply: leave out 550, the reply code follows from the action; begin with "
		  "an enhanced code (5.7.1) or with the text\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"n\xc3\xb6\" }",
		  "c:1:51: reply: byte 0xc3 in it; a reply is one line of printable ASCII\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"%{client.ipp}\" }",
		  "c:1:51: reply: there is no %{client.ipp}; did you mean %{client.ip}?\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"%{zzzzzzzzzzzzzz}\" }",
		  "c:1:51: reply: there is no %{zzzzzzzzzzzzzz} (there are client.ip, client.name, "
		  "client.country, client.as, login, helo, mail_from, mail_from.domain, spf.domain, "
		  "dkim.domains, from.domain, rcpt, rcpt.domain, id, score, and SYMBOL.detail)\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"%{client.countri}\" }",
		  "c:1:51: reply: there is no %{client.countri}; did you mean %{client.country}?\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"%{client.country}\" }",
		  "c:1:51: reply: %{client.country} needs the block location with country\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"%{DNSBL_ZAN.detail}\" }",
		  "c:1:51: reply: nobody defines DNSBL_ZAN; did you mean DNSBL_ZEN?\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"%{META.detail}\" }",
		  "c:1:51: reply: META is a rule: only what filters measure has a detail\n" },
		{ "verdict \"x\" { when = HELO_BAD do = reject reply = \"see %{client.ip\" }",
		  "c:1:51: reply: %{ without }\n" },
		{ "recipients \"vip\" { match = \"@a\" }\n"
		  "verdict \"x\" { when = HELO_BAD do = tag for = vipp }",
		  "c:2:46: there is no recipients block \"vipp\"; did you mean \"vip\"?\n" },
		{ "recipients \"a\" { match = [\"x\", \"@\", \"@*.\", \"@a*b\", \"*@b\", "
		  "\"a@*.b\", \"@a b\", \"a@b \"] }",
		  "c:1:27: 'x' is not user@domain, @domain or @*.domain\n"
		  "c:1:32: '@' is not user@domain, @domain or @*.domain\n"
		  "c:1:37: '@*.' is not user@domain, @domain or @*.domain\n"
		  "c:1:44: '@a*b' is not user@domain, @domain or @*.domain\n"
		  "c:1:52: '*@b' is not user@domain, @domain or @*.domain\n"
		  "c:1:59: 'a@*.b' is not user@domain, @domain or @*.domain\n"
		  "c:1:68: '@a b' is not user@domain, @domain or @*.domain\n"
		  "c:1:76: 'a@b ' is not user@domain, @domain or @*.domain\n" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), false);
}

static void texts_that_are_refused_have_a_place(void **state)
{
	static const struct row rows[] = {
		{ "verdict \"x\" { when = form.domain == \"a\" do = tag }",
		  "c:1:22: nobody defines form.domain; did you mean from.domain?\n" },
		{ "verdict \"x\" { when = HELO_BAD and\n  helo > 3 do = tag }",
		  "c:2:3: helo is a text: compare it with == \"...\", != \"...\" or in [\"...\"]\n" },
		{ "verdict \"x\" { when = not helo do = tag }",
		  "c:1:26: helo is a text: compare it with == \"...\", != \"...\" or in [\"...\"]\n" },
		{ "verdict \"x\" { when = 1 + helo do = tag }",
		  "c:1:26: helo is a text: compare it with == \"...\", != \"...\" or in [\"...\"]\n" },
		{ "verdict \"x\" { when = HELO_BAD == \"yes\" do = tag }",
		  "c:1:34: a text is compared with a name of texts in front of it\n" },
		{ "verdict \"x\" { when = score in [\"a\"] do = tag }",
		  "c:1:28: expected an operator, not 'in'\n" },
		{ "verdict \"x\" { when = helo == HELO_BAD do = tag }",
		  "c:1:30: expected a text in quotes\n" },
		{ "verdict \"x\" { when = helo in \"a\" do = tag }",
		  "c:1:30: 'in' takes a list: [\"a\", \"b\"]\n" },
		{ "verdict \"x\" { when = helo in [] do = tag }",
		  "c:1:31: expected a text in quotes\n" },
		{ "verdict \"x\" { when = helo in [\n \"a\"\n \"b\"] do = tag }",
		  "c:3:2: expected , or ] in this list\n" },
		{ "verdict \"x\" { when = helo == \"a\" == \"b\" do = tag }",
		  "c:1:34: comparisons do not chain: join them with 'and'\n" },
		{ "verdict \"x\" { when = client.ip in [\"10.0.0.0/8\",\n \"10.0.0.0/33\"] do = tag }",
		  "c:2:2: '10.0.0.0/33' is not an address or a network\n" },
		{ "verdict \"x\" { when = dkim.domains in [\"*.example.org\"] do = tag }",
		  "c:1:39: '*.example.org' is not a domain, or .domain for it and all below it\n" },
		{ "verdict \"x\" { when = helo == \"b\xc3\xbc..\" do = tag }",
		  "c:1:30: 'b\xc3\xbc..' is not a domain, or .domain for it and all below it\n" },
		{ "verdict \"x\" { when = mail_from in [\"\", \"a@b.example\", \"*@b.example\"] do = tag }",
		  "c:1:55: '*@b.example' is not user@domain; mail_from.domain is for all of a domain\n" },
		{ "verdict \"x\" { when = mail_from in [\"postmaster\", \"@b.example\"] do = tag }",
		  "c:1:50: '@b.example' is not user@domain; mail_from.domain is for all of a domain\n" },
		{ "verdict \"x\" { when = mail_from == \"b.example\" do = tag }",
		  "c:1:35: 'b.example' is not user@domain; mail_from.domain is for all of a domain\n" },
		{ "verdict \"x\" { when = client.as == \"Telekom\" do = tag }",
		  "c:1:35: 'Telekom' is not the number of an AS: AS64500\n" },
		{ "verdict \"x\" { when = rcpt == \"a@b\" do = tag }",
		  "c:1:22: rcpt is not compared: name recipients in a block recipients, and that in the "
		  "verdict's for\n" },
		{ "verdict \"x\" { when = id != \"\" do = tag }",
		  "c:1:22: id is not compared: it is for replies\n" },
		{ "verdict \"x\" { when = client.country == \"DE\" do = tag }",
		  "c:1:22: client.country needs the block location with country\n" },
		{ "verdict \"x\" { when = DNSBL_ZAN.detail == \"a\" do = tag }",
		  "c:1:22: nobody defines DNSBL_ZAN; did you mean DNSBL_ZEN?\n" },
		{ "verdict \"x\" { when = META.detail == \"a\" do = tag }",
		  "c:1:22: META is a rule: only what filters measure has a detail\n" },
		{ "verdict \"x\" { when = OFF.detail == \"a\" do = tag }",
		  "c:1:22: OFF is a rule: only what filters measure has a detail\n" },
		{ "verdict \"x\" { when = helo == \"a\\n\" do = tag }",
		  "c:1:30: '\"a': texts know \\\" \\\\ and \\# only\n" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), false);
}

static void what_does_nothing_is_a_warning(void **state)
{
	static const struct row rows[] = {
		{ "verdict \"x\" { when = HELO_BAD do = tag reply = \"hi\" }",
		  "c:1:48: warning: 'tag' says nothing to the client: reply is not used\n" },
		{ "recipients \"none\" { match = [] }", "c:1:1: warning: match lists nobody\n" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), true);
}

static void verdicts_are_counted(void **state)
{
	static char conf[8192];
	struct out o = { .p = conf, .cap = sizeof(conf) - 1 };
	struct build b;

	(void)state;
	for (unsigned i = 0; i < LIMIT_VERDICTS; i++)
		out_printf(&o, "verdict \"v%u\" { when = HELO_BAD do = tag }\n", i);
	conf[o.n] = '\0';
	build_open(&b, NULL, conf);
	assert_true(b.ok);
	assert_true(policy_class(b.policy, STR("a@b")) == UINT64_MAX);
	build_close(&b);
	out_str(&o, STR("verdict \"more\" { when = HELO_BAD do = tag }\n"));
	conf[o.n] = '\0';
	build_open(&b, NULL, conf);
	assert_false(b.ok);
	assert_string_equal(complaints_text(&b.complaints), "c:65:1: more than 64 verdicts\n");
	build_close(&b);
}

static void check_reply(const char *reply, const char *found, const char *expect)
{
	char conf[1024];
	struct build b;
	struct judgement j;

	snprintf(conf, sizeof(conf), "verdict \"x\" { when = 1 do = reject reply = \"%s\" }",
		 reply);
	build_open(&b, "score DNSBL_ZEN 2.5", conf);
	assert_string_equal(complaints_text(&b.complaints), "");
	j = build_judge(&b, found, 0);
	if (!str_eq(j.reply, str_z(expect)))
		fail_msg("%s: " STR_FMT ", not %s", reply, STR_ARG(j.reply), expect);
	build_close(&b);
}

static void replies_are_filled_in(void **state)
{
	(void)state;
	check_reply("no", "", "5.7.1 no");
	check_reply("5.7.25 no", "", "5.7.25 no");
	check_reply("5.7.25", "", "5.7.25");
	check_reply("5.7 no", "", "5.7.1 5.7 no");
	check_reply("100% no %x %", "", "5.7.1 100% no %x %");
	check_reply("%{client.ip} %{client.name} %{id}", "", "5.7.1 192.0.2.1 mx.example ID-1");
	check_reply("%{helo}", "", "5.7.1 helo??host");
	check_reply("<%{mail_from}> <%{mail_from.domain}> <%{rcpt}>", "",
		    "5.7.1 <a@sender.example> <sender.example> <r@rcpt.example>");
	check_reply("[%{DNSBL_ZEN.detail}] %{score}", "DNSBL_ZEN=127.0.0.2",
		    "5.7.1 [127.0.0.2] 2.5");
	check_reply("[%{DNSBL_ZEN.detail}]", "", "5.7.1 []");
	check_reply("%{DNSBL_ZEN.detail}%{DNSBL_SBL.detail}", "DNSBL_ZEN=a DNSBL_SBL=b DNSBL_ZEN=c",
		    "5.7.1 a, cb");
}

static void a_reply_that_is_cut_is_told(void **state)
{
	static const struct {
		int length;
		const char *complaints;
	} rows[] = {
		{ LIMIT_REPLY_TEXT - 6, "" }, /* "5.7.1 " in front */
		{ LIMIT_REPLY_TEXT - 5,
		  "c:1:44: warning: reply: its text has 401 bytes; it is cut behind 400\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char conf[1024];
		struct build b;

		snprintf(conf, sizeof(conf),
			 "verdict \"x\" { when = 1 do = reject reply = \"%0*d%%{helo}\" }",
			 rows[i].length, 0);
		build_open(&b, NULL, conf);
		assert_string_equal(complaints_text(&b.complaints), rows[i].complaints);
		build_close(&b);
	}
}

static void replies_fit_a_line(void **state)
{
	char found[600] = "DNSBL_ZEN=";
	struct build b;
	struct judgement j;

	(void)state;
	memset(found + 10, 'x', 580);
	build_open(&b, NULL,
		   "verdict \"x\" { when = 1 do = reject reply = \"%{DNSBL_ZEN.detail}\" }");
	j = build_judge(&b, found, 0);
	assert_int_equal(j.reply.n, LIMIT_REPLY_TEXT);
	assert_true(str_starts(j.reply, STR("5.7.1 xxx")));
	build_close(&b);
}

static void an_arena_without_room_costs_only_texts(void **state)
{
	struct findings none = { 0 };
	const struct findings *const lists[] = { &none };
	const struct evidence e = { .lists = lists, .list_count = 1, .stage = STAGE_END };
	struct build b;
	struct arena full;
	struct judgement j;

	(void)state;
	arena_init(&full, 0);
	build_open(&b, NULL, "verdict \"x\" { when = 1 do = reject }");
	policy_judge(b.policy, &e, UINT64_MAX, 0, &full, &j);
	assert_true(j.decided && j.action == ACTION_REJECT && j.reply.n == 0);
	build_close(&b);
}

static void check_prints(const char *rules, const char *conf, const char *expect)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	struct build b;

	build_open(&b, rules, conf);
	assert_true(b.ok);
	policy_print_verdicts(b.policy, f);
	fclose(f);
	assert_string_equal(text, expect);
	free(text);
	build_close(&b);
}

static void check_tells_the_stage(void **state)
{
	static const char rules[] =
		"score DNSBL_ZEN 4\nscore HELO_BAD 3\nscore BODY_BAD 8\n"
		"score RDNS_CONFIRMED -1\nscore SPF_FAIL -2\n"
		"header __OFF x =~ /y/\n"
		"meta __WITH_OFF HELO_BAD && __OFF\n"
		"meta EARLY HELO_BAD && (RDNS_NONE || BODY_BAD)\nscore EARLY 0\n"
		"meta LATE HELO_BAD && BODY_BAD\nscore LATE 0";
	static const char conf[] =
		"verdict \"a\" { when = AUTHENTICATED do = accept }\n"
		"verdict \"b\" { when = DNSBL_ZEN do = reject }\n"
		"verdict \"c\" { when = score >= 5 do = reject }\n"
		"verdict \"d\" { when = score >= 6 do = reject }\n"
		"verdict \"e\" { when = envelope_score >= 7 do = reject }\n"
		"verdict \"f\" { when = envelope_score >= 8 do = reject }\n"
		"verdict \"g\" { when = EARLY do = reject }\n"
		"verdict \"h\" { when = LATE do = reject }\n"
		"verdict \"i\" { when = not BODY_BAD do = tag mode = shadow }\n"
		"verdict \"j\" { when = __WITH_OFF do = tag }\n"
		"verdict \"k\" { when = not __WITH_OFF and HELO_BAD do = reject }\n"
		"verdict \"l\" { when = BODY_BAD do = tag }\n"
		"verdict \"m\" { when = DNSBL_ZEN do = defer }\n"
		"verdict \"n\" { when = HELO_BAD * 2 > 1 do = reject }\n"
		"verdict \"o\" { when = score < 100 do = tag }\n"
		"verdict \"p\" { when = DNSBL_ZEN do = reject }\n";
	static const char expect[] =
		"verdict \"a\": accept, can fire from stage rcpt\n"
		"verdict \"b\": reject, can fire from stage rcpt\n"
		"verdict \"c\": reject, can fire from stage rcpt\n"
		"verdict \"d\": reject, can fire from stage end\n"
		"verdict \"e\": reject, can fire from stage rcpt\n"
		"verdict \"f\": reject, never true\n"
		"verdict \"g\": reject, can fire from stage rcpt\n"
		"verdict \"h\": reject, can fire from stage end\n"
		"verdict \"i\": tag (shadow), can fire from stage end\n"
		"verdict \"j\": tag, never true\n"
		"verdict \"k\": reject, can fire from stage rcpt\n"
		"verdict \"l\": tag, can fire from stage end\n"
		"verdict \"m\": defer, can fire from stage end (\"c\" before it is open until then)\n"
		"verdict \"n\": reject, can fire from stage end (\"l\" before it is open until then)\n"
		"verdict \"o\": tag, can fire from stage end (\"c\" before it is open until then)\n"
		"verdict \"p\": reject, never reached: \"o\" before it is always true\n"
		"score: -3.0 to 15.0\n";

	(void)state;
	check_prints(rules, conf, expect);
}

static void check_counts_hits(void **state)
{
	static const char rules[] =
		"tflags BODY_BAD multiple\ntflags DNSBL_ZEN multiple maxhits=3\n"
		"meta MANY BODY_BAD > 5\nscore MANY 20\n"
		"meta THREE DNSBL_ZEN > 2\nmeta FOUR DNSBL_ZEN > 3\nmeta BOTH (HELO_BAD && BODY_BAD) > 5\n"
		"meta EITHER (HELO_BAD || BODY_BAD) > 5\nmeta ONE (HELO_BAD || RDNS_NONE) > 1\n";
	static const char conf[] = "verdict \"a\" { when = MANY do = reject }\n"
				   "verdict \"b\" { when = THREE do = reject }\n"
				   "verdict \"c\" { when = FOUR do = reject }\n"
				   "verdict \"d\" { when = BOTH do = reject }\n"
				   "verdict \"e\" { when = EITHER do = reject }\n"
				   "verdict \"f\" { when = ONE do = reject }\n"
				   "verdict \"g\" { when = score > 23 do = reject }\n";
	static const char expect[] = "verdict \"a\": reject, can fire from stage end\n"
				     "verdict \"b\": reject, can fire from stage rcpt\n"
				     "verdict \"c\": reject, never true\n"
				     "verdict \"d\": reject, can fire from stage end\n"
				     "verdict \"e\": reject, can fire from stage end\n"
				     "verdict \"f\": reject, never true\n"
				     "verdict \"g\": reject, never true\n"
				     "score: 0.0 to 23.0\n";

	(void)state;
	check_prints(rules, conf, expect);
}

static void verdicts_that_never_decide_are_told(void **state)
{
	struct build b;

	(void)state;
	build_open(&b, "header OFF x =~ /y/\nmeta __M OFF\n",
		   "verdict \"a\" { when = __M do = tag }\n"
		   "verdict \"b\" { when = score >= 0 do = tag }\n"
		   "verdict \"c\" { when = HELO_BAD do = reject }");
	complaints_init(&b.complaints);
	policy_warn_of_verdicts(b.policy, &b.complaints.report);
	assert_string_equal(complaints_text(&b.complaints),
			    "c:1:1: warning: verdict \"a\" is never true\n"
			    "c:3:1: warning: verdict \"c\" is never reached: \"b\" before it is "
			    "always true\n");
	assert_int_equal(policy_counts(b.policy).verdicts, 3);
	assert_int_equal(policy_counts(b.policy).rules, 1);
	build_close(&b);
}

struct seen {
	char bytes[400];
	struct out out;
};

static void see(void *arg, struct str name, double score, struct str detail)
{
	struct seen *s = arg;

	out_printf(&s->out, STR_FMT "(%g)[" STR_FMT "] ", STR_ARG(name), score, STR_ARG(detail));
}

static void each_symbol_is_walked(void **state)
{
	struct build b;
	struct findings f = { 0 };
	const struct findings *const lists[] = { &f };
	const struct evidence e = { .lists = lists, .list_count = 1, .stage = STAGE_END };
	struct seen s = { .out = { .n = 0 } };

	(void)state;
	s.out = OUT(s.bytes);
	build_open(
		&b,
		"meta __SUB DNSBL_ZEN\nmeta TOP __SUB && rules_matching(__S*)\nscore TOP 2.5\nmeta NOT !__SUB",
		NULL);
	findings_add(&f, &b.arena, policy_find(b.policy, STR("DNSBL_ZEN")), STR("127.0.0.2"));
	policy_each_symbol(b.policy, &e, see, &s);
	s.bytes[s.out.n] = '\0';
	assert_string_equal(s.bytes, "DNSBL_ZEN(0)[127.0.0.2] __SUB(0)[] TOP(2.5)[] ");
	build_close(&b);
}

static void findings_are_bounded_and_merged(void **state)
{
	struct findings f = { 0 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 18);
	for (unsigned i = 0; i < LIMIT_FINDINGS + 10; i++)
		findings_add(&f, &arena, (symbol_id)i, STR(""));
	assert_int_equal(f.count, LIMIT_FINDINGS);
	findings_add(&f, &arena, 3, STR("a"));
	findings_add(&f, &arena, 3, STR("b"));
	findings_add(&f, &arena, 3, STR(""));
	assert_true(str_eq(f.first->next->next->next->detail, STR("a, b")));
	arena_reset(&arena);
}

static void greylist_needs_its_block(void **state)
{
	static const struct conf_block *const blocks[] = { &block_verdict };
	struct complaints c;
	struct policy *p = policy_new();
	struct conf *conf;

	(void)state;
	complaints_init(&c);
	policy_fact(p, STR("F"), "fact");
	conf = conf_parse(STR("verdict \"x\" { when = F do = tag }\n"
			      "verdict \"y\" { when = F do = greylist }\n"),
			  "c", blocks, COUNTOF(blocks), &c.report);
	assert_false(policy_compile(p, conf, &c.report));
	assert_string_equal(complaints_text(&c), "c:2:1: do = greylist needs the block greylist\n");
	conf_free(conf);
	policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greylist_needs_its_block),
		cmocka_unit_test(errors_have_a_place),
		cmocka_unit_test(texts_that_are_refused_have_a_place),
		cmocka_unit_test(what_does_nothing_is_a_warning),
		cmocka_unit_test(verdicts_are_counted),
		cmocka_unit_test(replies_are_filled_in),
		cmocka_unit_test(a_reply_that_is_cut_is_told),
		cmocka_unit_test(replies_fit_a_line),
		cmocka_unit_test(an_arena_without_room_costs_only_texts),
		cmocka_unit_test(check_tells_the_stage),
		cmocka_unit_test(check_counts_hits),
		cmocka_unit_test(verdicts_that_never_decide_are_told),
		cmocka_unit_test(each_symbol_is_walked),
		cmocka_unit_test(findings_are_bounded_and_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
