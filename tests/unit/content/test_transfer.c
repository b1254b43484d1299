/* filters/content/transfer.h: encodings undone, and what is malformed as readers show it, however it is cut. */
#include "base/check.h"
#include "base/hex.h"
#include "base/out.h"
#include "filters/content/transfer.h"
#include "unit/dice.h"
#include "unit/often.h"

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

/* ---- against what does the same a byte at a time ---- */

static void plain_base64(struct str code, struct out *o)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < code.n; i++) {
		const uint8_t letter = transfer_letter(code.p[i]);

		if (code.p[i] == '=')
			count = 0;
		if (letter > 63)
			continue;
		bits = bits << 6 | letter;
		if (count)
			out_char(o, (char)(bits >> (6 - 2 * count)));
		count = (count + 1) % 4;
	}
}

static void plain_quoted(struct str code, struct out *o)
{
	size_t i = 0;

	while (i < code.n) {
		const int byte = hex_byte(str_from(code, i + 1));
		size_t end = i + 1;

		if (code.p[i] != '=') {
			out_char(o, code.p[i++]);
			continue;
		}
		while (end < code.n && ascii_white(code.p[end]) && code.p[end] != '\n')
			end++;
		if (byte >= 0) {
			out_char(o, (char)byte);
			end = i + 3;
		} else if (end < code.n && code.p[end] == '\n') {
			end++;
		} else if (end < code.n) {
			out_str(o, str_head(str_from(code, i), end == i + 1 ? 1 : 2));
		}
		i = end;
	}
}

static void plain_uuencode(struct str code, struct out *o)
{
	while (code.n) {
		struct str line;
		size_t left;

		(void)str_cut(code, '\n', &line, &code);
		left = line.n && line.p[0] >= ' ' && line.p[0] <= '`' ? (line.p[0] - ' ') & 63 : 0;
		line = line.n ? str_from(line, 1) : line;
		while (line.n && left) {
			uint32_t bits = 0;
			unsigned count = 0;

			for (; line.n && count < 4; line = str_from(line, 1)) {
				if (line.p[0] < ' ' || line.p[0] > '`')
					continue;
				bits = bits << 6 | ((line.p[0] - ' ') & 63);
				count++;
			}
			bits <<= 6 * (4 - count);
			for (unsigned k = 0; count && k < 3 && left; k++, left--)
				out_char(o, (char)(bits >> (16 - 8 * k)));
		}
	}
}

static const struct {
	enum transfer encoding;
	void (*plain)(struct str, struct out *);
	const char *often; /* bytes that a code is mostly of */
} ways[] = {
	{ TRANSFER_BASE64, plain_base64, "ABCabcd012+/AAAABBBB\r\n=-" },
	{ TRANSFER_QUOTED, plain_quoted, "====04afAFxyz \t\r\n" },
	{ TRANSFER_UUENCODE, plain_uuencode, "!#&M 0V%T`\r\n" },
};

/* Long runs, and little that is none of its bytes. */
static struct str random_code(struct dice *d, const char *bytes, char *code, size_t room)
{
	const size_t n = dice_below(d, dice_below(d, 4) ? 80 : (unsigned)room);
	const unsigned few = 1 + dice_below(d, (unsigned)strlen(bytes)), runs = dice_below(d, 40);

	for (size_t i = 0; i < n; i++) {
		code[i] = bytes[dice_below(d, few)];
		if (dice_below(d, 9) == 0)
			code[i] = bytes[dice_below(d, (unsigned)strlen(bytes))];
		if (dice_below(d, 99) == 0)
			code[i] = (char)dice_any(d);
		if (i && runs && dice_below(d, runs))
			code[i] = code[i - 1];
	}
	return (struct str){ .p = code, .n = n };
}

/* However it is cut, and into however small a room, behind which nothing is written. */
static void as_a_byte_at_a_time(void **state)
{
	enum { CODE = 2000, ROOM = 4096, BEHIND = 16 };
	static const char untouched[BEHIND] = "nothing is here";
	static char code[CODE], wanted[CODE], all[CODE], out[ROOM + BEHIND];
	struct dice d = { DICE_SEED };

	(void)state;
	for (unsigned round = 0; round < often(60000, 600); round++) {
		const unsigned way = dice_below(&d, COUNTOF(ways)),
			       pieces = 1 + dice_below(&d, CODE);
		const size_t room = 4 + dice_below(&d, dice_below(&d, 2) ? 20 : ROOM - 4);
		struct str rest = random_code(&d, ways[way].often, code, sizeof(code));
		struct decoder at_work = { .encoding = ways[way].encoding };
		struct out o = OUT(wanted), got = OUT(all);

		memcpy(out + room, untouched, BEHIND);
		ways[way].plain(rest, &o);
		while (rest.n) {
			struct str piece = str_take(&rest, 1 + dice_below(&d, pieces));

			while (piece.n) {
				const size_t n = decoder_take(&at_work, &piece, out, room);

				out_str(&got, (struct str){ .p = out, .n = n });
			}
		}
		out_str(&got, (struct str){ .p = out, .n = decoder_end(&at_work, out) });
		assert_memory_equal(out + room, untouched, BEHIND);
		assert_int_equal(got.n, o.n);
		assert_memory_equal(all, wanted, o.n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_cut_everywhere),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(as_a_byte_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
