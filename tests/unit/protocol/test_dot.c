/* protocol/dot.h: dot-stuffing gives the same bytes however the message is cut. */
#include "base/out.h"
#include "protocol/dot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void put(struct dot *d, struct out *o, struct str piece)
{
	while (piece.n) {
		bool stuff;

		out_str(o, dot_run(d, &piece, &stuff));
		if (stuff)
			out_char(o, '.');
	}
}

static struct str stuffed(struct str message, size_t first, size_t second)
{
	static char bytes[256];
	struct out o = OUT(bytes);
	struct dot d = DOT_START;

	put(&d, &o, str_head(message, first));
	put(&d, &o, str_head(str_from(message, first), second));
	put(&d, &o, str_from(message, first + second));
	out_str(&o, dot_end(&d));
	return out_text(&o);
}

static const struct {
	const char *message, *wire;
} cases[] = {
	{ "", ".\r\n" },
	{ "a\r\n", "a\r\n.\r\n" },
	{ "a", "a\r\n.\r\n" },
	{ "a\r", "a\r\r\n.\r\n" },
	{ "a\n", "a\n\r\n.\r\n" },
	{ ".", "..\r\n.\r\n" },
	{ ".\r\n", "..\r\n.\r\n" },
	{ "..\r\n", "...\r\n.\r\n" },
	{ "a.b\r\n.c.\r\n..d\r\n", "a.b\r\n..c.\r\n...d\r\n.\r\n" },
	{ "a\n.\r\nb", "a\n..\r\nb\r\n.\r\n" },
	{ "\r\n.\r\n.\r\n", "\r\n..\r\n..\r\n.\r\n" },
};

static void every_cut_gives_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t a = 0; a <= strlen(cases[i].message); a++)
			for (size_t b = 0; a + b <= strlen(cases[i].message); b++)
				assert_true(str_eq(stuffed(str_z(cases[i].message), a, b),
						   str_z(cases[i].wire)));
}

static void plain_pieces_are_known(void **state)
{
	struct dot d = DOT_START;

	(void)state;
	assert_true(dot_plain(&d, STR("a.b.\r\nc\r\n")));
	assert_false(dot_plain(&d, STR(".x")));
	assert_true(dot_plain(&d, STR("x")));
	assert_true(dot_plain(&d, STR(".")));
	assert_true(dot_plain(&d, STR("\r")));
	assert_true(dot_plain(&d, STR("\n")));
	assert_true(str_eq(dot_end(&d), STR(".\r\n")));
	assert_false(dot_plain(&d, STR(".")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_gives_the_same_bytes),
		cmocka_unit_test(plain_pieces_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
