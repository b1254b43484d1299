/* Rules that are computed, and the settings they look into, as they are handed to whoever computes. */
#include "unit/policy/build.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char text[] = "header A eval:check_it('a, b', \"c\", 3)\n"
			   "tflags A net notrim a\n"
			   "score A 0\n"
			   "uri_detail B raw =~ /a\\/ b/i  text !~ m{x y}  host =~ /z/\n"
			   "score B 0 1 0 1\n"
			   "whitelist_from_rcvd  *@a.test\t[192.0.2]  # a comment\n"
			   "unblacklist_from b@a.test\n"
			   "urirhssub A z.test. A 2\n"
			   "redirector_pattern m'^http:(.*)'i\n"
			   "required_score 5\n";

static void expect(struct str have, const char *wanted)
{
	if (!str_eq(have, str_z(wanted)))
		fail_msg("'" STR_FMT "', not '%s'", STR_ARG(have), wanted);
}

static void calls(void **state)
{
	struct complaints c;
	struct policy *p = build_rules(text, &c);
	const struct patterns all = policy_patterns(p, &c.report);

	(void)state;
	assert_int_equal(c.report.errors, 0);
	assert_int_equal(all.call_count, 2);
	expect(all.calls[0].function, "check_it");
	assert_int_equal(all.calls[0].count, 3);
	expect(all.calls[0].arguments[0], "a, b");
	expect(all.calls[0].arguments[1], "c");
	assert_int_equal(all.calls[0].asks, CALL_WHOLE | CALL_ADDRESSES);
	assert_true(all.calls[0].weightless);
	expect(all.calls[1].function, "uri_detail");
	assert_int_equal(all.calls[1].count, 3);
	expect(all.calls[1].arguments[0], "raw =~ /a\\/ b/i");
	expect(all.calls[1].arguments[1], "text !~ /x y/");
	expect(all.calls[1].arguments[2], "host =~ /z/");
	assert_int_equal(all.calls[1].asks, 0);
	assert_false(all.calls[1].weightless);
	policy_free(p);
}

static void lists(void **state)
{
	static const struct {
		const char *word, *text;
		enum setting_kind kind;
		unsigned line, column;
	} wanted[] = {
		{ "welcomelist_from_rcvd", "*@a.test\t[192.0.2]", SETTING_RELAY, 6, 22 },
		{ "unblocklist_from", "b@a.test", SETTING_REMOVE, 7, 18 },
		{ "urirhssub", "A z.test. A 2", SETTING_LOOKUP, 8, 11 },
		{ "redirector_pattern", "/^http:(.*)/i", SETTING_EXPRESSION, 9, 20 },
	};
	struct complaints c;
	struct policy *p = build_rules(text, &c);
	const struct rule_setting *s = policy_patterns(p, &c.report).settings;

	(void)state;
	for (size_t i = 0; i < COUNTOF(wanted); i++, s = s->next) {
		assert_non_null(s);
		assert_string_equal(s->setting->word, wanted[i].word);
		assert_int_equal(s->setting->kind, wanted[i].kind);
		expect(s->text, wanted[i].text);
		assert_int_equal(s->at.line, wanted[i].line);
		assert_int_equal(s->at.column, wanted[i].column);
	}
	assert_null(s);
	policy_free(p);
}

static void what_is_no_call(void **state)
{
	static const char *const rules[] = {
		"uri_detail A\n",
		"uri_detail A raw =~ /a/ raw =~ /b/ raw =~ /c/ raw =~ /d/ raw =~ /e/ raw =~ /f/ "
		"raw =~ /g/ raw =~ /h/ raw =~ /i/\n",
		"redirector_pattern yes\n",
		"uri_detail A raw /a/\n",
		"uri_detail A raw =~ /a\n",
		"header A eval:check_it('a)\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rules); i++) {
		struct complaints c;
		struct policy *p = build_rules(rules[i], &c);

		assert_int_equal(c.report.errors, 1);
		assert_int_equal(policy_patterns(p, &c.report).call_count, 0);
		policy_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls),
		cmocka_unit_test(lists),
		cmocka_unit_test(what_is_no_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
