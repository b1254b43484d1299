/* filters/canon.h: RFC 6376 3.4. */
#include "filters/canon.h"

#include "base/check.h"
#include "base/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static char bytes[8192];
static struct out got;
static struct canon_sink sink;

static void put(void *arg, struct str s)
{
	out_str(arg, s);
}

static void begin(void)
{
	got = OUT(bytes);
	sink.put = put;
	sink.arg = &got;
	sink.n = 0;
}

static const char *written(void)
{
	canon_flush(&sink);
	out_char(&got, '\0');
	assert_false(got.full);
	return bytes;
}

/* In pieces of `step` bytes. */
static const char *body(struct str text, bool relaxed, size_t step)
{
	struct canon_body c = { .relaxed = relaxed };

	begin();
	for (; text.n; text = str_from(text, step < text.n ? step : text.n))
		canon_body(&c, &sink, str_head(text, step));
	canon_body_end(&c, &sink);
	return written();
}

static void bodies(void **state)
{
	static const struct {
		struct str text;
		const char *simple, *relaxed;
	} cases[] = {
		/* RFC 6376 3.4.5 */
		{ STR_INIT(" C \r\nD \t E\r\n\r\n\r\n"), " C \r\nD \t E\r\n", " C\r\nD E\r\n" },
		{ STR_INIT(""), "\r\n", "" },
		{ STR_INIT("\r\n\r\n"), "\r\n", "" },
		{ STR_INIT(" \r\n\t\r\n"), " \r\n\t\r\n", "" },
		{ STR_INIT("a"), "a\r\n", "a\r\n" },
		{ STR_INIT("a \t"), "a \t\r\n", "a\r\n" },
		{ STR_INIT("\r\n\r\na\r\n \r\nb"), "\r\n\r\na\r\n \r\nb\r\n",
		  "\r\n\r\na\r\n\r\nb\r\n" },
		{ STR_INIT("a\rb\nc \r"), "a\rb\nc \r\r\n", "a\rb\nc \r\r\n" },
		{ STR_INIT("a \r \r\n"), "a \r \r\n", "a \r\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		for (size_t step = 1; step < 9; step++) {
			assert_string_equal(body(cases[i].text, false, step), cases[i].simple);
			assert_string_equal(body(cases[i].text, true, step), cases[i].relaxed);
		}
}

/* What does not stay, at every place of a text that does: it is looked for a block at a time. */
static void odd_places_in_long_lines(void **state)
{
	static const struct {
		const char *odd, *simple, *relaxed;
	} cases[] = {
		{ " ", " ", " " },
		{ "\t", "\t", " " },
		{ "  ", "  ", " " },
		{ " \r\n", " \r\n", "\r\n" },
		{ "\r\n", "\r\n", "\r\n" },
		{ "\r\n\r\n", "\r\n\r\n", "\r\n\r\n" },
		{ "\r\n \r\n\r\n\t", "\r\n \r\n\r\n\t", "\r\n\r\n\r\n " },
		{ "\r", "\r", "\r" },
		{ "\n \r ", "\n \r ", "\n \r " },
	};
	static const char plain[] = "a line of text with single spaces,\r\n and of two lines:\r\n"
				    "sixteen letters are a block\r\n";
	char text[256], expected[256];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		for (size_t at = 1; at < 50; at++)
			for (unsigned relaxed = 0; relaxed < 2; relaxed++) {
				struct out t = OUT(text), e = OUT(expected);

				if (plain[at - 1] <= ' ' || plain[at] <= ' ')
					continue;
				out_printf(&t, "%.*s%s%s", (int)at, plain, cases[i].odd,
					   plain + at);
				out_printf(&e, "%.*s%s%s", (int)at, plain,
					   relaxed ? cases[i].relaxed : cases[i].simple,
					   plain + at);
				out_char(&e, '\0');
				assert_string_equal(body(out_text(&t), relaxed, t.n), expected);
				assert_string_equal(body(out_text(&t), relaxed, 37), expected);
			}
}

static const char *field(const char *text, const char *hole, bool relaxed, bool last)
{
	struct str rest = str_z(text);
	struct canon_field f = { .relaxed = relaxed, .last = last };

	assert_true(header_next(&rest, &f.field));
	if (hole)
		f.hole = (struct str){ .p = strstr(text, hole), .n = strlen(hole) };
	begin();
	canon_field(&sink, &f);
	return written();
}

static void fields(void **state)
{
	(void)state;
	assert_string_equal(field("A: X\r\n", NULL, true, false), "a:X\r\n");
	assert_string_equal(field("B : Y\t\r\n\tZ  \r\n", NULL, true, false), "b:Y Z\r\n");
	assert_string_equal(field("B : Y\t\r\n\tZ  \r\n", NULL, false, false),
			    "B : Y\t\r\n\tZ  \r\n");
	assert_string_equal(field("E:\r\n", NULL, true, true), "e:");
	assert_string_equal(field("S: b= ab\r\n c ; d=e\r\n", " ab\r\n c ", true, true),
			    "s:b=; d=e");
	assert_string_equal(field("S: b= ab\r\n c ; d=e\r\n", " ab\r\n c ", false, true),
			    "S: b=; d=e");
	assert_string_equal(field("S: d=e; b= ab \r\n", " ab ", true, true), "s:d=e; b=");
}

static void long_ones_pass_the_buffer(void **state)
{
	static char text[5000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(strlen(body(str_z(text), true, 5000)), sizeof(text) + 1);
	memset(text, '\n', sizeof(text) - 1);
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		text[i] = '\r';
	text[sizeof(text) - 3] = 'b';
	assert_int_equal(strlen(body(str_z(text), false, 7)), sizeof(text) + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(odd_places_in_long_lines),
		cmocka_unit_test(fields),
		cmocka_unit_test(long_ones_pass_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
