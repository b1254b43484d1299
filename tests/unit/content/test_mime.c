/* filters/content/mime.h: the parts of a message, well-formed and not, however its bytes are cut. */
#include "trace.h"

#include "base/check.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 16 };

#define MIXED       "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define PROBLEM(ID) (1u << MIME_##ID)

struct row {
	const char *message, *trace;
	unsigned problems;
};

static const struct row rows[] = {
	/* no parts */
	{ "\r\nHello\r\n", "[text/plain Hello\r\n]", 0 },
	{ "Subject: x\r\n", "[text/plain ]", 0 },
	{ "Content-Type: image/png\r\n\r\n--b\r\n", "[image/png --b\r\n]", 0 },
	{ "Content-Type: text\r\n\r\nx", "[text/plain x]", 0 },
	{ "Content-Type: (a (b) c) TEXT (x) / Html; charset=x\r\n\r\nx", "[TEXT/Html x]", 0 },

	/* RFC 2046 5.1.1: the line end before a boundary belongs to it; preamble and epilogue are not shown */
	{ MIXED "pre\r\n--b\r\n\r\none\r\n--b\r\n\r\n\r\ntwo\r\n\r\n--b--\r\nepilogue\r\n",
	  "[multipart/mixed pre[text/plain one][text/plain \r\ntwo\r\n]]", 0 },
	{ MIXED "--b\r\nContent-Type: text/html\r\n\r\n--b--", "[multipart/mixed [text/html ]]",
	  0 },
	{ MIXED "--b \t\r\n\r\none\r\n--b--\t\r\n", "[multipart/mixed [text/plain one]]", 0 },
	{ MIXED "--b\r\n\r\n-\r\n--\r\n---b\r\n--c\r\n--bb\r\n --b\r\n-- b\r\n--b--x\r\n--b--\r\n",
	  "[multipart/mixed [text/plain -\r\n--\r\n---b\r\n--c\r\n--bb\r\n --b\r\n-- b\r\n--b--x]]",
	  0 },
	{ MIXED "--b\r\n\r\n\r\n\n\r\r\n\r-\r\n--b--",
	  "[multipart/mixed [text/plain \r\n\n\r\r\n\r-]]", 0 },
	/* bare line feeds separate as well */
	{ MIXED "--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\n",
	  "[multipart/mixed [text/plain one][text/html two]]", 0 },

	/* the boundary's value */
	{ "Content-Type: multipart/mixed; boundary=\"a b;\\\"c \"\r\n\r\n--a b;\"c\r\n\r\nx\r\n--a b;\"c--\r\n",
	  "[multipart/mixed [text/plain x]]", 0 },
	{ "Content-Type: multipart/mixed\r\n\tboundary=\"b\"\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
	  "[multipart/mixed [text/plain x]]", 0 },
	{ "Content-Type: multipart/mixed; boundary*0=\"a\"; boundary*1*=%62\r\n\r\n--ab\r\n\r\nx\r\n--ab--\r\n",
	  "[multipart/mixed [text/plain x]]", 0 },
	{ "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
	  "[text/plain --b\r\n\r\nx\r\n--b--\r\n]", PROBLEM(NO_BOUNDARY) },
	{ "Content-Type: multipart/mixed; boundary=\"  \"\r\n\r\nx", "[text/plain x]",
	  PROBLEM(NO_BOUNDARY) },
	{ "Content-Disposition: inline\r\nContent-Disposition: inline\r\n\r\nx", "[text/plain x]",
	  PROBLEM(TWICE) },
	{ "Content-Type: multipart/mixed; boundary=b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
	  "--c\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n",
	  "[multipart/mixed --c\r\n\r\nx[text/plain y]]", PROBLEM(TWICE) },

	/* multiparts that never begin, never end */
	{ MIXED "body\r\n", "[multipart/mixed body\r\n]", PROBLEM(NO_PARTS) },
	{ MIXED "--b--\r\nbody\r\n", "[multipart/mixed ]", 0 },
	{ MIXED "--b\r\n\r\none\r\n", "[multipart/mixed [text/plain one\r\n]]",
	  PROBLEM(NOT_CLOSED) },
	{ MIXED "--b\r\n\r\none\r\n--b", "[multipart/mixed [text/plain one]]",
	  PROBLEM(NOT_CLOSED) },
	{ MIXED "--b\r\n\r\none\r\n--b-", "[multipart/mixed [text/plain one\r\n--b-]]",
	  PROBLEM(NOT_CLOSED) },
	{ MIXED "--b\r\n\r\none\r\n--b--\r\n\r\n--b\r\n\r\ntwo\r\n",
	  "[multipart/mixed [text/plain one]]", 0 },

	/* header sections of parts */
	{ MIXED "--b\r\n--b\r\n\r\none\r\n--b--\r\n", "[multipart/mixed [text/plain one]]", 0 },
	{ MIXED "--b\r\nContent-Type: text/html\r\n--b\r\n\r\none\r\n--b--\r\n",
	  "[multipart/mixed [text/html ][text/plain one]]", 0 },
	{ MIXED "--b\r\nno field, but text\r\nof two lines\r\n--b--\r\n",
	  "[multipart/mixed [text/plain no field, but text\r\nof two lines\r\n]]", 0 },
	{ MIXED "--b\r\nnonsense\r\nContent-Type:\r\n text/html\r\n\r\none\r\n--b--\r\n",
	  "[multipart/mixed [text/html one]]", 0 },

	/* parts within parts */
	{ MIXED
	  "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c\r\n"
	  "Content-Type: text/html\r\n\r\ntwo\r\n--c--\r\nignored\r\n--b\r\n\r\nthree\r\n--b--\r\n",
	  "[multipart/mixed [multipart/alternative [text/plain one][text/html two]][text/plain three]]",
	  0 },
	{ MIXED
	  "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n--b--\r\n",
	  "[multipart/mixed [multipart/mixed [text/plain one]]]", PROBLEM(NOT_CLOSED) },
	/* the innermost of those that fit; a longer one is another */
	{ MIXED
	  "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n--b--\r\n",
	  "[multipart/mixed [multipart/mixed [text/plain one]]]", 0 },
	{ MIXED
	  "--b\r\nContent-Type: multipart/mixed; boundary=\"b--\"\r\n\r\n--b--\r\n\r\none\r\n--b----\r\n--b--\r\n",
	  "[multipart/mixed [multipart/mixed [text/plain one]]]", 0 },
	{ MIXED
	  "--b\r\nContent-Type: multipart/mixed; boundary=bc\r\n\r\n--bc\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
	  "[multipart/mixed [multipart/mixed [text/plain one]][text/plain two]]",
	  PROBLEM(NOT_CLOSED) },

	/* messages within */
	{ "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\none\r\n",
	  "[message/rfc822 [text/plain one\r\n]]", 0 },
	{ MIXED
	  "--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/html\r\n\r\none\r\n--b--\r\n",
	  "[multipart/mixed [message/rfc822 [text/html one]]]", 0 },
	{ MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\nthis is none\r\n--b--\r\n",
	  "[multipart/mixed [message/rfc822 [text/plain this is none\r\n]]]", 0 },
	{ MIXED
	  "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n",
	  "[multipart/mixed [message/rfc822 AAAA]]", 0 },
	{ "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\none\r\n--b\r\n"
	  "Content-Type: text/html\r\n\r\ntwo\r\n--b--\r\n",
	  "[multipart/digest [message/rfc822 [text/plain one]][text/html two]]", 0 },
	{ "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	  "--b\r\n\r\none\r\n--b--\r\n",
	  "[multipart/mixed [text/plain one]]", PROBLEM(ENCODED) },
};

static void expect(const struct row *row, struct out *o, unsigned problems)
{
	out_char(o, '\0');
	assert_string_equal(o->p, row->trace);
	assert_int_equal(problems, row->problems);
	o->n = 0;
}

static void rows_in_all_pieces(void **state)
{
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct str message = str_z(rows[i].message);

		expect(&rows[i], &o, trace_message(message, message.n + 1, &o));
		for (size_t piece = 1; piece < 5; piece++)
			expect(&rows[i], &o, trace_message(message, piece, &o));
		for (size_t at = 1; at < message.n; at++)
			expect(&rows[i], &o, trace_split(message, at, &o));
	}
	mem_free(o.p);
}

/* ---- limits ---- */

struct counts {
	unsigned parts, ends, deepest, pieces;
	size_t bytes;
};

static void count_begin(void *ctx, const struct mime_part *part, const struct entity *e)
{
	struct counts *c = ctx;

	(void)e;
	assert_int_equal(part->number, c->parts);
	assert_true(part->number == 0 || part->parent < part->number);
	c->parts++;
	if (part->depth > c->deepest)
		c->deepest = part->depth;
}

static void count_bytes(void *ctx, const struct mime_part *part, struct str bytes)
{
	struct counts *c = ctx;

	(void)part;
	c->bytes += bytes.n;
	c->pieces++;
}

static void count_end(void *ctx, const struct mime_part *part)
{
	(void)part;
	((struct counts *)ctx)->ends++;
}

/* A header section, what comes behind it, and what comes so many times behind that. */
static unsigned count(struct counts *c, struct str header, struct str lead, struct str piece,
		      unsigned times)
{
	static const struct mime_events events = { .begin = count_begin,
						   .body = count_bytes,
						   .end = count_end };
	struct mime m;
	unsigned problems;

	*c = (struct counts){ 0 };
	mime_begin(&m, &events, c, header);
	mime_feed(&m, lead);
	for (unsigned i = 0; i < times; i++)
		mime_feed(&m, piece);
	mime_finish(&m);
	problems = m.problems;
	assert_true(m.size <= 2 * (LIMIT_MIME_HEADER + 2 * LIMIT_MIME_BOUNDARY));
	mime_free(&m);
	assert_int_equal(c->parts, c->ends);
	return problems;
}

static void many_parts(void **state)
{
	const struct str part = STR("--b\r\n\r\nx\r\n"), none = { 0 };
	struct counts c;

	(void)state;
	assert_int_equal(count(&c, STR(MIXED), none, part, LIMIT_MIME_PARTS - 1),
			 PROBLEM(NOT_CLOSED));
	assert_int_equal(c.parts, LIMIT_MIME_PARTS);
	assert_int_equal(count(&c, STR(MIXED), none, part, 10 * LIMIT_MIME_PARTS),
			 PROBLEM(LIMIT_PARTS));
	assert_int_equal(c.parts, LIMIT_MIME_PARTS);
}

static void deep_parts(void **state)
{
	const struct str message = STR("Content-Type: message/rfc822\r\n\r\n"), none = { 0 };
	struct counts c;

	(void)state;
	assert_true(count(&c, STR(MIXED), none, STR("--b\r\n" MIXED), 5000) & PROBLEM(LIMIT_DEPTH));
	assert_int_equal(c.deepest, LIMIT_MIME_DEPTH);
	assert_int_equal(count(&c, message, none, message, 5000), PROBLEM(LIMIT_DEPTH));
	assert_int_equal(c.deepest, LIMIT_MIME_DEPTH);
}

/* Lines that begin as boundaries do are all held against them, in bodies and header sections. */
static void many_lines(void **state)
{
	enum { A_PIECE = 1000, PIECES = LIMIT_MIME_LINES / A_PIECE };
	const struct str lead = STR("--b\r\n\r\nx"), other = STR("--bx\r\n");
	static char bytes[A_PIECE * 6];
	struct out piece = OUT(bytes);
	struct counts c;

	(void)state;
	while (piece.n < sizeof(bytes))
		out_str(&piece, other);
	assert_int_equal(count(&c, STR(MIXED), lead, out_text(&piece), PIECES - 1),
			 PROBLEM(NOT_CLOSED));
	assert_int_equal(c.bytes, 1 + (PIECES - 1) * sizeof(bytes));
	assert_int_equal(count(&c, STR(MIXED), lead, out_text(&piece), 10 * PIECES),
			 PROBLEM(LIMIT_LINES));
	assert_true(c.bytes <= (PIECES + 1) * sizeof(bytes));
	assert_int_equal(c.parts, 2);
	assert_true(count(&c, STR(MIXED), STR("--b\r\nX: y\r\n"), out_text(&piece), 10 * PIECES) &
		    PROBLEM(LIMIT_LINES));
	assert_int_equal(c.parts, 2);
}

/* What is too long is left out up to the empty line or a boundary; what stands before it counts. */
static void long_headers(void **state)
{
	const struct str lead = STR("--b\r\n" MIXED "--b\r\nContent-Type: text/html\r\n");
	struct counts c;

	(void)state;
	assert_int_equal(
		count(&c, STR(MIXED), lead, STR("X-Long: abcdefghijklmnopqrst\r\n"), 10000),
		PROBLEM(LIMIT_HEADER) | PROBLEM(NOT_CLOSED));
	assert_int_equal(c.parts, 3);
	assert_int_equal(count(&c, STR(MIXED), lead, STR("abcdefghijklmnopqrst"), 10000),
			 PROBLEM(LIMIT_HEADER) | PROBLEM(NOT_CLOSED));
	assert_int_equal(c.parts, 3);
	assert_int_equal(c.bytes, 0);
	assert_int_equal(count(&c, STR(MIXED), STR("--b\r\n"), STR("x y z\r\n--b--\r\n"), 1), 0);
	assert_int_equal(c.bytes, 7);
}

/* Of many that are long the last ones are left out; the parts are told apart. */
static void many_headers(void **state)
{
	enum { TIMES = LIMIT_MIME_HEADERS / 60000 };
	static char bytes[61000];
	const struct str none = { 0 };
	struct out part = OUT(bytes);
	struct counts c;

	(void)state;
	out_str(&part, STR("--b\r\nX: "));
	while (part.n < 60000)
		out_char(&part, 'x');
	out_str(&part, STR("\r\n\r\n"));
	assert_int_equal(count(&c, STR(MIXED), none, out_text(&part), TIMES), PROBLEM(NOT_CLOSED));
	assert_int_equal(count(&c, STR(MIXED), none, out_text(&part), TIMES + 2),
			 PROBLEM(LIMIT_HEADER) | PROBLEM(NOT_CLOSED));
	assert_int_equal(c.parts, TIMES + 3);
}

/* Lines that begin as a boundary does and are none, as long as they like. */
static void long_lines(void **state)
{
	struct counts c;

	(void)state;
	count(&c, STR(MIXED), STR("--b\r\n\r\n"), STR("-------------"), 1);
	assert_int_equal(c.bytes, 13);
	count(&c, STR("Content-Type: multipart/mixed; boundary=\"-\"\r\n\r\n"), STR("--b\r\n"),
	      STR("------"), 100000);
	assert_int_equal(c.bytes, 600005); /* all of it preamble */
}

/* Such lines are told apart where they lie: a body comes in no more pieces for them, however many levels are open. */
static void lines_like_boundaries(void **state)
{
	static const char *const likes[] = { "-\r\n",    "--\r\n",     "--b0\r\n", "--bb\r\n",
					     "--b-\r\n", "--b1 x\r\n", "\r\n" };
	static const unsigned levels[] = { 1, 8, 9, LIMIT_MIME_DEPTH };
	static char bytes[1 << 17];

	(void)state;
	for (size_t l = 0; l < COUNTOF(levels); l++) {
		for (size_t k = 0; k < COUNTOF(likes); k++) {
			struct out lead = OUT(bytes), body;
			struct counts c;
			size_t n;

			for (unsigned i = 1; i < levels[l]; i++)
				out_printf(
					&lead,
					"--b\r\nContent-Type: multipart/mixed; boundary=b%u\r\n\r\n",
					i + 1);
			out_str(&lead, STR("--b\r\n\r\n"));
			body = (struct out){ .p = bytes + lead.n, .cap = sizeof(bytes) - lead.n };
			while (!body.full)
				out_str(&body, str_z(likes[k]));
			n = body.n;
			count(&c, STR(MIXED), out_text(&lead), out_text(&body), 1);
			assert_true(c.bytes >= n - 2 && c.bytes <= n);
			assert_in_range(c.pieces, 1, 4);
		}
	}
}

static const char *const words[] = {
	"-",
	"--",
	"--b",
	"--b\r\n",
	"--b--",
	"--c",
	"b",
	"c",
	"\r",
	"\n",
	"\r\n",
	"\r\n--",
	" ",
	"x",
	"xxxxxxxxxxxxxxx",
	"\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
};

static uint32_t put_words(struct out *o, unsigned count, uint32_t seed)
{
	for (unsigned i = 0; i < count; i++) {
		seed = seed * 1664525 + 1013904223;
		out_str(o, str_z(words[(seed >> 16) % COUNTOF(words)]));
	}
	return seed;
}

/* Lines that come a byte at a time are kept and looked at whole; those that lie in a piece, eight bytes at a time. */
static void the_same_in_any_pieces(void **state)
{
	static char message[4096], whole[ROOM], pieces[ROOM];
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		struct out o = OUT(message), a = OUT(whole), b = OUT(pieces);

		out_str(&o, STR(MIXED));
		seed = put_words(&o, 60, seed);
		assert_int_equal(trace_message(out_text(&o), o.n, &a),
				 trace_message(out_text(&o), 1 + round % 17, &b));
		assert_true(str_eq(out_text(&a), out_text(&b)));
	}
}

/* By the letter. */
static size_t lines_of(const struct boundaries *b, struct str s)
{
	size_t at = 0;
	bool closes;

	while (at < s.n) {
		const char *lf = memchr(s.p + at, '\n', s.n - at);
		struct str line = str_from(s, at);

		if (!lf)
			break;
		line.n = (size_t)(lf - line.p);
		if (str_ends(line, STR("\r")))
			line.n--;
		if (line.n == 0 ||
		    (str_starts(line, STR("--")) && boundaries_find(b, line, &closes) >= 0))
			break;
		at = (size_t)(lf - s.p) + 1;
	}
	return at;
}

static void lines_of_a_full_section(void **state)
{
	static char text[4096];
	struct boundaries b = { 0 };
	uint32_t seed = 1;

	(void)state;
	boundaries_push(&b, STR("b"));
	boundaries_push(&b, STR("c"));
	for (unsigned round = 0; round < 3000; round++) {
		struct out o = OUT(text);

		seed = put_words(&o, round % 20, seed);
		assert_int_equal(boundaries_lines(&b, out_text(&o)), lines_of(&b, out_text(&o)));
	}
	boundaries_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_in_all_pieces),
		cmocka_unit_test(many_parts),
		cmocka_unit_test(many_lines),
		cmocka_unit_test(deep_parts),
		cmocka_unit_test(long_headers),
		cmocka_unit_test(many_headers),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(lines_like_boundaries),
		cmocka_unit_test(the_same_in_any_pieces),
		cmocka_unit_test(lines_of_a_full_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
