/* Rules on the message, as they are handed to whoever looks for them. */
#include "unit/policy/build.h"

#include "base/check.h"
#include "base/limits.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
	const char *rule, *field, *regex, *flags;
	enum pattern_source source;
	enum pattern_part part;
	enum pattern_pick pick;
	enum pattern_when when;
	const char *unset; /* NULL: none */
	unsigned column;
};

static bool same(const struct pattern *p, const struct row *row)
{
	return str_eq(p->regex, str_z(row->regex)) && str_eq(p->flags, str_z(row->flags)) &&
	       str_eq(p->view.field, str_z(row->field)) && p->view.source == row->source &&
	       p->view.part == row->part && p->view.pick == row->pick && p->when == row->when &&
	       p->has_unset == !!row->unset && str_eq(p->unset, str_z(row->unset)) &&
	       p->at.column == row->column && p->most == 1;
}

static void check(const struct row *row)
{
	struct complaints c;
	struct policy *p = build_rules(row->rule, &c);
	const struct patterns all = policy_patterns(p, &c.report);

	assert_int_equal(all.count, row->regex ? 1 : 0);
	assert_int_equal(c.report.errors, row->regex ? 0 : 1);
	if (row->regex && !same(all.items, row))
		fail_msg("%s: /" STR_FMT "/ at %u", row->rule, STR_ARG(all.items->regex),
			 all.items->at.column);
	policy_free(p);
}

static void expressions_of_all_spellings(void **state)
{
	static const struct row rows[] = {
		{ "header A Subject =~ /x/", "Subject", "x", "", 0, 0, 0, 0, NULL, 22 },
		{ "header A Subject =~ m{x}i", "Subject", "x", "i", 0, 0, 0, 0, NULL, 23 },
		{ "header A Subject=~/a{1,2}/", "Subject", "a{1,2}", "", 0, 0, 0, 0, NULL, 20 },
		{ "header A Subject !~ m!a/b!sm", "Subject", "a/b", "sm", 0, 0, 0, PATTERN_DIFFERS,
		  NULL, 23 },
		{ "header A Subject =~ m\\#a#x", NULL, NULL, NULL, 0, 0, 0, 0, NULL, 0 },
		{ "header A Subject =~ m\\#a/b\\#i", "Subject", "a/b", "i", 0, 0, 0, 0, NULL, 24 },
		{ "header A Subject =~ qr/x/i", "Subject", "x", "i", 0, 0, 0, 0, NULL, 24 },
		{ "body A qr{x{2}}", "", "x{2}", "", PATTERN_RENDERED, 0, 0, 0, NULL, 11 },
		{ "body A qrxx", NULL, NULL, NULL, 0, 0, 0, 0, NULL, 0 },
		{ "body A m\\\\x\\", NULL, NULL, NULL, 0, 0, 0, 0, NULL, 0 },
		{ "header A Subject =~ /a\\#b\\/c/", "Subject", "a#b\\/c", "", 0, 0, 0, 0, NULL,
		  22 },
		{ "header A Subject =~ /x/ # why", "Subject", "x", "", 0, 0, 0, 0, NULL, 22 },
		{ "header A From:addr =~ /x/", "From", "x", "", 0, PATTERN_ADDRESS, 0, 0, NULL,
		  24 },
		{ "header A From:name:raw =~ /x/", "From", "x", "", 0, PATTERN_NAME_RAW, 0, 0, NULL,
		  28 },
		{ "header A X:raw:last =~ /x/", "X", "x", "", 0, PATTERN_RAW, PATTERN_LAST, 0, NULL,
		  25 },
		{ "header A ALL =~ /x/", "", "x", "", PATTERN_ALL, 0, 0, 0, NULL, 18 },
		{ "header A all =~ /x/", "all", "x", "", 0, 0, 0, 0, NULL, 18 },
		{ "header A tocc =~ /x/", "", "x", "", PATTERN_TO_CC, 0, 0, 0, NULL, 19 },
		{ "header A MESSAGEID:raw =~ /x/", "", "x", "", PATTERN_MESSAGE_ID, PATTERN_RAW, 0,
		  0, NULL, 28 },
		{ "header A EnvelopeFrom =~ /x/", "", "x", "", PATTERN_SENDER, 0, 0, 0, NULL, 27 },
		{ "header A To =~ /^U$/ [if-unset: U]", "To", "^U$", "", 0, 0, 0, 0, "U", 17 },
		{ "header A To =~ /[if]/i  [if-unset: a b ]", "To", "[if]", "i", 0, 0, 0, 0, "a b",
		  17 },
		{ "header A exists:List-Id", "List-Id", "", "", 0, 0, 0, PATTERN_EXISTS, NULL, 10 },
		{ "full A m<x<y>z>i", "", "x<y>z", "i", PATTERN_WHOLE, 0, 0, 0, NULL, 10 },
		{ "body A /x/", "", "x", "", PATTERN_RENDERED, 0, 0, 0, NULL, 9 },
		{ "rawbody A /x/", "", "x", "", PATTERN_RAW_BODY, 0, 0, 0, NULL, 12 },
		{ "uri A m,^x/,i", "", "^x/", "i", PATTERN_URIS, 0, 0, 0, NULL, 9 },
		{ "mimeheader A Content-Id:raw =~ /x/", "Content-Id", "x", "", 0, PATTERN_RAW,
		  PATTERN_LAST, 0, NULL, 33 },
		{ "mimeheader A ALL !~ /x/", "", "x", "", PATTERN_ALL, 0, 0, PATTERN_DIFFERS, NULL,
		  22 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		check(&rows[i]);
}

static void the_last_line_of_a_name_counts(void **state)
{
	struct complaints c;
	struct policy *p =
		build_rules("tflags A multiple maxhits=7\nheader A To =~ /x/\nheader A Cc =~ /y/\n"
			    "header B To =~ /x/\nmeta B A\nmeta C 1\nheader C To =~ /c/\n"
			    "tflags C multiple\ntflags C nice\n"
			    "test C ok c \\# d\\ne\ntest B ok x\ntest A fail\n"
			    "tflags D multiple maxhits=0\nheader D To =~ /x/\n",
			    &c);
	const struct patterns all = policy_patterns(p, &c.report);

	(void)state;
	assert_int_equal(all.count, 3);
	assert_int_equal(all.items[2].most, LIMIT_RULE_HITS);
	assert_true(str_eq(all.items[0].rule, STR("A")));
	assert_true(str_eq(all.items[0].view.field, STR("Cc")));
	assert_int_equal(all.items[0].most, 7);
	assert_true(str_eq(all.items[1].rule, STR("C")));
	assert_int_equal(all.items[1].most, 1);
	assert_int_equal(all.test_count, 2);
	assert_int_equal(all.tests[0].pattern, 1);
	assert_true(all.tests[0].hits && str_eq(all.tests[0].text, STR("c # d\ne")));
	assert_int_equal(all.tests[1].pattern, 0);
	assert_true(!all.tests[1].hits && all.tests[1].text.n == 0);
	policy_free(p);
}

static void what_parts_it_looks_at_is_told(void **state)
{
	struct complaints c;
	struct policy *p =
		build_rules("mimeheader A To =~ /x/\ntflags A range=1-2 concat\n"
			    "header B To =~ /x/\ntflags B concat\n"
			    "tflags C concat\ntflags C multiple\nmimeheader C To =~ /x/\n",
			    &c);

	(void)state;
	assert_int_equal(policy_patterns(p, &c.report).count, 3);
	assert_string_equal(
		complaints_text(&c),
		"r.cf:1:21: warning: A looks at all parts, each alone: tflags range= and "
		"concat mean nothing here\n");
	policy_free(p);
}

/* Of a rule with the name of another file's, the later one counts, and only the tests that are meant for it. */
static void tests_are_of_the_definition_in_their_file(void **state)
{
	static const char ours[] = "test A ok early\nheader A To =~ /ours/\ntest A ok ours\n";
	static const char others[] = "header A To =~ /others/\n";
	struct policy *p = policy_new();
	struct complaints c;
	struct patterns all;

	(void)state;
	complaints_init(&c);
	policy_parse_rules(p, str_z(others), "others.cf", &c.report);
	policy_parse_rules(p, str_z(ours), "ours.cf", &c.report);
	policy_parse_rules(p, STR("test A fail x\n"), "tests.cf", &c.report);
	all = policy_patterns(p, &c.report);
	assert_true(str_eq(all.items[0].regex, STR("ours")));
	assert_int_equal(all.test_count, 3);
	assert_string_equal(complaints_text(&c), "");

	policy_parse_rules(p, str_z(others), "again.cf", &c.report);
	policy_parse_rules(p, STR("test A ok others\n"), "tests.cf", &c.report);
	all = policy_patterns(p, &c.report);
	assert_true(str_eq(all.items[0].regex, STR("others")));
	assert_int_equal(all.test_count, 1);
	assert_true(str_eq(all.tests[0].text, STR("others")));
	assert_string_equal(
		complaints_text(&c),
		"ours.cf:1:6: warning: again.cf:1 defines A anew: this test is left out\n"
		"ours.cf:3:6: warning: again.cf:1 defines A anew: this test is left out\n"
		"tests.cf:1:6: warning: again.cf:1 defines A anew: this test is left out\n");
	policy_free(p);
}

/* A rule of the stock files hits what it should, and does not hit everything. */
static void our_rules_have_tests(void **state)
{
	struct complaints c;
	struct policy *p = policy_new();
	struct patterns all;
	glob_t files;
	unsigned *tests;

	(void)state;
	complaints_init(&c);
	assert_int_equal(glob("rules/*.cf", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		policy_load_rules(p, files.gl_pathv[i], &(struct conf_place){ .file = "x" },
				  &c.report);
	globfree(&files);
	all = policy_patterns(p, &c.report);
	assert_int_equal(c.report.errors, 0);
	assert_true(all.count > 100);
	tests = calloc(all.count, sizeof(*tests));
	for (size_t i = 0; i < all.test_count; i++)
		tests[all.tests[i].pattern] |= all.tests[i].hits ? 1u : 2u;
	for (size_t i = 0; i < all.count; i++)
		if (tests[i] != 3)
			fail_msg(STR_FMT " has no test '%s'", STR_ARG(all.items[i].rule),
				 tests[i] & 1u ? "fail" : "ok");
	free(tests);
	policy_free(p);
}

static void tests_of_what_has_no_text(void **state)
{
	struct complaints c;
	struct policy *p =
		build_rules("body KNOWN /x/\ntest KNOWN ok x\ntest KNOWM ok x\nmeta M KNOWN\n"
			    "test M ok x\nheader E eval:y()\ntest E fail x\n",
			    &c);

	(void)state;
	assert_int_equal(policy_patterns(p, &c.report).test_count, 1);
	assert_string_equal(
		complaints_text(&c),
		"r.cf:3:6: warning: a test of KNOWM, which nobody defines; did you mean KNOWN?\n"
		"r.cf:5:6: warning: a test of M, a meta: it tests nothing\n");
	policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tests_of_what_has_no_text),
		cmocka_unit_test(expressions_of_all_spellings),
		cmocka_unit_test(the_last_line_of_a_name_counts),
		cmocka_unit_test(what_parts_it_looks_at_is_told),
		cmocka_unit_test(tests_are_of_the_definition_in_their_file),
		cmocka_unit_test(our_rules_have_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
