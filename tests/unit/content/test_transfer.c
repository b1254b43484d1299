/* filters/content/transfer.h: encodings undone, and what is malformed as readers show it, however it is cut. */
#include "base/check.h"
#include "filters/content/transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct row {
	const char *name, *code, *text;
};

static const struct row rows[] = {
	{ "7bit", "a=20b", "a=20b" },
	{ "x-unknown", "aGFsbG8=", "aGFsbG8=" },
	{ "", "", "" },

	{ "base64", "aGFsbG8=", "hallo" },
	{ "BASE64", "aGFs\r\nbG8h\r\n", "hallo!" },
	{ "base64", "aGFsbG8", "hallo" }, /* no "=" at its end */
	{ "base64", "aGFsb", "hal" },     /* six bits are no byte */
	{ "base64", "a-G*F s.bG!8=", "hallo" },
	{ "base64", "aGFsbG8=aGFsbA==\r\nbG8=", "hallohalllo" }, /* several of them in a row */
	{ "base64", "====aGFsbG8=====", "hallo" },
	{ "base64", "aG=bA", "hl" },
	{ "base64", "_w", "" }, /* "_" is of another alphabet (RFC 4648 5) */

	{ "quoted-printable", "a=20b=3d=3Dc", "a b==c" },
	{ "Quoted-Printable",
	  "one=\r\ntwo= \t \r\nthree=\nfour\r\nfive=", "onetwothreefour\r\nfive" },
	{ "quoted-printable", "a=b", "a=b" },
	{ "quoted-printable", "a=xyz=4=41==42=4\r\n=\r", "a=xyz=4A=B=4\r\n" },
	{ "quoted-printable", "a= b", "a= b" },
	{ "quoted-printable", "\xfc plain  \r\n", "\xfc plain  \r\n" },

	{ "x-uuencode", "begin 644 cat\r\n#0V%T\r\n`\r\nend\r\n", "Cat" },
	{ "uuencode", "#0V%T\n$0V%T<P\n", "CatCats" },
	{ "X-UUE", "%0V%T", "Cat" },
	{ "x-uue", "#0V%Tsum\r\n no line of it\r\n#0V%T", "CatCat" },
};

static size_t decode(const struct row *row, size_t at, size_t room, char *out)
{
	struct decoder d = { .encoding = transfer_named(str_z(row->name)) };
	const struct str code = str_z(row->code);
	struct str parts[2] = { str_head(code, at), str_from(code, at) };
	size_t n = 0;

	for (unsigned i = 0; i < 2; i++)
		while (parts[i].n)
			n += decoder_take(&d, &parts[i], out + n, room);
	return n + decoder_end(&d, out + n);
}

static void rows_cut_everywhere(void **state)
{
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		for (size_t at = 0; at <= strlen(rows[i].code); at++)
			for (size_t room = 4; room < 100; room += 5) {
				out[decode(&rows[i], at, room, out)] = '\0';
				assert_string_equal(out, rows[i].text);
			}
}

static void every_byte(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		const char code[] = { digits[byte >> 2], digits[(byte & 3) << 4], '=', '=', '\0' };
		char out[8];

		assert_int_equal(decode(&(struct row){ "base64", code, "" }, 1, 8, out), 1);
		assert_int_equal((uint8_t)out[0], byte);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_cut_everywhere),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
