/* The filter `content`: what it finds in a message, and the text it leaves for others. */
#include "filters/content/text.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *header, *body;
	const char *found; /* symbols, with a space between */
};

#define HTML "Content-Type: text/html\r\n\r\n"
#define LONG                                                                                                         \
	"a text that is so long that it is no line beside a subject, but something else, a text that is so long "    \
	"that it is no line beside a subject, but something else, a text that is so long that it is no line beside " \
	"a subject, but something else, for somebody who counts words"

static const struct row rows[] = {
	{ "\r\n", "text", "" },
	{ "\r\n", " \r\n", "TEXT_NONE" },
	{ HTML, "text", "MIME_HTML_ONLY" },
	{ HTML, "<img src=x>", "MIME_HTML_ONLY TEXT_NONE" },
	{ HTML, "text<p style='display:none'>" LONG, "MIME_HTML_ONLY HTML_HIDDEN_TEXT" },
	{ HTML, LONG "!!<p style='display:none'>" LONG, "MIME_HTML_ONLY" },
	{ HTML, "text<p style='display:none'>some more words", "MIME_HTML_ONLY" },
	{ HTML, "P<b hidden>x</b>ay<i hidden>y</i>pa<font color=#fff>z</font>l",
	  "MIME_HTML_ONLY HTML_PARTED_WORDS" },
	{ HTML, "P<b hidden>x</b>ay<i hidden>y</i>pal", "MIME_HTML_ONLY" },
	{ HTML,
	  "P<b hidden>&nbsp;</b>a<i hidden>y</i> l <i hidden>z</i>m<br>n<b hidden>x</b><br>o<b hidden>x</b><p>p<b hidden>x</b>1",
	  "MIME_HTML_ONLY" },
	{ HTML, "<bdo dir=rtl>ereh kcilc", "MIME_HTML_ONLY TEXT_TURNED" },
	{ HTML, "<bdo dir=rtl>\xd7\x90\xd7\x91 1.", "MIME_HTML_ONLY" },
	{ "Subject: \xe2\x80\xaekcilc\r\n\r\n", "text", "TEXT_TURNED" },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
	  "--b\r\n\r\nx\r\n--b\r\n" HTML "y\r\n", "MIME_NOT_CLOSED" },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
	  "--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n", "TEXT_NONE" },
	{ "Content-Type: multipart/mixed\r\n\r\n", "x", "MIME_NO_BOUNDARY" },
	{ "Content-Type: message/partial; id=a; number=1\r\n\r\n", "x", "MIME_PARTIAL TEXT_NONE" },
	{ "Content-Type: message/external-body\r\n\r\n", "x", "MIME_EXTERNAL TEXT_NONE" },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "x", "MIME_NO_PARTS" },
};

static const char *const symbols[] = {
	"MIME_LIMIT_PARTS",  "MIME_LIMIT_DEPTH", "MIME_LIMIT_HEADER", "MIME_LIMIT_LINES",
	"MIME_NO_BOUNDARY",  "MIME_NO_PARTS",    "MIME_NOT_CLOSED",   "MIME_TWICE",
	"MIME_ENCODED",      "MIME_PARTIAL",     "MIME_EXTERNAL",     "MIME_HTML_ONLY",
	"TEXT_NONE",         "TEXT_LIMIT",       "TEXT_LIMIT_WORK",   "TEXT_TURNED",
	"HTML_PARTED_WORDS", "HTML_HIDDEN_TEXT",
};

static struct world *begin(struct text *text, const char *header)
{
	struct world *w = world_new("rdns { enabled = no }\nhelo { enabled = no }\ncontent { }\n");

	assert_non_null(w->set);
	*text = (struct text){ 0 };
	w->facts.text = text;
	w->facts.header = str_z(header);
	world_open(w, SCOPE_TRANSACTION);
	filter_runner_reach(w->runner, PHASE_MAIL);
	filter_runner_reach(w->runner, PHASE_HEADER);
	world_drain(w);
	return w;
}

static void finish(struct world *w)
{
	filter_runner_reach(w->runner, PHASE_END);
	world_drain(w);
}

static void what_is_found(void **state)
{
	struct text text;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *w = begin(&text, rows[i].header);
		char bytes[256];
		struct out o = OUT(bytes);

		filter_runner_body(w->runner, str_z(rows[i].body));
		finish(w);
		for (size_t k = 0; k < sizeof(symbols) / sizeof(symbols[0]); k++)
			if (world_found(w, symbols[k]))
				out_printf(&o, "%s%s", o.n ? " " : "", symbols[k]);
		out_char(&o, '\0');
		assert_string_equal(bytes, rows[i].found);
		world_free(w);
	}
}

/* What is made to take long is not read to its end, and said. */
static void tags_without_text(void **state)
{
	struct text text;
	struct world *w = begin(&text, HTML);

	(void)state;
	for (unsigned i = 0; i < LIMIT_TEXT_STEPS / 4; i++)
		filter_runner_body(w->runner, STR("<b></b>"));
	filter_runner_body(w->runner, STR("not read"));
	finish(w);
	assert_non_null(world_found(w, "TEXT_LIMIT"));
	assert_non_null(world_found(w, "TEXT_LIMIT_WORK"));
	world_free(w);
}

static void the_text_lives_as_long_as_the_scope(void **state)
{
	struct text text;
	struct world *w = begin(&text, "Subject: =?utf-8?Q?one?=\r\n\r\n");

	(void)state;
	filter_runner_body(w->runner, STR("tw"));
	filter_runner_body(w->runner, STR("o\r\n"));
	finish(w);
	assert_int_equal(text.count, 2);
	assert_true(str_eq(text_paragraph(&text, 0), STR("one")));
	assert_true(str_eq(text_paragraph(&text, 1), STR("two")));
	world_free(w);
	assert_null(text.bytes);
}

static void given_up_in_the_body(void **state)
{
	struct text text;
	struct world *w = begin(&text, "Content-Type: text/html; charset=koi8-r\r\n\r\n");

	(void)state;
	filter_runner_body(w->runner, STR("<p>some text<a href=x>\xc1"));
	filter_runner_cancel(w->runner);
	assert_null(text.bytes);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_found),
		cmocka_unit_test(tags_without_text),
		cmocka_unit_test(the_text_lives_as_long_as_the_scope),
		cmocka_unit_test(given_up_in_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
