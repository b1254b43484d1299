/* Where expressions end: the line, a brace, the next option; and where they go on. */
#include "unit/conf/say.h"

struct values {
	struct conf_text when, mode, action;
};

static const struct conf_option options[] = {
	{ .name = "when",
	  .type = CONF_EXPR,
	  .offset = offsetof(struct values, when),
	  .optional = true,
	  .about = "a condition" },
	{ .name = "mode",
	  .type = CONF_EXPR,
	  .offset = offsetof(struct values, mode),
	  .optional = true,
	  .about = "a mode" },
	{ .name = "do",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct values, action),
	  .optional = true,
	  .about = "an action" },
};

static const struct conf_block verdict = {
	.name = "verdict",
	.about = "a verdict",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct values),
	.title = CONF_TITLED,
};

static const struct conf_block *const blocks[] = { &verdict };

static struct conf *parse(const char *body, struct said *said)
{
	char text[4096];

	snprintf(text, sizeof(text), "verdict \"v\" {%s}", body);
	return conf_parse(str_z(text), "t", blocks, 1, said_start(said));
}

static void expect(const char *body, const char *when, const char *action)
{
	struct said said;
	struct conf *conf = parse(body, &said);
	const struct values *v;

	assert_string_equal(said.text, "");
	v = conf_first(conf, &verdict)->values;
	assert_string_equal(v->when.text.p, when);
	assert_string_equal(v->action.text.p, action);
	conf_free(conf);
}

static void ends_before_the_next_option(void **state)
{
	(void)state;
	expect(" when = score >= 12   do = reject ", "score >= 12", "reject");
	expect("when = AUTHENTICATED or CLIENT_ALLOWED\tdo=accept",
	       "AUTHENTICATED or CLIENT_ALLOWED", "accept");
	expect("when=score<=1 do = a", "score<=1", "a");
	expect("when = a == b do = c", "a == b", "c");
	expect("when = a==b and c!=d do = c", "a==b and c!=d", "c");
	expect("when = (a == b and c) do = x", "(a == b and c)", "x");
	expect("do = x when = score >= -3.5", "score >= -3.5", "x");
	expect("when = x # do = y\ndo = z", "x", "z");
}

static void ends_at_the_line_or_the_brace(void **state)
{
	(void)state;
	expect("when = a\ndo = b", "a", "b");
	expect("when = a or b", "a or b", "");
	expect("when = a or b\r\n do = c", "a or b", "c");
}

static void goes_on_behind_operators_and_in_parentheses(void **state)
{
	(void)state;
	expect("when = a and\n  b do = c", "a and\n  b", "c");
	expect("when = a OR\n\n# do = d\n not\n b\ndo = c", "a OR\n\n        \n not\n b", "c");
	expect("when = score >=\n 12\ndo = c", "score >=\n 12", "c");
	expect("when = a &&\nb ||\n!\nc\ndo = c", "a &&\nb ||\n!\nc", "c");
	expect("when = (a\n or b)\ndo = c", "(a\n or b)", "c");
	expect("when = (a # )\n)\ndo = c", "(a    \n)", "c");
}

static void strings_hold_anything(void **state)
{
	(void)state;
	expect("when = helo == \"} do = \\\" # (\" do = c", "helo == \"} do = \\\" # (\"", "c");
	expect("when = \"${X}\" == \"a and\"\ndo = c", "\"${X}\" == \"a and\"", "c");
}

static void words_with_signs_are_values(void **state)
{
	struct said said;
	struct conf *conf = parse("mode = canary 5%   do = reject", &said);
	const struct values *v;

	(void)state;
	assert_string_equal(said.text, "");
	v = conf_first(conf, &verdict)->values;
	assert_string_equal(v->mode.text.p, "canary 5%");
	assert_string_equal(v->action.text.p, "reject");
	conf_free(conf);
}

static void offsets_are_places(void **state)
{
	struct said said;
	struct conf *conf = parse("\n  when = abc and # a comment\n\tdef", &said);
	const struct values *v = conf_first(conf, &verdict)->values;
	struct conf_place at;

	(void)state;
	at = conf_place_in(&v->when, 0);
	assert_int_equal(at.line, 2);
	assert_int_equal(at.column, 10);
	at = conf_place_in(&v->when, (size_t)(strstr(v->when.text.p, "def") - v->when.text.p));
	assert_int_equal(at.line, 3);
	assert_int_equal(at.column, 2);
	conf_free(conf);
}

static void expect_error(const char *body, const char *text)
{
	struct said said;

	assert_null(parse(body, &said));
	assert_string_equal(said.text, text);
}

static void what_is_wrong_is_told(void **state)
{
	(void)state;
	expect_error("\nwhen =\ndo = x", "2:1 \"when\" has no value on its line\n");
	expect_error("\nwhen = do = x", "2:8 an expression is missing here; to compare write ==\n");
	expect_error("\nwhen = a and score = 3", "2:14 the expression ends behind an operator; "
						 "to compare write ==\n");
	expect_error("\nwhen = a and", "2:13 the expression ends behind an operator\n");
	expect_error("\nwhen = (a\nor (b)\ndo = c", "2:8 this ( is not closed\n");
	expect_error("\nwhen = a) do = c", "2:9 this ) closes nothing\n");
	expect_error("\nwhen = \"abc\ndo = c", "2:8 this string has no closing quote on its "
					       "line\n");
	expect_error("\nwhen = a \001 b", "2:10 a control character (0x01) in an expression\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_before_the_next_option),
		cmocka_unit_test(ends_at_the_line_or_the_brace),
		cmocka_unit_test(goes_on_behind_operators_and_in_parentheses),
		cmocka_unit_test(strings_hold_anything),
		cmocka_unit_test(words_with_signs_are_values),
		cmocka_unit_test(offsets_are_places),
		cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests_name("conf: expressions", tests, NULL, NULL);
}
