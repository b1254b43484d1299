/* test_suffixes.c - filters/suffixes.h: an answer that was kept is that to the same question about the same name. */
#include "base/out.h"
#include "filters/suffixes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct row {
	const char *domain, *organization, *registrable;
};

#define L61 "a23456789.b23456789.c23456789.d23456789.e23456789.f23456789.g"

static const struct row rows[] = {
	{ "com", "com", "" },
	{ "co.uk", "co.uk", "" },
	{ "example.com", "example.com", "example.com" },
	{ "a.b.example.com", "example.com", "example.com" },
	{ "a.example.co.uk", "example.co.uk", "example.co.uk" },
	{ "example.nosuchtop", "example.nosuchtop", "" },
	{ L61 ".com", "g.com", "g.com" },
	{ L61 "." L61 ".com", "g.com", "g.com" },
};

static void check(const struct suffixes *s, const struct row *row)
{
	const struct str domain = str_z(row->domain);

	assert_true(str_eq(suffixes_organization(s, domain), str_z(row->organization)));
	assert_true(str_eq(suffixes_registrable(s, domain), str_z(row->registrable)));
}

/* More names between than are kept. */
static void crowd(const struct suffixes *s)
{
	char bytes[32];

	for (unsigned i = 0; i < 2000; i++) {
		struct out o = OUT(bytes);

		out_printf(&o, "w.d%u.com", i);
		out_char(&o, '\0');
		o.n--;
		assert_true(
			str_eq(suffixes_registrable(s, out_text(&o)), str_from(out_text(&o), 2)));
	}
}

static void answers_do_not_depend_on_what_was_asked(void **state)
{
	struct suffixes *s = suffixes_new();

	(void)state;
	assert_non_null(s);
	for (unsigned round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			check(s, &rows[i]);
			check(s, &rows[i]);
		}
		assert_true(suffixes_is_top(s, STR("com")));
		assert_true(suffixes_is_top(s, STR("CoM")));
		assert_false(suffixes_is_top(s, STR("nosuchtop")));
		assert_false(suffixes_is_top(s, STR("")));
		crowd(s);
	}
	suffixes_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_do_not_depend_on_what_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
