/* filters/content/reader.h: what a message says to whoever reads it, however its bytes are cut. */
#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"
#include "filters/content/reader.h"
#include "mail/header.h"
#include "unit/often.h"

#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROOM = 1 << 16 };

struct row {
	const char *message;
	const char *text; /* a line a paragraph or reference */
};

#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
#define TIMES_4(S)  S S S S
#define TIMES_32(S)                                                                                \
	TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S)
#define HTML "Content-Type: text/html; charset=utf-8\r\n\r\n"

static const struct row rows[] = {
#include "reader_rows.def"
};

static void put_text(const struct text *t, struct out *o)
{
	static const char letters[][4] = { "S", "Ppp", "HhX", ".A" };

	for (uint32_t i = 0; i < t->count; i++)
		out_printf(o, "%c " STR_FMT "\n",
			   letters[t->paragraphs[i].source][t->paragraphs[i].sight],
			   STR_ARG(text_paragraph(t, i)));
	for (uint32_t i = 0; i < t->link_count; i++) {
		const struct text_link *l = &t->links[i];

		assert_true(l->from <= l->to && l->to <= t->n);
		out_printf(o, "%c " STR_FMT " (%.*s)\n", "LIFB"[l->kind],
			   STR_ARG(text_reference(t, i)), (int)(l->to - l->from),
			   t -> bytes ? t -> bytes + l -> from : "");
	}
}

static void read_message(struct charsets *charsets, struct str message, size_t piece, struct out *o)
{
	const size_t n = header_length(message);
	struct str rest = str_from(message, n);
	struct reader r = { 0 };
	struct text t = { 0 };

	reader_begin(&r, &t, charsets, str_head(message, n));
	while (rest.n)
		reader_feed(&r, str_take(&rest, piece));
	reader_finish(&r);
	put_text(&t, o);
	reader_free(&r);
	text_free(&t);
}

static void rows_in_pieces(void **state)
{
	struct charsets *charsets = charsets_new();
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct str message = str_z(rows[i].message);

		for (size_t piece = message.n; piece > 0; piece--) {
			o.n = 0;
			read_message(charsets, message, piece, &o);
			out_char(&o, '\0');
			if (strcmp(o.p, rows[i].text) != 0)
				fail_msg("%s in pieces of %zu:\n%s---\n%s", rows[i].message, piece,
					 o.p, rows[i].text);
		}
	}
	mem_free(o.p);
	charsets_free(charsets);
}

/* Given up in mid-message: nothing is left behind. */
static void given_up(void **state)
{
	struct charsets *charsets = charsets_new();

	(void)state;
	for (size_t n = 0; n < 66; n++) {
		struct reader r = { 0 };
		struct text t = { 0 };

		reader_begin(&r, &t, charsets, STR("Content-Type: text/html; charset=gbk\r\n\r\n"));
		reader_feed(&r, str_head(STR("<a href=x style='display:none'>h&amp;\xc4\xe3\xc4"
					     "<b></a><!--[if mso]><b><!"),
					 n));
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

/* Of a sheet that is too long not all is known: what has a class may have any colour. */
static void sheets_are_bounded(void **state)
{
	struct charsets *charsets = charsets_new();
	char bytes[64];

	(void)state;
	for (unsigned rules = SHEET_ROWS - 64; rules <= SHEET_ROWS + 64; rules += 128) {
		struct reader r = { 0 };
		struct text t = { 0 };

		reader_begin(&r, &t, charsets, STR("Content-Type: text/html\r\n\r\n"));
		reader_feed(&r, STR("<style>"));
		for (unsigned i = 0; i < rules; i++) {
			struct out o = OUT(bytes);

			out_printf(&o, ".c%u{color:red}", i * 77);
			reader_feed(&r, out_text(&o));
		}
		reader_feed(&r, STR("</style><p class=x style='color:#fff'>text"));
		reader_finish(&r);
		assert_int_equal(t.count, 1);
		assert_int_equal(t.paragraphs[0].sight,
				 rules < SHEET_ROWS ? TEXT_HIDDEN : TEXT_SHOWN);
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

static void text_is_bounded(void **state)
{
	struct charsets *charsets = charsets_new();
	struct reader r = { 0 };
	struct text t = { 0 };
	uint32_t total = 0;

	(void)state;
	reader_begin(&r, &t, charsets, STR("Content-Type: text/html\r\n\r\n"));
	for (unsigned i = 0; i < 100000; i++)
		reader_feed(
			&r,
			STR("<p>text<a href=reference>text</a><b style=display:none>hidden</b>"));
	reader_finish(&r);
	assert_true(t.cut);
	assert_true(t.n <= LIMIT_TEXT && t.references_n <= LIMIT_TEXT_REFERENCES &&
		    t.link_count <= LIMIT_TEXT_LINKS);
	assert_true(t.count <= LIMIT_TEXT_PARAGRAPHS);
	for (uint32_t i = 0; i < t.count; i++) {
		assert_true(t.paragraphs[i].n > 0 && t.paragraphs[i].at == total);
		total += t.paragraphs[i].n;
	}
	assert_int_equal(total, t.n);
	reader_free(&r);
	text_free(&t);
	charsets_free(charsets);
}

/* A part that is made to come to a limit leaves room for those behind it. */
static void room_is_left(void **state)
{
	static const struct {
		const char *header, *again;
		bool costly;
	} heads[] = {
		{ "--b\r\n\r\n", "a word and another one ", false },
		{ "--b\r\n\r\n", "a\r\n\r\n", false },
		{ "--b\r\n\r\n", " \t", true },
		{ "--b\r\n\r\n", "\xe2\x80\x8b", true },
		{ "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "=\r\n=\r\n",
		  true },
		{ "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", "!!!!!!!!!!!!!!!!!!", true },
		{ "--b\r\n" HTML, "</x></p>", true },
		{ "--b\r\n" HTML, "<br>", true },
		{ "--b\r\n" HTML, "<!---->", true },
		{ "--b\r\n" HTML, "<p hidden>", true },
		{ "--b\r\n" HTML "<b><td><i><i><i><i><i><i><i><i><i><i>", "</b>", true },
		{ "--b\r\n" HTML, "<b style=a;a;a;a;a;a;a;a;a;a;a;a;a;a a a a a a a a>", true },
		{ "--b\r\n" HTML, "<style>a{color:red}</style><b class='a a a a a a a a a a'>",
		  true },
	};
	struct charsets *charsets = charsets_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(heads); i += often(1, 3)) {
		struct reader r = { 0 };
		struct text t = { 0 };

		reader_begin(&r, &t, charsets, STR(ALTERNATIVE));
		for (unsigned part = 0; part < 3; part++) {
			reader_feed(&r, str_z(heads[i].header));
			for (unsigned k = 0; k < LIMIT_TEXT; k++)
				reader_feed(&r, str_z(heads[i].again));
			assert_true(t.cut && t.costly == heads[i].costly);
			reader_feed(&r, STR("\r\n"));
		}
		reader_feed(&r, STR("--b\r\n" HTML "behind <a href=x>them</a>\r\n--b--\r\n"));
		reader_finish(&r);
		assert_true(t.steps <= LIMIT_TEXT_STEPS && t.n <= LIMIT_TEXT);
		assert_true(str_eq(text_paragraph(&t, t.count - 1), STR("behind them")));
		assert_int_equal(t.paragraphs[t.count - 1].sight, TEXT_SHOWN);
		assert_int_equal(t.link_count, 1);
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

/* Messages that are read by a reader of their own have no more parts than the mail that they are in. */
static void parts_within_count(void **state)
{
	enum { EACH = LIMIT_MIME_PARTS / 4 };
	const struct str more = STR("--c\r\n\r\n");
	struct charsets *charsets = charsets_new();

	(void)state;
	for (unsigned files = 3; files <= 5; files += 2) {
		struct reader r = { 0 };
		struct text t = { 0 };

		reader_begin(&r, &t, charsets, STR(ALTERNATIVE));
		for (unsigned i = 0; i < files; i++) {
			reader_feed(&r, STR("--b\r\nContent-Type: a/b; name=a.eml\r\n\r\n"
					    "Content-Type: multipart/mixed; boundary=c\r\n\r\n"));
			for (unsigned k = 0; k < EACH; k++)
				reader_feed(&r, more);
			reader_feed(&r, STR("\r\n"));
		}
		reader_finish(&r);
		assert_int_equal(!!(r.mime.problems & 1u << MIME_LIMIT_PARTS), files == 5);
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

/* A message in base64, of the text in it or of another such message. */
static void put_encoded(struct out *o, unsigned levels)
{
	static const char header[] =
		"Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\n";
	char inner[4096];
	struct out in = OUT(inner);

	if (levels == 0) {
		out_str(o, STR("\r\ninnermost"));
		return;
	}
	put_encoded(&in, levels - 1);
	out_str(o, str_z(header));
	o->n += (size_t)EVP_EncodeBlock((unsigned char *)o->p + o->n, (unsigned char *)inner,
					(int)in.n);
}

static void messages_within_messages(void **state)
{
	struct charsets *charsets = charsets_new();
	char bytes[8192];

	(void)state;
	for (unsigned levels = 1; levels <= LIMIT_MIME_MESSAGES + 2; levels++) {
		const bool opened = levels <= LIMIT_MIME_MESSAGES;
		struct out o = OUT(bytes);
		struct reader r = { 0 };
		struct text t = { 0 };

		put_encoded(&o, levels);
		reader_begin(&r, &t, charsets, str_head(out_text(&o), header_length(out_text(&o))));
		reader_feed(&r, str_from(out_text(&o), header_length(out_text(&o))));
		reader_finish(&r);
		assert_int_equal(t.count, opened);
		assert_int_equal(!(r.mime.problems & 1u << MIME_LIMIT_DEPTH), opened);
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

/* Files in encodings that are dear are decoded so far; the parts are told apart, and text is read. */
static void decoding_is_bounded(void **state)
{
	enum { TIMES = LIMIT_DECODING / 4096 };
	static const struct {
		const char *header, *line;
	} files[] = {
		{ "Content-Type: a/b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
		  "=41=\r\n" },
		{ "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n", "A\r\n" },
		{ "Content-Type: text/plain\r\n\r\n=ybegin size=9 name=a\r\n", "=ab\r\n" },
		{ "Content-Type: text/plain\r\n\r\nbegin 644 a\r\n", "!AA\r\n" },
	};
	struct charsets *charsets = charsets_new();
	char bytes[4096 + 8];

	(void)state;
	for (size_t i = 0; i < COUNTOF(files); i++) {
		struct attachments all;
		struct reader r = { .intake.all = &all };
		struct text t = { 0 };
		struct out piece = OUT(bytes);

		attachments_init(&all);
		while (piece.n < 4096)
			out_str(&piece, str_z(files[i].line));
		reader_begin(&r, &t, charsets, STR(ALTERNATIVE));
		reader_feed(&r, STR("--b\r\n"));
		reader_feed(&r, str_z(files[i].header));
		for (unsigned k = 0; k < TIMES; k++)
			reader_feed(&r, out_text(&piece));
		reader_feed(&r, STR("\r\n--b\r\n\r\nbehind it\r\n--b--\r\n"));
		reader_finish(&r);
		assert_true(all.cut && all.count == 1);
		assert_true(all.first->size > TIMES * 128 && all.first->size < TIMES * 600);
		assert_true(str_eq(text_paragraph(&t, t.count - 1), STR("behind it")));
		reader_free(&r);
		text_free(&t);
		attachments_free(&all);
	}
	charsets_free(charsets);
}

/* What bytes within a tag or a sheet cost is counted, however few tags there are. */
static void work_is_counted(void **state)
{
	enum { AGAIN = 1000 };
	static const struct {
		const char *head, *again, *tail;
		unsigned steps; /* at least, for each time */
	} works[] = {
		{ "<p style='background:zz", " zzz", "'>", 1 },
		{ "<style>a{background:zz", " zzz", "}</style>", 1 },
		{ "<p style='", "color:a;", "'>", 2 },
		{ "<p style='", "a;", "'>", 2 },
		{ "<p style='", "(", "'>", 1 },
		{ "<p style='\\", "////////", "'>", 1 },
		{ "<font", " color=a", ">", 4 },
		{ "<img alt='", "&amp;", "'>", 2 },
		{ "<form action='", "&amp;", "'>", 2 },
		{ "<img srcset='", ",", "'>", 1 },
		{ "<meta content='", "=", "'>", 1 },
		{ "<style>", "a,", "{color:red}</style>", 3 },
		{ "<style>", "a{}", "</style>", 3 },
		{ "<style>\\", "////////", "</style>", 1 },
		{ "<style>a{color:red}</style><p class='", "aaaaaaaa", "'>", 2 },
		{ "<", "aaaaaaaa", ">", 1 },
		{ "<p ", "        ", ">", 1 },
		{ "<p ", "a='' ", ">", 3 },
	};
	struct charsets *charsets = charsets_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(works); i++) {
		struct reader r = { 0 };
		struct text t = { 0 };

		reader_begin(&r, &t, charsets, STR(HTML));
		reader_feed(&r, str_z(works[i].head));
		for (unsigned k = 0; k < AGAIN; k++)
			reader_feed(&r, str_z(works[i].again));
		reader_feed(&r, str_z(works[i].tail));
		reader_finish(&r);
		assert_true(t.steps >= AGAIN * works[i].steps && !t.cut);
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_in_pieces),           cmocka_unit_test(given_up),
		cmocka_unit_test(sheets_are_bounded),       cmocka_unit_test(text_is_bounded),
		cmocka_unit_test(parts_within_count),       cmocka_unit_test(room_is_left),
		cmocka_unit_test(work_is_counted),          cmocka_unit_test(decoding_is_bounded),
		cmocka_unit_test(messages_within_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
