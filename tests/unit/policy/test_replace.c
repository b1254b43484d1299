/* Tags in expressions: what SpamAssassin's ReplaceTags makes of them. */
#include "policy/policy.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *line;  /* the rule's expression, between slashes */
	const char *regex; /* what it becomes */
	const char *brief; /* NULL: not looked at */
};

static const char tags[] = "replace_tag A [a4]\n"
			   "replace_tag B (?:b|8)\n"
			   "replace_tag C c\n"
			   "replace_tag D <A><B>\n"
			   "replace_tag E (?:<D>|e)\n"
			   "replace_tag H \\#\n"
			   "replace_inter W \\W?\n"
			   "replace_pre P _\n"
			   "replace_post Q {1,2}\n"
			   "replace_rules OTHER X\n";

static struct patterns expand(struct policy *p, const char *line, struct conf_report *report)
{
	char text[2048];
	struct out o = { .p = text, .cap = sizeof(text) };

	out_str(&o, str_z(tags));
	out_str(&o, STR("body X /"));
	out_str(&o, str_z(line));
	out_str(&o, STR("/i\nreplace_tag A [a4]\nbody Y /<A>/\n"));
	policy_parse_rules(p, out_text(&o), "r.cf", report);
	return policy_patterns(p, report);
}

static void tags_are_replaced(void **state)
{
	static const struct row rows[] = {
		{ "plain", "plain", "plain" },
		{ "x<A>y", "x[a4]y", "x(?&tag1)y(?(DEFINE)(?'tag1'[a4]))" },
		{ "<A><B>", "[a4](?:b|8)", NULL },
		{ "<inter W><A><B>c<A>", "[a4]\\W?(?:b|8)c[a4]", NULL },
		{ "<post Q><A><C>", "[a4]{1,2}c{1,2}", NULL },
		{ "<pre P><A><C>", "_[a4]_c", NULL },
		{ "<inter W><post Q><A><B>", "[a4]{1,2}\\W?(?:b|8){1,2}", NULL },
		{ "<inter NONE><A><B>", "[a4](?:b|8)", NULL },
		{ "<D>x", "[a4](?:b|8)x",
		  "(?&tag1)x(?(DEFINE)(?'tag1'(?&tag2)(?&tag3))(?'tag2'[a4])(?'tag3'(?:b|8)))" },
		{ "<E>", "(?:[a4](?:b|8)|e)", NULL },
		{ "<D>+", "[a4](?:b|8)+",
		  "(?&tag1)(?&tag2)+(?(DEFINE)(?'tag1'[a4])(?'tag2'(?:b|8)))" },
		{ "<A>{2}", "[a4]{2}", "(?&tag1){2}(?(DEFINE)(?'tag1'[a4]))" },
		{ "<Z><a b>", "<Z><a b>", "<Z><a b>" },
		{ "(?<!x)<A>(?<n>y)", "(?<!x)[a4](?<n>y)", NULL },
		{ "<H>", "#", NULL },
		{ "<", "<", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct conf_report report = { .errors = 0 };
		struct policy *p = policy_new();
		const struct patterns all = expand(p, rows[i].line, &report);

		assert_int_equal(report.errors, 0);
		assert_int_equal(all.count, 2);
		if (!str_eq(all.items[0].regex, str_z(rows[i].regex)))
			fail_msg("%s: " STR_FMT, rows[i].line, STR_ARG(all.items[0].regex));
		if (rows[i].brief && !str_eq(all.items[0].brief, str_z(rows[i].brief)))
			fail_msg("%s: " STR_FMT, rows[i].line, STR_ARG(all.items[0].brief));
		assert_true(str_eq(all.items[1].regex, STR("<A>")) && all.items[1].brief.n == 0);
		policy_free(p);
	}
}

/* A tag within itself, and one that doubles with each pass. */
static void growth_has_an_end(void **state)
{
	struct conf_report report = { .errors = 0 };
	struct policy *p = policy_new();
	struct patterns all;

	(void)state;
	policy_parse_rules(p,
			   STR("replace_tag A (?:<A>)\nreplace_rules X Y\nbody X /<A>/\n"
			       "replace_tag B <B><B><B><B><B><B><B><B><B><B><B><B><B><B><B><B>\n"
			       "body Y /<B>/\n"),
			   "r.cf", &report);
	all = policy_patterns(p, &report);
	assert_int_equal(report.errors, 0);
	assert_int_equal(all.count, 2);
	assert_true(str_eq(all.items[0].regex, STR("(?:(?:(?:(?:(?:(?:<A>))))))")));
	assert_true(str_eq(all.items[1].regex, all.items[1].brief));
	policy_free(p);
}

/* Each of many is found, by its kind and name; the last line of a name counts, and no expression knows another's calls. */
static void many_tags(void **state)
{
	enum { MANY = 1000 };
	static char text[128 * MANY];
	struct out o = { .p = text, .cap = sizeof(text) };
	struct conf_report report = { .errors = 0 };
	struct policy *p = policy_new();
	struct patterns all;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		out_printf(&o, "replace_tag T%u old\nreplace_pre T%u p%u\nreplace_rules X%u\n", i,
			   i, i, i);
	for (unsigned i = 0; i < MANY; i++)
		out_printf(&o, "replace_tag T%u n%u\nbody X%u /<pre T%u><T%u>/\n", i, i, i, i, i);
	assert_false(o.full);
	policy_parse_rules(p, out_text(&o), "r.cf", &report);
	all = policy_patterns(p, &report);
	assert_int_equal(report.errors, 0);
	assert_int_equal(all.count, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		char room[64];
		struct out want = { .p = room, .cap = sizeof(room) };

		out_printf(&want, "p%un%u", i, i);
		assert_true(str_eq(all.items[i].regex, out_text(&want)));
		want.n = 0;
		out_printf(&want, "p%u(?&tag1)(?(DEFINE)(?'tag1'n%u))", i, i);
		assert_true(str_eq(all.items[i].brief, out_text(&want)));
	}
	policy_free(p);
}

static void lines_that_are_none(void **state)
{
	static const char *const lines[] = { "replace_tag", "replace_tag A", "replace_post P",
					     "replace_rules", "replace_rules A-B" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(lines); i++) {
		struct conf_report report = { .errors = 0 };
		struct policy *p = policy_new();

		policy_parse_rules(p, str_z(lines[i]), "r.cf", &report);
		if (report.errors != 1)
			fail_msg("%s: %u errors", lines[i], report.errors);
		policy_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_replaced),
		cmocka_unit_test(growth_has_an_end),
		cmocka_unit_test(many_tags),
		cmocka_unit_test(lines_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
