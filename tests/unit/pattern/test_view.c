/* The texts that rules look at. */
#include "filters/pattern/view.h"

#include "base/check.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char mail[] =
	"Received: from a\r\n\tby b\r\n"
	"SUBJECT:  Hello\r\n\t  World \r\n"
	"From: \"Doe, \\\"J\\\" (x)\" <jd@a.example>\r\n"
	"no field\r\n"
	"Received: from c\r\n"
	"To: a@b.example (Mr. A), 'B C' <b@c.example>, nobody, Group: d@e.example;\r\n"
	"Cc: <>\r\n"
	"Message-ID: <1@a>\r\n"
	"X-Message-Id: <2@a>\r\n"
	"Empty:\r\n"
	"\r\n";

/* NULL: it is not there. */
static const char *view(struct pattern_view pattern, const char *header)
{
	static char bytes[4096];
	struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };
	struct view v = { .pattern = pattern };
	struct view_index index = { .count = 0 };
	struct view_names *names;
	struct arena arena;
	bool there;

	arena_init(&arena, SIZE_MAX);
	names = view_names_new(&arena);
	assert_true(view_prepare(names, &arena, &v));
	view_index_open(&index, names);
	view_index_fill(&index, names, str_z(header));
	there = view_put(&v, &index, &o);
	bytes[o.n] = '\0';
	view_index_close(&index);
	arena_reset(&arena);
	return there ? bytes : NULL;
}

static void texts_of_fields(void **state)
{
	static const struct {
		const char *field;
		enum pattern_part part;
		enum pattern_pick pick;
		const char *text;
	} cases[] = {
		{ "Subject", PATTERN_TEXT, PATTERN_EACH, "Hello World\n" },
		{ "subject", PATTERN_RAW, PATTERN_EACH, "  Hello\n\t  World \n" },
		{ "Received", PATTERN_TEXT, PATTERN_EACH, "from a by b\nfrom c\n" },
		{ "Received", PATTERN_TEXT, PATTERN_FIRST, "from a by b\n" },
		{ "Received", PATTERN_TEXT, PATTERN_LAST, "from c\n" },
		{ "From", PATTERN_ADDRESS, PATTERN_EACH, "jd@a.example" },
		{ "From", PATTERN_NAME, PATTERN_EACH, "Doe, \"J\" (x)" },
		{ "To", PATTERN_ADDRESS, PATTERN_EACH, "a@b.example\nb@c.example\nd@e.example" },
		{ "To", PATTERN_NAME, PATTERN_EACH, "Mr. A\nB C\nnobody" },
		{ "Cc", PATTERN_ADDRESS, PATTERN_EACH, NULL },
		{ "Cc", PATTERN_TEXT, PATTERN_EACH, "<>\n" },
		{ "Empty", PATTERN_TEXT, PATTERN_EACH, "\n" },
		{ "X-None", PATTERN_TEXT, PATTERN_EACH, NULL },
		{ "no field", PATTERN_TEXT, PATTERN_EACH, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const char *got = view((struct pattern_view){ .source = PATTERN_FIELD,
							      .part = cases[i].part,
							      .pick = cases[i].pick,
							      .field = str_z(cases[i].field) },
				       mail);

		if (!got != !cases[i].text || (got && strcmp(got, cases[i].text) != 0))
			fail_msg("%s: '%s', not '%s'", cases[i].field, got ? got : "(none)",
				 cases[i].text ? cases[i].text : "(none)");
	}
}

static void texts_of_several_fields(void **state)
{
	(void)state;
	assert_string_equal(view((struct pattern_view){ .field = STR("Subject") },
				 "Subject: =?utf-8?b?SGk=?=\r\n\t=?utf-8?q?!?= \xe4\r\n\r\n"),
			    "Hi! \xc3\xa4\n");
	assert_string_equal(view((struct pattern_view){ .source = PATTERN_MESSAGE_ID }, mail),
			    "<2@a>\n<1@a>\n");
	assert_string_equal(
		view((struct pattern_view){ .source = PATTERN_TO_CC }, "Cc: b\r\nTo: a\r\n\r\n"),
		"a\nb\n");
	assert_string_equal(
		view((struct pattern_view){ .source = PATTERN_ALL }, "A : b\r\n  c\r\n\r\n"),
		"A: b c\n");
	assert_string_equal(
		view((struct pattern_view){ .source = PATTERN_ALL, .part = PATTERN_RAW },
		     "A : b\r\n  c\r\n\r\n"),
		"A : b\n  c\n");
	assert_string_equal(
		view((struct pattern_view){ .source = PATTERN_ALL, .part = PATTERN_RAW }, "\r\n"),
		"");
}

/* What a sender says of his own mail in a filter's name. */
static void fields_of_filters(void **state)
{
	static const char header[] = "X-Spam-Flag: NO\r\nA: b\r\nx-spam-Status : No\r\n c\r\n\r\n";

	(void)state;
	assert_null(view((struct pattern_view){ .field = STR("X-Spam-Flag") }, header));
	assert_null(
		view((struct pattern_view){ .field = STR("X-Spam-Status"), .part = PATTERN_RAW },
		     header));
	assert_string_equal(view((struct pattern_view){ .field = STR("X-Spam") }, "X-Spam: a\r\n"),
			    "a\n");
	assert_string_equal(view((struct pattern_view){ .source = PATTERN_ALL }, header), "A: b\n");
	assert_string_equal(
		view((struct pattern_view){ .source = PATTERN_ALL, .part = PATTERN_RAW }, header),
		"X-Spam-Flag: NO\nA: b\nx-spam-Status : No\n c\n");
}

static void names_and_addresses_of_odd_fields(void **state)
{
	static const struct {
		const char *value, *addresses, *names;
	} cases[] = {
		{ "a@b.example", "a@b.example", NULL },
		{ "<a@b.example", "a@b.example", NULL },
		{ "a@b.example <c@d.example>", "c@d.example", "a@b.example" },
		{ "\"a@b.example\" <c@d.example>", "c@d.example", "a@b.example" },
		{ "\"a b\"@c.example", "\"a b\"@c.example", NULL },
		{ "\"a\"b@c.example (n)", "\"a\"b@c.example", "n" },
		{ "N <\"a\"b@c.example>", "\"a\"b@c.example", "N" },
		{ "\"a\" b@c.example", NULL, "a b@c.example" },
		{ "\"x@y.example\" b@c.example", NULL, "x@y.example b@c.example" },
		{ "\"a@b.example\"", "a@b.example", NULL },
		{ "\"a b@c.example\"", NULL, "a b@c.example" },
		{ "\"\"@c.example", "\"\"@c.example", NULL },
		{ "\"\" x@y.example", NULL, "x@y.example" },
		{ "\"a@b.example", NULL, "a@b.example" },
		{ "\"unclosed <c@d.example>", "c@d.example", "unclosed" },
		{ "x (y) z <c@d.example> (w)", "c@d.example", "x z" },
		{ "a@b.example, , ;c@d.example", "a@b.example\nc@d.example", NULL },
		{ "undisclosed-recipients:;", NULL, NULL },
		{ "(", NULL, NULL },
		{ "<<>>", NULL, NULL },
		{ ",,,", NULL, NULL },
		{ "=?utf-8?q?J=2E?= <j@x.example>", "j@x.example", "J." },
		{ "=?utf-8?q?J?= =?utf-8?q?K?= <j@x.example>", "j@x.example", "JK" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		for (enum pattern_part part = PATTERN_ADDRESS; part <= PATTERN_NAME; part++) {
			const char *wanted =
				part == PATTERN_NAME ? cases[i].names : cases[i].addresses;
			char header[200];
			const char *got;

			snprintf(header, sizeof(header), "From: %s\r\n\r\n", cases[i].value);
			got = view((struct pattern_view){ .part = part, .field = STR("From") },
				   header);
			if (!got != !wanted || (got && strcmp(got, wanted) != 0))
				fail_msg("%s: '%s', not '%s'", cases[i].value, got ? got : "(none)",
					 wanted ? wanted : "(none)");
		}
	}
}

/* Each of these takes minutes when an end is looked for again and again. */
static void what_never_ends_is_looked_for_once(void **state)
{
	static const char *const heads[] = { "(", "(,", "(\\)", "\"\\\"", "a(,\"\\\"", ":", "<(" };
	enum { SIZE = 200000 };
	static char header[SIZE + 100];

	(void)state;
	for (size_t i = 0; i < COUNTOF(heads); i++) {
		struct out o = { .p = header, .cap = SIZE };
		const size_t n = strlen(heads[i]);

		out_str(&o, STR("From: "));
		while (o.n + n < SIZE)
			out_str(&o, str_z(heads[i]));
		memcpy(header + o.n, ", x@y.example\r\n\r\n", 18);
		assert_string_equal(
			view((struct pattern_view){ .part = PATTERN_ADDRESS, .field = STR("From") },
			     header),
			"x@y.example");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_fields),
		cmocka_unit_test(texts_of_several_fields),
		cmocka_unit_test(fields_of_filters),
		cmocka_unit_test(names_and_addresses_of_odd_fields),
		cmocka_unit_test(what_never_ends_is_looked_for_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
