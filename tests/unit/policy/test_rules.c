/* test_rules.c - rule files: what they say, what is warned of, what is refused and where. */
#include "build.h"
#include "unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct row {
	const char *rules, *complaints;
};

static void check_rows(const struct row *rows, size_t n, bool ok)
{
	for (size_t i = 0; i < n; i++) {
		struct build b;

		build_open(&b, rows[i].rules, NULL);
		if (strcmp(complaints_text(&b.complaints), rows[i].complaints) != 0 || b.ok != ok)
			fail_msg("%s%s:\n%snot\n%s", rows[i].rules, b.ok ? "ok" : "refused",
				 complaints_text(&b.complaints), rows[i].complaints);
		build_close(&b);
	}
}

static void errors_have_a_place(void **state)
{
	static const struct row rows[] = {
		{ "scor X 1",
		  "r.cf:1:1: 'scor' is not a word of rule files; did you mean score?\n" },
		{ "\n  zzz", "r.cf:2:3: 'zzz' is not a word of rule files\n" },
		{ "score", "r.cf:1:6: score: expected the name of a rule\n" },
		{ "score 1X 1", "r.cf:1:7: score: expected the name of a rule, not '1X'\n" },
		{ "score X", "r.cf:1:8: score takes 1 or 4 numbers, here is 0\n" },
		{ "score X 1 2", "r.cf:1:12: score takes 1 or 4 numbers, here are 2\n" },
		{ "score X 1 2 3 4 5", "r.cf:1:17: score takes 1 or 4 numbers\n" },
		{ "score X 1e3", "r.cf:1:9: '1e3' is not a score (a number up to 1000000)\n" },
		{ "score X 1000001",
		  "r.cf:1:9: '1000001' is not a score (a number up to 1000000)\n" },
		{ "score X one # no", "r.cf:1:9: 'one' is not a score (a number up to 1000000)\n" },
		{ "header X eval:x('a",
		  "r.cf:1:10: expected eval:function('argument', ...), not 'eval:x('a'\n" },
		{ "meta X", "r.cf:1:7: meta: expected a value, not the end\n" },
		{ "meta X (HELO_BAD", "r.cf:1:17: meta: missing ')'\n" },
		{ "meta X HELO_BAD &&\t& 1", "r.cf:1:20: meta: '&': 'and' is written && or and\n" },
		{ "meta X score > 1",
		  "r.cf:1:8: meta: score depends on the rules, so no rule can depend on it; "
		  "use it in a verdict\n" },
		{ "meta X rules_matching(A-B)",
		  "r.cf:1:23: meta: expected the names of rules, with * and ? in them, not 'A-B'\n" },
		{ "meta X rules_matching(A*", "r.cf:1:25: meta: missing ')'\n" },
		{ "meta A rules_matching(B*)\nmeta B1 A",
		  "r.cf:1:8: meta A depends on itself: A -> __rules_matching(B*) -> B1 -> A\n" },
		{ "meta A !A", "r.cf:1:8: meta A depends on itself: A -> A\n" },
		{ "meta A B\nmeta B 1 + C\nmeta C A\n",
		  "r.cf:1:8: meta A depends on itself: A -> B -> C -> A\n" },
		{ "if version\nmeta X 1", "r.cf:1:1: this condition has no endif\n" },
		{ "endif", "r.cf:1:1: endif without if\n" },
		{ "else", "r.cf:1:1: else without if\n" },
		{ "if 1\nelse\nelse\nendif", "r.cf:3:1: else without if\n" },
		{ "if (version >= 4.0\nendif", "r.cf:1:19: if: missing ')'\n" },
		{ "if\nendif", "r.cf:1:3: if: expected a value, not the end\n" },
		{ "if weather\nendif",
		  "r.cf:1:4: if: 'weather' is not known; conditions ask for version, plugin(), "
		  "has(), can()\n" },
		{ "ifplugin\nendif", "r.cf:1:9: ifplugin: expected the name of a plugin\n" },
		{ "enable_compat", "r.cf:1:14: enable_compat: expected a word\n" },
		{ "include", "r.cf:1:8: include: expected the name of a file\n" },
		{ "include /nonexistent/x.cf",
		  "r.cf:1:9: cannot read /nonexistent/x.cf: No such file or directory\n" },
		{ "score X x\nscore Y y",
		  "r.cf:1:9: 'x' is not a score (a number up to 1000000)\n"
		  "r.cf:2:9: 'y' is not a score (a number up to 1000000)\n" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), false);
}

static void rules_on_the_message_that_are_none(void **state)
{
	static const struct row rows[] = {
		{ "header A Subject",
		  "r.cf:1:10: header: expected 'Field =~ /expression/', 'exists:Field' or 'eval:...'\n" },
		{ "header A Subject =~ abc", "r.cf:1:21: expected an expression, /like this/ or "
					     "m{like this}, not 'abc'\n" },
		{ "header A Subject =~ /abc", "r.cf:1:21: expected an expression, /like this/ or "
					      "m{like this}, not '/abc'\n" },
		{ "header A Subject =~ /a/b/",
		  "r.cf:1:23: the '/' that ends an expression is \\/ in it\n" },
		{ "full A m", "r.cf:1:8: expected an expression, /like this/ or m{like this}, "
			      "not 'm'\n" },
		{ "full 1A /x/", "r.cf:1:6: full: expected the name of a rule, not '1A'\n" },
		{ "body A /a#b/",
		  "r.cf:1:8: expected an expression, /like this/ or m{like this}, not "
		  "'/a'; a # begins a comment, \\# does not\n" },
		{ "header A =~ /x/", "r.cf:1:10: expected the name of a header field, not ''\n" },
		{ "header A exists:", "r.cf:1:10: expected the name of a header field, not ''\n" },
		{ "mimeheader A Content Type =~ /x/",
		  "r.cf:1:14: expected the name of a header field, not 'Content Type'\n" },
		{ "header A From:adr =~ /x/",
		  "r.cf:1:10: ':adr' is not known behind a field; raw, addr, name, first and last "
		  "are; did you mean addr?\n" },
		{ "body A /x/\ntflags A multiple maxhits=x",
		  "r.cf:2:19: tflags: expected a number behind maxhits=\n" },
		{ "test A maybe x", "r.cf:1:8: test: expected 'ok' or 'fail' behind the rule\n" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), false);
}

static void warnings_lose_only_the_rule(void **state)
{
	static const struct row rows[] = {
		{ "header FOO eval:x()\nscore FOO 3", "" }, /* whoever computes says so */
		{ "header FOO X-Languages =~ /x/",
		  "r.cf:1:12: warning: this field is not known here: FOO is off\n" },
		{ "header FOO exists:Subject:domain",
		  "r.cf:1:12: warning: this field is not known here: FOO is off\n" },
		{ "header FOO Subject: =~ /x/", "" },
		{ "body A /user (?<UNAME>\\w+)/\nbody B /hello %{UNAME}!/\nscore B 2",
		  "r.cf:2:8: warning: %{NAME} in an expression is not done here: B is off\n" },
		{ "header A To =~ /%{HEADER(From:addr)}/",
		  "r.cf:1:16: warning: %{NAME} in an expression is not done here: A is off\n" },
		{ "body A /\\%{UNAME}|%{lower}|50%{1,2}|%{A B}|%{A/", "" },
		{ "Header A Subject =~ /x/\nBODY B /x/\nScore B 2\ntest B Ok x\ntest B FAIL y",
		  "" },
		{ "replace-tag T [t]\nIF 1\nElse\nscor\nEndif\nWelcomelist-From a@b.test", "" },
		{ "Required-Score 5",
		  "r.cf:1:1: warning: 'required_score' means nothing here (told once per file)\n" },
		{ "\xef\xbb\xbf"
		  "score HELO_BAD 1\r\n",
		  "" },
		{ "meta A 1\nbody A /x/",
		  "r.cf:2:8: warning: A is defined in line 1 as well; this definition counts\n" },
		{ "if (version >= 4.000001)\nelse\nscor\nendif\nif (version >= 4.000002)\nscor\nendif",
		  "" },
		{ "if version < 4\nmeta A 1\nelse\nbody A /x/\nendif", "" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), true);
}

static void warnings_lose_nothing(void **state)
{
	static const struct row rows[] = {
		{ "tflags A mutliple\ntflags A net nice autolearn_body maxhits=3",
		  "r.cf:1:10: warning: tflags: 'mutliple' means nothing; did you mean multiple?\n" },
		{ "body __B eval:x()\nmeta M __B && HELO_BAD", "" },
		{ "uri HELO_BAD /x/", "r.cf:1:5: warning: HELO_BAD is what a filter measures: this "
				      "'uri' is left out\n" },
		{ "meta HELO_BAD 1 +",
		  "r.cf:1:6: warning: HELO_BAD is what a filter measures: this "
		  "'meta' is left out\n" },
		{ "required_score 5\nreport hi\nreport again\nbayes_path x",
		  "r.cf:1:1: warning: 'required_score' means nothing here (told once per file)\n"
		  "r.cf:2:1: warning: 'report' means nothing here (told once per file)\n"
		  "r.cf:4:1: warning: 'bayes_path' means nothing here (told once per file)\n" },
		{ "use_pyzor 1\nuse_dcc 1\nuse_dcc 0",
		  "r.cf:1:1: warning: 'use_pyzor' means nothing here (told once per file)\n"
		  "r.cf:2:1: warning: 'use_dcc' means nothing here (told once per file)\n" },
		{ "whitelist_frm a@b.test",
		  "r.cf:1:1: warning: 'whitelist_frm' means nothing here (told once per file); "
		  "did you mean welcomelist_from?\n" },
		{ "enable_compat a\nif can(Mail::SpamAssassin::Conf::compat_a)\nscore HELO_BAD (1)\n"
		  "endif\nif can(Mail::SpamAssassin::Conf::compat_b)\nscor\nendif",
		  "r.cf:3:7: warning: HELO_BAD has no score yet to which this one could be added: "
		  "the line is left out\n" },
		{ "if !can(Mail::SpamAssassin::Conf::compat_welcomelist_blocklist)\nscor\nendif",
		  "" },
		{ "meta M HELO_BAD || HELO_BAT",
		  "r.cf:1:20: warning: meta M: nobody defines HELO_BAT, it counts as 0; did you "
		  "mean HELO_BAD?\n" },
		{ "score __SUB 2", "r.cf:1:7: warning: __SUB has no score: names with __ are parts "
				   "of other rules; 'meta __SUB 0' takes one out\n" },
		{ "score HELO_BAD (2)", "r.cf:1:7: warning: HELO_BAD has no score yet to which "
					"this one could be added: the line is left out\n" },
		{ "score HELO_BADD 2", "r.cf:1:7: warning: score of HELO_BADD, which nobody "
				       "defines; did you mean HELO_BAD?\n" },
		/* the near one has its own score there: an XBL beside an SBL is no misspelling */
		{ "score DNSBL_SBL 2\nscore DNSBL_XBL 2", "" },
		{ "score NEVER_HEARD_OF 2", "" },
		{ "# nothing\n\n\t# here\nlang de describe X y\ntflags X net\nreuse X\n"
		  "priority X 3\nloadplugin A::B\nrequire_version 4.0\n",
		  "" },
	};

	(void)state;
	check_rows(rows, COUNTOF(rows), true);
}

static void settings_that_no_rule_sees_are_told(void **state)
{
	static const struct row rows[] = {
		{ "blacklist_from a@b.test\nblocklist_from c@d.test\nunblocklist_from a@b.test",
		  "r.cf:1:16: warning: blocklist_from does nothing: no rule that counts asks "
		  "check_from_in_blocklist; have one, as 'header NAME eval:FUNCTION()', with its "
		  "score\n" },
		{ "blacklist_from a@b.test\nheader A eval:check_from_in_blacklist()", "" },
		{ "header A eval:check_freemail_from()\nfreemail_domains a.test", "" },
		{ "header A eval:x()\nfreemail_domains a.test",
		  "r.cf:2:18: warning: freemail_domains does nothing: no rule that counts asks "
		  "check_freemail_*; have one, as 'header NAME eval:FUNCTION()', with its score\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct complaints c;
		struct policy *p = build_rules(rows[i].rules, &c);

		(void)policy_patterns(p, &c.report);
		assert_string_equal(complaints_text(&c), rows[i].complaints);
		policy_free(p);
	}
}

/* What `symbols` of a judgement says of everything being found. */
static void check_symbols(const char *rules, const char *found, const char *expect)
{
	struct build b;
	struct judgement j;

	build_open(&b, rules, NULL);
	assert_true(b.ok);
	j = build_judge(&b, found, 0);
	if (!str_eq(j.symbols, str_z(expect)))
		fail_msg("%s: " STR_FMT ", not %s", rules, STR_ARG(j.symbols), expect);
	build_close(&b);
}

static void of_four_scores_one_counts(void **state)
{
	static const struct {
		enum conf_scores scores;
		const char *rules, *expect;
	} cases[] = {
		{ CONF_SCORES_NETWORK, "score HELO_BAD 1 2 3 4", "HELO_BAD(2)" },
		{ CONF_SCORES_LOCAL, "score HELO_BAD 1 2 3 4", "HELO_BAD(1)" },
		{ CONF_SCORES_LOCAL, "score HELO_BAD 7", "HELO_BAD(7)" },
		{ CONF_SCORES_LOCAL, "score HELO_BAD 0 2 3 4", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct build b;
		struct judgement j;

		build_open_with(&b, cases[i].scores, cases[i].rules, NULL);
		assert_true(b.ok);
		j = build_judge(&b, "HELO_BAD", 0);
		if (!str_eq(j.symbols, str_z(cases[i].expect)))
			fail_msg("%s: " STR_FMT ", not %s", cases[i].rules, STR_ARG(j.symbols),
				 cases[i].expect);
		build_close(&b);
	}
}

static void scores_are_read_as_spamassassin_does(void **state)
{
	(void)state;
	check_symbols("score HELO_BAD 1 2 3 4", "HELO_BAD", "HELO_BAD(2)");
	check_symbols("score HELO_BAD -1.50", "HELO_BAD", "HELO_BAD(-1.5)");
	check_symbols("score HELO_BAD 1\nscore HELO_BAD 3", "HELO_BAD", "HELO_BAD(3)");
	check_symbols("score HELO_BAD 1\nscore HELO_BAD (0.5)", "HELO_BAD", "HELO_BAD(1.5)");
	check_symbols("score HELO_BAD 1 # 5", "HELO_BAD", "HELO_BAD(1)");
	check_symbols("score HELO_BAD 0", "HELO_BAD", "");
	check_symbols("score HELO_BAD 1000000", "HELO_BAD", "HELO_BAD(1000000)");
	check_symbols("score HELO_BAD .0000019", "HELO_BAD", "HELO_BAD(0.000001)");
}

static void metas_weigh_one_unless_told(void **state)
{
	(void)state;
	check_symbols("meta M HELO_BAD", "HELO_BAD", "M(1)");
	check_symbols("meta M HELO_BAD", "", "");
	check_symbols("meta T_M HELO_BAD", "HELO_BAD", "T_M(0.01)");
	check_symbols("meta M HELO_BAD\ntflags M net nice", "HELO_BAD", "M(-1)");
	check_symbols("meta __M HELO_BAD\nmeta N __M", "HELO_BAD", "N(1)");
	check_symbols("score M 4\nmeta M HELO_BAD", "HELO_BAD", "M(4)");
}

static void metas_stand_on_metas(void **state)
{
	(void)state;
	check_symbols("meta TOP MID > 1\nmeta MID __A + __B\nscore MID 0\n"
		      "meta __A HELO_BAD\nmeta __B RDNS_NONE",
		      "HELO_BAD RDNS_NONE", "TOP(1)");
	check_symbols("meta TOP MID > 1\nmeta MID __A + __B\nscore MID 0\n"
		      "meta __A HELO_BAD\nmeta __B RDNS_NONE",
		      "HELO_BAD", "");
	/* the value of a meta is that of its expression */
	check_symbols("meta SUM HELO_BAD + RDNS_NONE + DNSBL_ZEN\nmeta TWO SUM == 2",
		      "HELO_BAD DNSBL_ZEN", "SUM(1),TWO(1)");
	/* the last definition counts */
	check_symbols("meta M HELO_BAD\nmeta M !HELO_BAD", "HELO_BAD", "");
	check_symbols("header M x =~ /y/\nmeta M HELO_BAD", "HELO_BAD", "M(1)");
}

static void what_hangs_on_a_rule_that_is_off_is_false(void **state)
{
	static const char off[] = "header __OFF Subject =~ /x/\nmeta YES HELO_BAD || __OFF\n"
				  "meta NO1 HELO_BAD && __OFF\nmeta NO2 HELO_BAD && !__OFF\n"
				  "meta YES2 HELO_BAD && !(NO1 + __OFF > 3)\nmeta __N __OFF\n"
				  "meta NO4 HELO_BAD && !__N\n";

	(void)state;
	check_symbols(off, "HELO_BAD", "YES(1),YES2(1)");
	/* whatever the rule is, one of the two is true, and true is 1 at the least */
	check_symbols("full __OFF /x/\nmeta TWO (__OFF || HELO_BAD) + RDNS_NONE > 1",
		      "HELO_BAD RDNS_NONE", "TWO(1)");
	check_symbols("full __OFF /x/\nmeta TWO (__OFF || HELO_BAD / 2) + RDNS_NONE > 1",
		      "HELO_BAD RDNS_NONE", "");
}

static void conditions_choose_lines(void **state)
{
	static const char rules[] =
		"ifplugin Mail::SpamAssassin::Plugin::AWL\n"
		"  this is not even read\n"
		"  if nor this\n  else\n  endif\n"
		"else\n  meta E1 1\nendif\n"
		"if (version >= 3.004002)\nmeta E2 1\nif !plugin(A::B)\nmeta E3 1\nelse\nmeta E4 1\n"
		"endif\nelse\nmeta E5 1\nendif\n"
		"if can(Mail::SpamAssassin::Conf::feature_bug6558_free)\nmeta E6 1\nendif\nifplugin Mail::SpamAssassin::Plugin::MIMEHeader\n"
		"meta E0 1\nelse\nmeta EE 1\nendif\n"
		"if (version < 4.000000)\nmeta E7 1\nendif\n"
		"if !(can(A::B)) && (version == 4.000001)\nmeta E8 1\nendif\n"
		"if local_tests_only || perl_version < 5\nmeta E9 1\nendif\n";

	(void)state;
	check_symbols(rules, "", "E1(1),E2(1),E3(1),E6(1),E0(1),E8(1)");
}

static void symbols_are_told_with_their_meaning(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	struct build b;

	(void)state;
	build_open(&b,
		   "score DNSBL_ZEN 4\ndescribe DNSBL_ZEN on a \\# list # comment\n"
		   "meta LATE BODY_BAD\nmeta __SUB 1\nheader OFF x =~ /y/\n",
		   NULL);
	policy_print_symbols(b.policy, f);
	fclose(f);
	assert_non_null(
		strstr(text, "\nDNSBL_ZEN                          4  rcpt  on a # list\n"));
	assert_non_null(strstr(text, "\nLATE                               1  end   \n"));
	assert_null(strstr(text, "__SUB"));
	assert_null(strstr(text, "OFF"));
	free(text);
	build_close(&b);
}

static void files_include_beside_themselves(void **state)
{
	char a[80], inner[80], self[80], expect[300];
	const struct conf_place at = { .file = "x.conf", .line = 3, .column = 18 };
	struct complaints c;
	struct policy *p = policy_new();

	(void)state;
	snprintf(a, sizeof(a), "%s/a.cf", folder);
	snprintf(inner, sizeof(inner), "%s/inner.cf", folder);
	snprintf(self, sizeof(self), "%s/self.cf", folder);
	write_file(a, STR("include inner.cf\nscore X one\n"));
	write_file(inner, STR("meta X 1\n"));
	write_file(self, STR("include self.cf\n"));
	complaints_init(&c);
	policy_load_rules(p, a, &at, &c.report);
	snprintf(expect, sizeof(expect), "%s:2:9: 'one' is not a score (a number up to 1000000)\n",
		 a);
	assert_string_equal(complaints_text(&c), expect);
	assert_true(policy_find(p, STR("X")) != SYMBOL_NONE);
	complaints_init(&c);
	policy_load_rules(p, self, &at, &c.report);
	snprintf(expect, sizeof(expect),
		 "%s:1:9: include within include, more than 8 deep; does %s include itself?\n",
		 self, self);
	assert_string_equal(complaints_text(&c), expect);
	complaints_init(&c);
	policy_load_rules(p, folder, &at, &c.report);
	snprintf(expect, sizeof(expect), "x.conf:3:18: cannot read %s: Is a directory\n", folder);
	assert_string_equal(complaints_text(&c), expect);
	policy_free(p);
}

/* The files of rules/ with the symbols of the filters: nothing to complain of. */
static void stock_rules_are_clean(void **state)
{
	static const char *const measured[] = { "RDNS_NONE",      "RDNS_UNCONFIRMED",
						"RDNS_CONFIRMED", "HELO_NOT_FQDN",
						"HELO_BARE_IP",   "HELO_LOCALHOST",
						"HELO_INVALID",   "HELO_LITERAL_MISMATCH",
						"HELO_OUR_NAME" };
	static const struct conf_block *const blocks[] = { &block_verdict };
	struct build b = { .policy = policy_new() };
	struct judgement j;

	(void)state;
	complaints_init(&b.complaints);
	arena_init(&b.arena, 1 << 16);
	policy_fact(b.policy, STR("AUTHENTICATED"), "");
	policy_fact(b.policy, STR("NULL_SENDER"), "");
	for (size_t i = 0; i < COUNTOF(measured); i++)
		policy_symbol(b.policy, str_z(measured[i]), 0, STAGE_RCPT, "");
	policy_load_rules(b.policy, "rules/10_envelope.cf",
			  &(struct conf_place){ .file = "x.conf" }, &b.complaints.report);
	b.conf = conf_parse(STR(""), "c", blocks, COUNTOF(blocks), &b.complaints.report);
	assert_true(policy_compile(b.policy, b.conf, &b.complaints.report));
	assert_string_equal(complaints_text(&b.complaints), "");
	j = build_judge(&b, "RDNS_NONE HELO_BARE_IP NULL_SENDER", 0);
	assert_true(str_eq(j.symbols, STR("RDNS_NONE(1.5),HELO_BARE_IP(2),ENV_NO_IDENTITY(1.5),"
					  "ENV_BOUNCE_FROM_NOBODY(1)")));
	build_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_have_a_place),
		cmocka_unit_test(rules_on_the_message_that_are_none),
		cmocka_unit_test(warnings_lose_only_the_rule),
		cmocka_unit_test(warnings_lose_nothing),
		cmocka_unit_test(scores_are_read_as_spamassassin_does),
		cmocka_unit_test(settings_that_no_rule_sees_are_told),
		cmocka_unit_test(of_four_scores_one_counts),
		cmocka_unit_test(metas_weigh_one_unless_told),
		cmocka_unit_test(metas_stand_on_metas),
		cmocka_unit_test(what_hangs_on_a_rule_that_is_off_is_false),
		cmocka_unit_test(conditions_choose_lines),
		cmocka_unit_test(symbols_are_told_with_their_meaning),
		cmocka_unit_test_setup_teardown(files_include_beside_themselves, make_folder,
						remove_folder),
		cmocka_unit_test(stock_rules_are_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
