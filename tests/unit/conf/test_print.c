/* What is printed from the tables: the sample parses as it is and with everything uncommented. */
#include "unit/conf/say.h"

#include <stdlib.h>

enum { PRINTED_MAX = 65536 };

typedef void print_fn(FILE *to, const struct conf_block *const *blocks, size_t count);

static void print(print_fn *fn, const struct conf_block *const *blocks, size_t n, char *text)
{
	FILE *to = fmemopen(text, PRINTED_MAX, "w");

	assert_non_null(to);
	fn(to, blocks, n);
	assert_false(ferror(to));
	fclose(to);
}

static void print_core(print_fn *fn, char *text)
{
	size_t n;
	const struct conf_block *const *blocks = conf_blocks(&n);

	print(fn, blocks, n, text);
}

/* "#word" to "word", "# word" stays. */
static void uncomment(char *text)
{
	bool indent = true;
	char *to = text;

	for (const char *p = text; *p; p++) {
		const bool drop = indent && *p == '#' && p[1] != ' ' && p[1] != '\n';

		indent = *p == '\n' || (indent && *p == '\t');
		if (!drop)
			*to++ = *p;
	}
	*to = '\0';
}

static void the_sample_is_a_config(void **state)
{
	static char text[PRINTED_MAX];
	struct said said;

	(void)state;
	print_core(conf_print_sample, text);
	assert_string_equal(complaints(text, &said), "");
	for (const char *p = text; (p = strchr(p, '\n')) && p[1]; p++)
		assert_true(strchr("#\n\tlbcr}", p[1]));
}

static void the_sample_uncommented_parses(void **state)
{
	static char text[PRINTED_MAX];
	struct said said;
	struct conf *conf;
	const struct conf_backend *b;

	(void)state;
	print_core(conf_print_sample, text);
	uncomment(text);
	conf = core_parse(text, &said);
	assert_string_equal(said.text, "");
	b = conf_first(conf, &block_backend)->values;
	assert_string_equal(b->maildir.text.p, "/var/mail/trial");
	for (size_t i = 0; i < block_backend.option_count; i++)
		assert_int_not_equal(conf_first(conf, &block_backend)->places[i].line, 0);
	conf_free(conf);
}

static const char *const words[] = { "one", "two", NULL };

static const struct conf_option options[] = {
	{ .name = "text", .type = CONF_TEXT, .about = "needed, without an example" },
	{ .name = "list", .type = CONF_LIST, .about = "a list" },
	{ .name = "when", .type = CONF_EXPR, .about = "an expression" },
	{ .name = "word", .type = CONF_CHOICE, .choices = words, .about = "a word" },
	{ .name = "flag", .type = CONF_BOOL, .about = "a flag" },
	{ .name = "time", .type = CONF_TIME, .min = 1000, .about = "a time" },
	{ .name = "with-minus", .type = CONF_INT, .fallback = "-1", .about = "back\\slash" },
};

static const struct conf_block plain = {
	.name = "plain",
	.about = "A block without a sample.",
	.options = options,
	.option_count = COUNTOF(options),
	.size = 64,
	.title = CONF_TITLED,
};

static const struct conf_block one_line = {
	.name = "line",
	.about = ".A block with a sample on one line.",
	.options = options,
	.option_count = COUNTOF(options),
	.size = 64,
	.sample = "#line { text = x }",
};

static const struct conf_block hidden = { .name = "hidden", .about = "hidden", .sample = "" };

static const struct conf_block *const blocks[] = { &plain, &one_line, &hidden };

static void every_type_has_a_value_to_show(void **state)
{
	static char text[PRINTED_MAX];

	(void)state;
	print(conf_print_sample, blocks, COUNTOF(blocks), text);
	assert_non_null(strstr(text, "#plain \"title\" {\n"
				     "\t# needed, without an example\n\t#text = \"\"\n"
				     "\t# a list\n\t#list = []\n"
				     "\t# an expression\n\t#when = ...\n"
				     "\t# a word\n\t# one | two\n\t#word = one\n"
				     "\t# a flag\n\t# yes | no\n\t#flag = no\n"
				     "\t# a time\n\t# at least 1s\n\t#time = 1s\n"));
	assert_non_null(strstr(text, "#   text: needed, without an example\n"));
	assert_non_null(strstr(text, "\n#line { text = x }\n"));
	assert_null(strstr(text, "hidden"));
}

static void roff_is_escaped(void **state)
{
	static char text[PRINTED_MAX];

	(void)state;
	print(conf_print_man, blocks, COUNTOF(blocks), text);
	assert_non_null(strstr(text, ".SS plain \\(dqtitle\\(dq\n"));
	assert_non_null(strstr(text, ".TP\n\\fBwith\\-minus\\fR = \\fInumber\\fR\n"
				     "back\\eslash.\nDefault: \\-1.\n"));
	assert_non_null(strstr(text, "\n\\&.A block"));
	assert_non_null(strstr(text, "Must be given.\n"));
	print_core(conf_print_man, text);
	assert_non_null(strstr(text, "Values: none | optional | required | implicit.\n"
				     "Default: optional.\n"));
}

static void suggestions_are_near(void **state)
{
	static const char *const known[] = { "listener", "backend", "resolver", "tls" };

	(void)state;
	assert_string_equal(conf_suggest(STR("listner"), known, 4), "listener");
	assert_string_equal(conf_suggest(STR("Backends"), known, 4), "backend");
	assert_string_equal(conf_suggest(STR("tsl"), known, 4), "tls");
	assert_string_equal(conf_suggest(STR("res"), known, 4), "resolver");
	assert_null(conf_suggest(STR("x"), known, 4));
	assert_null(conf_suggest(STR(""), known, 4));
	assert_null(conf_suggest(STR("something"), known, 4));
	assert_null(conf_suggest(STR("listner"), known, 0));
}

static void complaints_are_lines(void **state)
{
	char text[512] = { 0 };
	FILE *to = fmemopen(text, sizeof(text), "w");
	struct conf_report r = conf_report_to(to);
	const struct conf_place at = { .file = "a.conf", .line = 3, .column = 4 };

	(void)state;
	conf_error(&r, &at, "bad %s", "\033[1m");
	conf_warn(&r, &at, "odd");
	conf_error(&r, &(struct conf_place){ .file = "a.conf" }, "all of it");
	conf_error(&r, &(struct conf_place){ .file = NULL }, "nowhere");
	fclose(to);
	assert_string_equal(text, "a.conf:3:4: bad ?[1m\na.conf:3:4: warning: odd\n"
				  "a.conf: all of it\nnowhere\n");
	assert_int_equal(r.errors, 3);
	assert_int_equal(r.warnings, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_is_a_config),
		cmocka_unit_test(the_sample_uncommented_parses),
		cmocka_unit_test(every_type_has_a_value_to_show),
		cmocka_unit_test(roff_is_escaped),
		cmocka_unit_test(suggestions_are_near),
		cmocka_unit_test(complaints_are_lines),
	};

	return cmocka_run_group_tests_name("conf: printing", tests, NULL, NULL);
}
