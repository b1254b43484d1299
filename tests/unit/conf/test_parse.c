/* The language: what is read, where it stands, and what is said when it is wrong. */
#include "unit/conf/say.h"

#include <stdlib.h>

/* One option of each type. */
struct sample {
	bool flag;
	int64_t count, size, time;
	int word;
	struct conf_text text, when;
	struct conf_list list;
	struct conf_rate rate;
};

static const char *const words[] = { "accept", "reject", NULL };

#define ROW(NAME, TYPE, FIELD) .name = NAME, .type = TYPE, .offset = offsetof(struct sample, FIELD)

static const struct conf_option sample_options[] = {
	{ ROW("flag", CONF_BOOL, flag), .fallback = "yes", .about = "a flag" },
	{ ROW("count", CONF_INT, count), .fallback = "7", .min = -5, .max = 20,
	  .about = "a count" },
	{ ROW("size", CONF_SIZE, size), .fallback = "1MB", .max = 1 << 30, .about = "a size" },
	{ ROW("time", CONF_TIME, time), .fallback = "2h", .about = "a time" },
	{ ROW("rate", CONF_RATE, rate), .fallback = "off", .about = "a rate" },
	{ ROW("do", CONF_CHOICE, word), .fallback = "accept", .choices = words, .about = "a word" },
	{ ROW("text", CONF_TEXT, text), .optional = true, .about = "a text" },
	{ ROW("when", CONF_EXPR, when), .fallback = "a and b", .about = "an expression" },
	{ ROW("list", CONF_LIST, list), .fallback = "[\"x\", y]", .about = "a list" },
};

static const struct conf_block sample_block = {
	.name = "sample",
	.about = "a block",
	.options = sample_options,
	.option_count = COUNTOF(sample_options),
	.size = sizeof(struct sample),
	.title = CONF_TITLED,
	.repeated = true,
};

static const struct conf_option needed_options[] = {
	{ .name = "must", .type = CONF_TEXT, .about = "a thing" },
};

static const struct conf_block needed_block = {
	.name = "needed",
	.about = "a block",
	.options = needed_options,
	.option_count = 1,
	.size = sizeof(struct conf_text),
};

static const struct conf_block *const blocks[] = { &sample_block, &needed_block };

static struct conf *parse(const char *text, struct said *said)
{
	return conf_parse(str_z(text), "t", blocks, COUNTOF(blocks), said_start(said));
}

/* The values of the one sample block with this body. */
static struct conf *body(const char *text, const struct sample **values)
{
	static struct said said;
	char whole[4096];
	struct conf *conf;

	snprintf(whole, sizeof(whole), "sample \"s\" {\n%s\n}", text);
	conf = parse(whole, &said);
	assert_string_equal(said.text, "");
	assert_non_null(conf);
	*values = conf_first(conf, &sample_block)->values;
	return conf;
}

/* What is said of a body; its first line is line 2. */
static const char *wrong(const char *text)
{
	static struct said said;
	char whole[4096];

	snprintf(whole, sizeof(whole), "sample \"s\" {\n%s\n}", text);
	assert_null(parse(whole, &said));
	return said.text;
}

#define WRONG(BODY, SAID) assert_string_equal(wrong(BODY), SAID "\n")

static void defaults_are_filled_in(void **state)
{
	const struct sample *s;
	struct conf *conf = body("", &s);

	(void)state;
	assert_true(s->flag);
	assert_int_equal(s->count, 7);
	assert_int_equal(s->size, 1 << 20);
	assert_int_equal(s->time, 7200000);
	assert_int_equal(s->word, 0);
	assert_string_equal(s->text.text.p, "");
	assert_int_equal(s->text.at.line, 0);
	assert_string_equal(s->when.text.p, "a and b");
	assert_int_equal(s->list.count, 2);
	assert_string_equal(s->list.items[0].text.p, "x");
	assert_string_equal(s->list.items[1].text.p, "y");
	assert_int_equal(s->list.items[1].at.line, 0);
	conf_free(conf);
}

static void values_share_a_line(void **state)
{
	const struct sample *s;
	struct conf *conf = body("flag=off count = -5 size = 10kb\ttime = 500ms # 3\n"
				 "do = reject text = \"a \\\"b\\\" \\\\ # \\${c}\" list = [] ",
				 &s);

	(void)state;
	assert_false(s->flag);
	assert_int_equal(s->count, -5);
	assert_int_equal(s->size, 10240);
	assert_int_equal(s->time, 500);
	assert_int_equal(s->word, 1);
	assert_string_equal(s->text.text.p, "a \"b\" \\ # ${c}");
	assert_int_equal(s->text.at.line, 3);
	assert_int_equal(s->text.at.column, 20);
	assert_int_equal(s->list.count, 0);
	conf_free(conf);
}

static void every_unit_is_known(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} times[] = { { "30s", 30000 }, { "5m", 300000 },      { "2h", 7200000 },
		      { "0", 0 },       { "7d", 604800000LL }, { "500ms", 500 } };
	static const struct {
		const char *text;
		int64_t bytes;
	} sizes[] = { { "512B", 512 }, { "1024", 1024 },     { "64KB", 65536 },
		      { "0", 0 },      { "10MB", 10 << 20 }, { "1GB", 1 << 30 } };

	(void)state;
	for (size_t i = 0; i < COUNTOF(times); i++) {
		const struct sample *s;
		char text[64];
		struct conf *conf;

		snprintf(text, sizeof(text), "time = %s size = \"%s\"", times[i].text,
			 sizes[i].text);
		conf = body(text, &s);
		assert_int_equal(s->time, times[i].ms);
		assert_int_equal(s->size, sizes[i].bytes);
		conf_free(conf);
	}
}

static void numbers_out_of_bounds_are_told(void **state)
{
	(void)state;
	WRONG("count = 21", "2:9 count = 21 is out of range: -5 to 20");
	WRONG("count = -6", "2:9 count = -6 is out of range: -5 to 20");
	WRONG("count = 99999999999999999999", "2:9 count = 99999999999999999999 is out of range: "
					      "-5 to 20");
	WRONG("size = 2GB", "2:8 size = 2GB is out of range: 0 to 1GB");
	WRONG("time = 9223372036854775807d", "2:8 time = 9223372036854775807d is out of range");
	WRONG("time = -1s", "2:8 time = -1s is out of range");
	WRONG("time = 30", "2:8 \"30\" needs a unit; units are ms, s, m, h and d");
	WRONG("time = 30M", "2:8 \"30M\" has the unknown unit \"M\"; units are ms, s, m, h and d");
	WRONG("time = soon", "2:8 time = \"soon\" is not a whole number with a unit, like 30s");
	WRONG("size = 3x", "2:8 \"3x\" has the unknown unit \"x\"; units are B, KB, MB and GB");
	WRONG("count = 3s", "2:9 \"3s\" has the unknown unit \"s\"; this number takes no unit");
	WRONG("count = \"\"", "2:9 count = \"\" is not a whole number");
	WRONG("count = -", "2:9 count = \"-\" is not a whole number");
}

static void rates_are_a_number_in_a_time(void **state)
{
	const struct sample *s;
	struct conf *conf = body("rate = 100/1m", &s);

	(void)state;
	assert_int_equal(s->rate.count, 100);
	assert_int_equal(s->rate.window_ms, 60000);
	conf_free(conf);
	conf = body("rate = off", &s);
	assert_int_equal(s->rate.count, 0);
	conf_free(conf);
	WRONG("rate = 100", "2:8 rate = \"100\" is not a rate like 100/1m, and not off");
	WRONG("rate = \"\"", "2:8 rate = \"\" is not a rate like 100/1m, and not off");
	WRONG("rate = 0/1m", "2:8 rate = 0 is out of range: 1 to 1000000");
	WRONG("rate = 5/10", "2:8 \"10\" needs a unit; units are ms, s, m, h and d");
	WRONG("rate = 5/10ms", "2:8 rate = 10ms is out of range: 1s to 1d");
	WRONG("rate = -1/", "2:8 rate = -1 is out of range: 1 to 1000000");
	WRONG("rate = /", "2:8 rate = \"\" is not a whole number");
}

static void unknown_words_get_a_suggestion(void **state)
{
	(void)state;
	WRONG("do = rejct", "2:6 do = \"rejct\" is not one of accept, reject; did you mean "
			    "\"reject\"?");
	WRONG("do = Q", "2:6 do = \"Q\" is not one of accept, reject");
	WRONG("flag = maybe", "2:8 flag = \"maybe\" is not one of no, yes, off, on, false, true");
	WRONG("lits = 1", "2:1 unknown option \"lits\" in sample; did you mean \"list\"?");
	WRONG("lits = [1,\n2] tme = 5s", "2:1 unknown option \"lits\" in sample; did you mean "
					 "\"list\"?\n3:4 unknown option \"tme\" in sample; did "
					 "you mean \"time\"?");
	WRONG("zzzzzz = a b c count = 3", "2:1 unknown option \"zzzzzz\" in sample");
}

static void lists_are_bracketed_or_one(void **state)
{
	const struct sample *s;
	struct conf *conf = body("list = [\n \"a b\", # first\n c,\n]", &s);

	(void)state;
	assert_int_equal(s->list.count, 2);
	assert_string_equal(s->list.items[0].text.p, "a b");
	assert_int_equal(s->list.items[1].at.line, 4);
	assert_int_equal(s->list.items[1].at.column, 2);
	conf_free(conf);
	conf = body("list = alone", &s);
	assert_int_equal(s->list.count, 1);
	conf_free(conf);
	conf = body("list = [1,2,3,4,5,6,7,8,9]", &s);
	assert_int_equal(s->list.count, 9);
	assert_string_equal(s->list.items[8].text.p, "9");
	conf_free(conf);
	WRONG("list = [a b]", "2:11 expected , or ] in the list opened in line 2, found \"b\"");
	WRONG("list = [a,", "2:8 this [ is not closed");
	WRONG("list = [a", "2:8 this [ is not closed");
	WRONG("list = [,]", "2:9 expected a value, found \",\"");
	WRONG("when = a\nor b", "3:4 an expression ends with its line: put it in parentheses to go "
				"on with it in the next");
	WRONG("when = a\n&& b", "3:1 an expression ends with its line: put it in parentheses to go "
				"on with it in the next");
	WRONG("list = ['a b']", "2:9 text stands in \"these\" quotes");
}

static void strings_end_on_their_line(void **state)
{
	(void)state;
	WRONG("text = \"abc\ncount = 99", "2:8 this string has no closing quote on its line\n"
					  "3:9 count = 99 is out of range: -5 to 20");
	WRONG("text = \"a\\n\"", "2:10 strings know \\\" \\\\ and \\$ only; write \\\\ for a "
				 "backslash");
	WRONG("text = \"a\001\"", "2:10 a control character (0x01) in a string");
	WRONG("text = \"a\"b", "2:11 \"b\" right behind a value; values with such characters need "
			       "quotes");
	WRONG("text = a=b", "2:9 \"=\" right behind a value; values with such characters need "
			    "quotes");
	WRONG("text = a#b",
	      "2:9 write a space before a comment, or quotes around a value with a #");
	WRONG("text =\n\"x\"", "2:1 \"text\" has no value on its line\n"
			       "3:1 expected an option or }, found \"\"\"");
}

static void variables_are_filled_in(void **state)
{
	const struct sample *s;
	struct conf *conf;

	(void)state;
	setenv("POSTERN_TEST_A", "in \"side", 1);
	setenv("POSTERN_TEST_N", "12", 1);
	setenv("POSTERN_TEST_EVIL", "a\nb", 1);
	unsetenv("POSTERN_TEST_NONE");
	conf = body("text = \"<${POSTERN_TEST_A}>\" count = ${POSTERN_TEST_N} "
		    "list = x${POSTERN_TEST_N}y${POSTERN_TEST_N} when = \"${POSTERN_TEST_N}\"",
		    &s);
	assert_string_equal(s->text.text.p, "<in \"side>");
	assert_int_equal(s->count, 12);
	assert_string_equal(s->list.items[0].text.p, "x12y12");
	assert_string_equal(s->when.text.p, "\"${POSTERN_TEST_N}\"");
	conf_free(conf);
	WRONG("text = \"a${POSTERN_TEST_NONE}\"",
	      "2:10 the environment variable \"POSTERN_TEST_NONE\" is not set");
	WRONG("text = ${POSTERN_TEST_EVIL}",
	      "2:8 the environment variable \"POSTERN_TEST_EVIL\" holds control characters");
	WRONG("text = \"${a b}\"", "2:9 ${ must be followed by the name of a variable and }; "
				   "write \\${ for the characters themselves");
	WRONG("text = ${}", "2:8 ${ must be followed by the name of a variable and }; "
			    "write \\${ for the characters themselves");
}

static void what_stands_twice_is_told(void **state)
{
	struct said said;

	(void)state;
	WRONG("count = 1 count = 2", "2:11 \"count\" is set twice, first at t:2:1");
	assert_null(parse("sample \"a\" { }\nsample \"b\" { }\nsample \"a\" { }\n"
			  "needed { must = x }\nneeded { must = x }",
			  &said));
	assert_string_equal(said.text, "3:8 sample \"a\" stands already at t:1:1\n"
				       "5:1 needed stands already at t:4:1\n");
}

static void titles_and_needs_are_checked(void **state)
{
	struct said said;

	(void)state;
	assert_null(parse("sample { }\nneeded \"x\" { }\nsample \"\" { }", &said));
	assert_string_equal(said.text, "1:1 sample needs a title: sample \"name\" { ... }\n"
				       "2:8 needed takes no title\n"
				       "2:1 needed needs \"must\": a thing\n"
				       "3:8 the title of this sample is empty\n");
}

static void braces_are_missed_where_they_opened(void **state)
{
	struct said said;

	(void)state;
	assert_null(parse("sample \"a\" {\n count = 1\nneeded { must = x }", &said));
	assert_string_equal(said.text, "1:12 the { of sample \"a\" is not closed before needed in "
				       "line 3\n");
	assert_null(parse("sample \"a\" { count = 1", &said));
	assert_string_equal(said.text, "1:12 the { of sample \"a\" is not closed before the end of "
				       "the file in line 1\n");
	assert_null(parse("}\nsample \"a\" { } }", &said));
	assert_string_equal(said.text, "1:1 expected an option or a block, found \"}\"\n"
				       "2:16 expected an option or a block, found \"}\"\n");
	assert_null(parse("nothing \"a\" { b { c = \"}\" # }\n } ", &said));
	assert_string_equal(said.text, "1:1 unknown block \"nothing\"\n"
				       "1:1 the { of this block is not closed\n");
}

static void unknown_blocks_are_stepped_over(void **state)
{
	struct said said;

	(void)state;
	assert_null(parse("sampel \"a\" { what { ever = \"{\" } }\nwords here\ncount = 1\n"
			  "needed must = 1\nneeded\n{ must = 1 }",
			  &said));
	assert_string_equal(said.text, "1:1 unknown block \"sampel\"; did you mean \"sample\"?\n"
				       "2:7 expected = or { behind \"words\", found \"h\"\n"
				       "3:1 unknown option \"count\"\n"
				       "4:8 expected { behind \"needed\", found \"m\"\n");
}

static void garbage_is_not_a_text_file(void **state)
{
	static const char nul[] = "sample \"a\" {\n\0 }";
	struct said said;
	struct conf *conf;

	(void)state;
	conf = conf_parse((struct str){ .p = nul, .n = sizeof(nul) - 1 }, "t", blocks,
			  COUNTOF(blocks), said_start(&said));
	assert_null(conf);
	assert_string_equal(said.text, "2:1 a NUL byte: this is not a text file\n");
	assert_null(parse("\177ELF\001\002\033[31m", &said));
	assert_string_equal(said.text, "1:1 expected an option or a block, found byte 0x7f\n");
	conf = parse("\xef\xbb\xbf# a comment\r\nsample \"\xc3\xa4\" {\r\n}\r\n", &said);
	assert_string_equal(said.text, "");
	conf_free(conf);
}

static void errors_end_somewhere(void **state)
{
	static char text[4000];
	struct said said;

	(void)state;
	memset(text, '\n', sizeof(text) - 1);
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		text[i] = '?';
	assert_null(parse(text, &said));
	assert_int_equal(said.report.errors, LIMIT_CONF_ERRORS + 1);
	assert_true(str_ends(out_text(&said.out),
			     STR("201:1 too many errors, the rest is not read\n")));
}

static void long_values_are_refused(void **state)
{
	static char text[LIMIT_CONF_VALUE + 100];
	struct said said;
	const int n = snprintf(text, sizeof(text), "sample \"a\" {\ntext = ");

	(void)state;
	memset(text + n, 'x', LIMIT_CONF_VALUE + 1);
	memcpy(text + n + LIMIT_CONF_VALUE + 1, " }", 3);
	assert_null(parse(text, &said));
	assert_string_equal(said.text, "2:8 this value is longer than 65536 bytes\n");
	memcpy(text + n - 7, "when = ", 7);
	assert_null(parse(text, &said));
	assert_string_equal(said.text, "2:8 this expression is longer than 65536 bytes\n");
}

static void sections_stand_in_file_order(void **state)
{
	struct said said;
	struct conf *conf =
		parse("sample \"b\" { }\nneeded { must = 1 }\n sample \"a\" {count = 3}", &said);
	const struct conf_section *s = conf_first(conf, &sample_block);
	struct conf_place at;

	(void)state;
	assert_string_equal(said.text, "");
	assert_string_equal(s->title.text.p, "b");
	s = conf_next(s);
	assert_string_equal(s->title.text.p, "a");
	assert_int_equal(s->at.line, 3);
	assert_int_equal(s->at.column, 2);
	at = conf_place_of(s, "count");
	assert_int_equal(at.column, 14);
	at = conf_place_of(s, "size");
	assert_int_equal(at.column, 2);
	assert_null(conf_next(s));
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_filled_in),
		cmocka_unit_test(values_share_a_line),
		cmocka_unit_test(every_unit_is_known),
		cmocka_unit_test(numbers_out_of_bounds_are_told),
		cmocka_unit_test(rates_are_a_number_in_a_time),
		cmocka_unit_test(unknown_words_get_a_suggestion),
		cmocka_unit_test(lists_are_bracketed_or_one),
		cmocka_unit_test(strings_end_on_their_line),
		cmocka_unit_test(variables_are_filled_in),
		cmocka_unit_test(what_stands_twice_is_told),
		cmocka_unit_test(titles_and_needs_are_checked),
		cmocka_unit_test(braces_are_missed_where_they_opened),
		cmocka_unit_test(unknown_blocks_are_stepped_over),
		cmocka_unit_test(garbage_is_not_a_text_file),
		cmocka_unit_test(errors_end_somewhere),
		cmocka_unit_test(long_values_are_refused),
		cmocka_unit_test(sections_stand_in_file_order),
	};

	return cmocka_run_group_tests_name("conf: the language", tests, NULL, NULL);
}
