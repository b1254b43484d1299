/* protocol/reply.h: replies of a backend, read at every split; and how replies are printed. */
#include "protocol/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct reply_reader reader;

/* Reads one reply from `input`, shown in two pieces. */
static enum err read_split(struct str input, size_t split, struct reply *reply)
{
	size_t used;
	enum err err;

	reply_reader_init(&reader);
	err = reply_read(&reader, str_head(input, split), &used, reply);
	if (err != ERR_NOTFOUND)
		return err;
	return reply_read(&reader, str_from(input, used), &used, reply);
}

static void a_reply_is_the_same_at_every_split(void **state)
{
	const struct str input = STR("250-mx.example\r\n250-SIZE 1\r\n250-\r\n250 DSN\r\n");

	(void)state;
	for (size_t split = 0; split < input.n; split++) {
		struct reply reply;

		assert_int_equal(read_split(input, split, &reply), ERR_OK);
		assert_int_equal(reply.code, 250);
		assert_true(str_eq(reply.text, STR("mx.example\nSIZE 1\n\nDSN")));
	}
}

static void replies_in_a_row_are_taken_one_by_one(void **state)
{
	struct str input = STR("250 a\r\n550\r\n354-x\n354 y\n25");
	struct reply reply;
	size_t used;

	(void)state;
	reply_reader_init(&reader);
	assert_int_equal(reply_read(&reader, input, &used, &reply), ERR_OK);
	assert_true(reply.code == 250 && str_eq(reply.text, STR("a")));
	input = str_from(input, used);
	assert_int_equal(reply_read(&reader, input, &used, &reply), ERR_OK);
	assert_true(reply.code == 550 && reply.text.n == 0);
	input = str_from(input, used);
	assert_int_equal(reply_read(&reader, input, &used, &reply), ERR_OK);
	assert_true(reply.code == 354 && str_eq(reply.text, STR("x\ny")));
	input = str_from(input, used);
	assert_int_equal(reply_read(&reader, input, &used, &reply), ERR_NOTFOUND);
	assert_int_equal(used, 0);
}

static void what_is_not_smtp_is_refused(void **state)
{
	const char *const bad[] = { "hello\r\n", "25 x\r\n",           "150 x\r\n", "600 x\r\n",
				    "250x\r\n",  "250-a\r\n251 b\r\n", "\r\n",      "2 50\r\n" };
	struct reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_split(str_z(bad[i]), 3, &reply), ERR_PROTOCOL);
}

static void the_text_is_clean(void **state)
{
	struct reply reply;

	(void)state;
	assert_int_equal(read_split(STR("550 a\tb\rc\x1b\xc3\xa9\r\n"), 0, &reply), ERR_OK);
	assert_true(str_eq(reply.text, STR("a?b?c???")));
}

static void a_reply_is_bounded(void **state)
{
	static char many[LIMIT_BACKEND_REPLY_LINES * 8 + 64];
	static char lengthy[LIMIT_BACKEND_REPLY_LINE + 16];
	struct out o = OUT(many);
	struct reply reply;

	(void)state;
	for (int i = 0; i < LIMIT_BACKEND_REPLY_LINES; i++)
		out_str(&o, STR("250-x\r\n"));
	out_str(&o, STR("250 x\r\n"));
	assert_int_equal(read_split(out_text(&o), 5, &reply), ERR_LIMIT);
	memset(lengthy, '2', sizeof(lengthy));
	assert_int_equal(read_split((struct str){ .p = lengthy, .n = sizeof(lengthy) }, 5, &reply),
			 ERR_LIMIT);
}

static void more_text_than_is_kept_keeps_the_code(void **state)
{
	static char big[32768];
	struct out o = OUT(big);
	struct reply reply;

	(void)state;
	for (int i = 0; i < 20; i++) {
		out_str(&o, STR("550-"));
		for (int n = 0; n < 1000; n++)
			out_char(&o, 'x');
		out_str(&o, STR("\r\n"));
	}
	out_str(&o, STR("550 end\r\n"));
	assert_int_equal(read_split(out_text(&o), 5, &reply), ERR_OK);
	assert_int_equal(reply.code, 550);
	assert_int_equal(reply.text.n, 12 * 1001 - 1);
}

static struct str print(unsigned code, struct str text, const char *enhanced)
{
	static char bytes[8192];
	struct out o = OUT(bytes);
	const struct reply reply = { .code = code, .text = text };

	reply_print(&o, &reply, enhanced);
	assert_false(o.full);
	return out_text(&o);
}

static void an_enhanced_code_is_put_in_where_it_lacks(void **state)
{
	(void)state;
	assert_true(str_eq(print(250, STR("ok"), "2.1.5"), STR("250 2.1.5 ok\r\n")));
	assert_true(str_eq(print(250, STR("ok"), NULL), STR("250 ok\r\n")));
	assert_true(str_eq(print(550, STR("5.1.1 who"), "5.0.0"), STR("550 5.1.1 who\r\n")));
	assert_true(str_eq(print(550, STR("2.1.1 who"), "5.0.0"), STR("550 5.0.0 2.1.1 who\r\n")));
	assert_true(str_eq(print(450, STR("5.7"), "4.0.0"), STR("450 4.0.0 5.7\r\n")));
	assert_true(str_eq(print(550, STR("a"), "2.1.5"), STR("550 5.1.5 a\r\n")));
	assert_true(str_eq(print(354, STR("go"), "2.0.0"), STR("354 go\r\n")));
	assert_true(
		str_eq(print(550, STR("a\nb"), "5.0.0"), STR("550-5.0.0 a\r\n550 5.0.0 b\r\n")));
	assert_true(str_eq(print(250, STR(""), NULL), STR("250 \r\n")));
}

static void nothing_in_a_text_ends_the_line(void **state)
{
	(void)state;
	assert_true(str_eq(print(250, STR("a\rb\x01"), NULL), STR("250 a?b?\r\n")));
}

static void a_long_line_goes_on_in_the_next(void **state)
{
	static char text[1200];
	struct str rest, line;
	int lines = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	rest = print(550, (struct str){ .p = text, .n = sizeof(text) }, "5.7.1");
	while (str_cut(rest, '\n', &line, &rest)) {
		lines++;
		assert_true(line.n + 1 <= LIMIT_REPLY_LINE);
		assert_true(str_starts(line, rest.n ? STR("550-5.7.1 x") : STR("550 5.7.1 x")));
	}
	assert_int_equal(lines, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_the_same_at_every_split),
		cmocka_unit_test(replies_in_a_row_are_taken_one_by_one),
		cmocka_unit_test(what_is_not_smtp_is_refused),
		cmocka_unit_test(the_text_is_clean),
		cmocka_unit_test(a_reply_is_bounded),
		cmocka_unit_test(more_text_than_is_kept_keeps_the_code),
		cmocka_unit_test(an_enhanced_code_is_put_in_where_it_lacks),
		cmocka_unit_test(nothing_in_a_text_ends_the_line),
		cmocka_unit_test(a_long_line_goes_on_in_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
