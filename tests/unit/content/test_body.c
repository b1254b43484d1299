/* What rules see of a message's body, in whatever pieces it comes: SpamAssassin's Message.pm says what it is. */
#include "filters/content/body.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/out.h"
#include "filters/content/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 16384 };

struct row {
	const char *message;
	const char *expect; /* pieces of the kind that is tested, '|' behind each */
};

#define HTML  "Content-Type: text/html\r\n\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static const struct row rendered[] = {
	{ "Subject: =?utf-8?q?h=C3=A4?=\r\n\r\ntext", "h\xc3\xa4\n|text|" },
	{ "Subject: a \r\n  b\r\n\tc \r\n\r\n", "a  b c\n|" },
	{ "Subject: =?utf-8?q?_a_?=\r\n =?utf-8?q?b_?=\r\n\r\n", " a b \n|" },
	{ "Subject: one\r\nSubject: two\r\n\r\n", "two\n|" },
	{ "\r\na  b\t\r\nc\r\n", "\n|a b c |" },
	{ "\r\na\r\n\r\n\r\nb\r\n\r\n", "\n|a\n|b\n|" },
	{ "\r\na \r\n \t\r\n b", "\n|a \n| b|" },
	{ "\r\na\rb\r\r\nc", "\n|a b c|" },
	{ "\r\n\xe2\x80\x8bzero\xe2\x80\x83wide\xc2\xa0", "\n|\xe2\x80\x8bzero wide |" },
	/* whatever a reader is shown of it */
	{ HTML "<title>t</title><p>a <b>b</b><i style='display:none'>c</i></p>d<br>e<br><br>f<li>g",
	  "\n|\n|t\n|a bc\n|d e\n|f g|" },
	{ HTML "a<script>no</script><!-- no --> b &amp; c&nbsp;d", "\n|a b & c d|" },
	{ HTML "<div>\r\n<div>\r\na\r\n</div>\r\n</div>b", "\n|\n|a\n|b|" },
	{ "Content-Transfer-Encoding: quoted-printable\r\n" HTML "a=00b =00 c=00", "\n|ab c|" },
	{ MIXED "pre\r\n--b\r\n\r\none\r\n--b\r\n" HTML
		"two\r\n--b\r\nContent-Type: image/png\r\n\r\nno"
		"\r\n--b\r\nContent-Disposition: attachment\r\n\r\nthree\r\n--b--\r\nno",
	  "\n|one two\n|three|" },
	{ MIXED "--b\r\nContent-Type: text/calendar\r\n\r\nno\r\n--b\r\nContent-Type: "
		"application/octet-stream; name=x.HTM\r\n\r\n<p>yes\r\n--b--\r\n",
	  "\n|\n|yes|" },
	{ MIXED
	  "--b\r\nContent-Type: text/csv\r\n\r\na,b\r\n--b\r\nContent-Type: text/x-vcard\r\n\r\nno\r\n--b--\r\n",
	  "\n|a,b |" },
	{ MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: no\r\n\r\nyes\r\n--b--\r\n",
	  "\n|yes|" },
	{ MIXED "never", "\n|never|" },
};

static const struct row raw[] = {
	{ "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc\r\n\r\n", "a=bc\n\n|" },
	{ "Content-Transfer-Encoding: base64\r\n\r\nYQ0KYg0NCg==\r\n", "a\nb\r\n|" },
	{ HTML "<p>\xe4&amp;</p>", "<p>\xe4&amp;</p>|" },
	{ MIXED "pre\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: image/png\r\n\r\nno\r\n--b\r\n"
		"Content-Type: text/calendar\r\n\r\nno\r\n--b\r\nContent-Type: "
		"message/delivery-status\r\n\r\ntwo\r\n--b\r\nContent-Type: text/x\r\n\r\n"
		"three\r\n--b--\r\n",
	  "one|two|three|" },
};

static const struct row headers[] = {
	{ "A: b\r\n\r\nx", "A: b\r\n\r\n|" },
	{ MIXED "--b\r\nA: b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n", MIXED "|A: b\r\n\r\n|\r\n|" },
};

static void put_pieces(const struct body *b, enum body_kind kind, struct out *o)
{
	for (uint32_t i = 0; i < b->pieces[kind].count; i++) {
		out_str(o, body_piece(&b->pieces[kind], i));
		out_char(o, '|');
	}
}

static size_t header_length(struct str message)
{
	for (size_t i = 0; i < message.n; i++)
		if (str_starts(str_from(message, i), STR("\r\n\r\n")))
			return i + 4;
	return 2;
}

static void read_message(struct charsets *charsets, enum body_kind kind, struct str message,
			 size_t piece, struct out *o)
{
	const size_t n = str_starts(message, STR("\r\n")) ? 2 : header_length(message);
	struct body b = { .wanted = 1u << kind };
	struct text t = { .body = &b };
	struct str rest = str_from(message, n);
	struct reader r = { 0 };

	reader_begin(&r, &t, charsets, str_head(message, n));
	while (rest.n)
		reader_feed(&r, str_take(&rest, piece));
	reader_finish(&r);
	put_pieces(&b, kind, o);
	for (unsigned other = 0; other < BODY_KINDS; other++)
		assert_true(other == kind || b.pieces[other].n == 0);
	reader_free(&r);
	text_free(&t);
	body_free(&b);
}

static void check(enum body_kind kind, const struct row *rows, size_t n)
{
	struct charsets *charsets = charsets_new();
	char bytes[1024];

	for (size_t i = 0; i < n; i++) {
		const struct str message = str_z(rows[i].message);

		for (size_t piece = message.n; piece > 0; piece--) {
			struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };

			read_message(charsets, kind, message, piece, &o);
			bytes[o.n] = '\0';
			if (strcmp(bytes, rows[i].expect) != 0)
				fail_msg("%s in pieces of %zu:\n%s\n---\n%s", rows[i].message,
					 piece, bytes, rows[i].expect);
		}
	}
	charsets_free(charsets);
}

static void text_as_rules_see_it(void **state)
{
	(void)state;
	check(BODY_RENDERED, rendered, COUNTOF(rendered));
}

static void bytes_as_rules_see_them(void **state)
{
	(void)state;
	check(BODY_RAW, raw, COUNTOF(raw));
}

static void header_sections_of_parts(void **state)
{
	(void)state;
	check(BODY_HEADERS, headers, COUNTOF(headers));
}

/* So many bytes of `unit`, again and again. */
static struct str many(char *bytes, size_t n, const char *unit)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = unit[i % strlen(unit)];
	return (struct str){ .p = bytes, .n = n };
}

static void long_lines_are_cut_at_spaces(void **state)
{
	static char bytes[ROOM];
	struct body b = { .wanted = 1u << BODY_RENDERED };
	const struct body_pieces *p = &b.pieces[BODY_RENDERED];

	(void)state;
	body_begin_text(&b, false);
	body_text(&b, many(bytes, 5000, "0123456 "));
	body_text(&b, STR("\n\n"));
	body_text(&b, many(bytes, 3000, "x"));
	body_end(&b);
	assert_int_equal(p->count, 5);
	assert_int_equal(body_piece(p, 0).n, 2048);
	assert_int_equal(body_piece(p, 2).n, 5000 - 2 * 2048 + 1);
	assert_int_equal(body_piece(p, 3).n, 2048);
	assert_int_equal(body_piece(p, 4).n, 3000 - 2048);
	body_free(&b);
}

static void raw_bytes_are_cut_at_line_ends(void **state)
{
	static char bytes[ROOM];
	struct body b = { .wanted = 1u << BODY_RAW };
	const struct body_pieces *p = &b.pieces[BODY_RAW];

	(void)state;
	body_begin_raw(&b);
	body_raw(&b, many(bytes, 4096, "x"));
	body_end_raw(&b);
	body_begin_raw(&b);
	body_raw(&b, many(bytes, 5000, "012345678\n"));
	body_end_raw(&b);
	body_begin_raw(&b);
	body_raw(&b, many(bytes, 5000, "x"));
	body_end_raw(&b);
	assert_int_equal(p->count, 5);
	assert_int_equal(body_piece(p, 0).n, 4096);
	assert_int_equal(body_piece(p, 1).n, 2050);
	assert_int_equal(body_piece(p, 2).n, 5000 - 2050);
	assert_int_equal(body_piece(p, 3).n, 2049);
	body_free(&b);
}

static void all_of_it_is_bounded(void **state)
{
	struct body b = { .wanted = ~0u };
	char header[1000];

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		body_header(&b, many(header, sizeof(header), "a: b\r\n"));
		body_part(&b);
		body_begin_text(&b, false);
		body_begin_raw(&b);
		for (unsigned k = 0; k < 100; k++) {
			body_text(&b, STR("some text\n\n"));
			body_raw(&b, STR("some text\n\n"));
		}
		body_end_text(&b);
		body_end_raw(&b);
	}
	body_end(&b);
	assert_true(b.cut);
	for (unsigned kind = 0; kind < BODY_KINDS; kind++) {
		const struct body_pieces *p = &b.pieces[kind];

		assert_true(p->n <= LIMIT_PATTERN_VIEW && p->count <= LIMIT_TEXT_PARAGRAPHS);
		assert_int_equal(p->ends[p->count - 1], p->n);
		assert_int_equal(p->bytes[p->n], 0);
	}
	assert_true(b.pieces[BODY_HEADERS].count <= LIMIT_PATTERN_PARTS);
	body_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_as_rules_see_it),
		cmocka_unit_test(bytes_as_rules_see_them),
		cmocka_unit_test(header_sections_of_parts),
		cmocka_unit_test(long_lines_are_cut_at_spaces),
		cmocka_unit_test(raw_bytes_are_cut_at_line_ends),
		cmocka_unit_test(all_of_it_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
