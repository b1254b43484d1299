/* protocol/text.h: the end of data, bare newlines and dot-unstuffing, in every split. */
#include "protocol/text.h"

#include "base/check.h"
#include "base/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct result {
	char bytes[512];
	struct out out;
	bool bare, nul, end, dots;
	size_t used;
};

/* Feeds the input in pieces that end at the two cuts. */
static void run(struct result *r, struct str input, enum bare_newline bare, const size_t cuts[2])
{
	struct text_scan t;
	size_t at = 0;

	r->out = OUT(r->bytes);
	text_begin(&t, TEXT_DATA, bare);
	while (at < input.n && t.at != TEXT_END) {
		const size_t to = at < cuts[0] ? cuts[0] : at < cuts[1] ? cuts[1] : input.n;
		struct str piece = str_from(str_head(input, to), at), keep;

		at += text_scan(&t, piece, &keep);
		out_str(&r->out, keep);
	}
	r->bare = t.bare_seen;
	r->nul = t.nul_seen;
	r->dots = t.dots;
	r->end = t.at == TEXT_END;
	r->used = at;
}

struct text_case {
	struct str input, keep;
	bool bare, end;
	size_t rest; /* bytes behind the end of data */
};

static const struct text_case cases[] = {
	{ STR_INIT(".\r\n"), STR_INIT(""), false, true, 0 },
	{ STR_INIT("a\r\n.\r\n"), STR_INIT("a\r\n"), false, true, 0 },
	{ STR_INIT("a\r\n.\r\nQUIT\r\n"), STR_INIT("a\r\n"), false, true, 6 },
	{ STR_INIT("..a\r\n.b\r\n...\r\n.\r\n"), STR_INIT(".a\r\nb\r\n..\r\n"), false, true, 0 },
	{ STR_INIT("0123456789abcd\r\n0123456789abcdef0123456789abcd\r\n.\r\n"),
	  STR_INIT("0123456789abcd\r\n0123456789abcdef0123456789abcd\r\n"), false, true, 0 },
	{ STR_INIT("0123456789abcde\r\n.\r\n0123456789abcde"), STR_INIT("0123456789abcde\r\n"),
	  false, true, 15 },
	{ STR_INIT("0123456789abcdef0123456789abcde\r\n..x\r\n.\r\n"),
	  STR_INIT("0123456789abcdef0123456789abcde\r\n.x\r\n"), false, true, 0 },
	/* smuggling: none of these ends the data */
	{ STR_INIT("a\n.\r\n"), STR_INIT("a .\r\n"), true, false, 0 },
	{ STR_INIT("a\r\n.\n"), STR_INIT("a\r\n"), true, false, 0 },
	{ STR_INIT("a\n.\nb"), STR_INIT("a . b"), true, false, 0 },
	{ STR_INIT("a\r.\r\nb"), STR_INIT("a .\r\nb"), true, false, 0 },
	{ STR_INIT("a\r\n.\rb"), STR_INIT("a\r\n b"), true, false, 0 },
	{ STR_INIT("a\r\r\n.\r\n"), STR_INIT("a \r\n"), true, true, 0 },
	{ STR_INIT("a\r\n.\r\r\nb"), STR_INIT("a\r\n \r\nb"), true, false, 0 },
	{ STR_INIT("a\n\n.\r\nb"), STR_INIT("a\r\n .\r\nb"), true, false, 0 },
	{ STR_INIT("a\nb\r\n.\r\n"), STR_INIT("a\r\nb\r\n"), true, true, 0 },
	{ STR_INIT("0123456789abcdef\n.\r\n0123456789abcdef"),
	  STR_INIT("0123456789abcdef .\r\n0123456789abcdef"), true, false, 0 },
	{ STR_INIT("0123456789abcde\r.\r\n0123456789abcdef"),
	  STR_INIT("0123456789abcde .\r\n0123456789abcdef"), true, false, 0 },
};

static void every_split_gives_the_same(void **state)
{
	struct result r;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct text_case *c = &cases[i];

		for (size_t a = 0; a <= c->input.n; a++) {
			for (size_t b = a; b <= c->input.n; b++) {
				run(&r, c->input, BARE_NORMALIZE, (const size_t[2]){ a, b });
				assert_int_equal(r.end, c->end);
				assert_int_equal(r.bare, c->bare);
				assert_int_equal(r.used, c->input.n - c->rest);
				if (!str_eq(out_text(&r.out), c->keep))
					fail_msg("case %zu cuts %zu %zu: \"" STR_FMT "\"", i, a, b,
						 STR_ARG(out_text(&r.out)));
			}
		}
	}
}

static void check_clean(const struct result *r)
{
	for (size_t i = 0; i < r->out.n; i++) {
		if (r->bytes[i] == '\n')
			assert_true(i > 0 && r->bytes[i - 1] == '\r');
		if (r->bytes[i] == '\r')
			assert_true(i + 1 < r->out.n && r->bytes[i + 1] == '\n');
		if (r->bytes[i] == '.' && (i == 0 || r->bytes[i - 1] == '\n'))
			assert_true(r->dots);
	}
}

/* Any input: what is kept, dot-stuffed and sent again, ends where it ended and holds no bare newline; and
 * where it needs no dot-stuffing that is known. */
static void what_is_kept_is_clean(void **state)
{
	static const char *const pieces[] = {
		"\r", "\n", ".", "a", "\r\n", "\r\n..", "\r\n.a", "0123456789abcdef0123456789"
	};
	uint32_t seed = 12345;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		const unsigned kinds = round % 2 ? 4 : COUNTOF(pieces);
		char input[120];
		struct out o = OUT(input);
		struct result r;

		do {
			seed = seed * 1664525u + 1013904223u;
			out_str(&o, str_z(pieces[(seed >> 16) % kinds]));
		} while (!o.full && (seed >> 24) % 16);
		if (o.n == 0)
			continue;
		run(&r, out_text(&o), BARE_NORMALIZE, (const size_t[2]){ o.n, o.n });
		check_clean(&r);
	}
}

static void dots_are_known(void **state)
{
	struct result r;

	(void)state;
	run(&r, STR("a.\r\n.b\r\n.\r\n"), BARE_REJECT, (const size_t[2]){ 0, 0 });
	assert_false(r.dots);
	run(&r, STR("a\r\n..b\r\n.\r\n"), BARE_REJECT, (const size_t[2]){ 0, 0 });
	assert_true(r.dots);
}

/* Wherever it stands, and not one that stands behind the end. */
static void a_nul_is_seen(void **state)
{
	static const char text[] =
		"Subject: one line\r\n\r\n0123456789abcdef0123456789abcdef01234567"
		"\r\n..dots\r\n.\r\n0123456789abcdef0123456789abcdef";
	const size_t end = (size_t)(strstr(text, "\r\n.\r\n") - text);
	struct result r;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		char bytes[sizeof(text)];

		if (i > end && i < end + 5)
			continue; /* that would be another end */
		memcpy(bytes, text, sizeof(text));
		bytes[i] = '\0';
		for (size_t cut = 0; cut + 1 < sizeof(text); cut++) {
			run(&r, (struct str){ .p = bytes, .n = sizeof(text) - 1 }, BARE_REJECT,
			    (const size_t[2]){ cut, cut });
			assert_int_equal(r.nul, i <= end);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_split_gives_the_same),
		cmocka_unit_test(what_is_kept_is_clean),
		cmocka_unit_test(dots_are_known),
		cmocka_unit_test(a_nul_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
