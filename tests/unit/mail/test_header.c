/* mail/header.h: the header section, field by field. */
#include "base/check.h"
#include "mail/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void length_is_up_to_the_empty_line(void **state)
{
	(void)state;
	assert_int_equal(header_length(STR("\r\nbody")), 2);
	assert_int_equal(header_length(STR("A: b\r\n\r\nbody\r\n\r\n")), 8);
	assert_int_equal(header_length(STR("")), 0);
	assert_int_equal(header_length(STR("\r")), 0);
	assert_int_equal(header_length(STR("A: b\r\n")), 0);
	assert_int_equal(header_length(STR("A: b\r\n\r")), 0);
	assert_int_equal(header_length(STR("A: b\n\nbody")), 0);
	assert_int_equal(header_length(STR("A: b\r\r\n\r\n")), 9);
}

static void every_prefix_is_incomplete(void **state)
{
	const struct str whole = STR("A: b\r\n c\rd\nx\r\nB:\r\n\r\n");

	(void)state;
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(header_length(str_head(whole, n)), 0);
	for (size_t seen = 0; seen < whole.n; seen++)
		assert_int_equal(header_length_from(whole, seen), whole.n);
	assert_int_equal(header_length(whole), whole.n);
}

static void fields_with_folds(void **state)
{
	struct str rest = STR("Subject: one\r\n two\r\n\tthree\r\nX-Empty:\r\nOld : x\r\n\r\n");
	struct header_field f;

	(void)state;
	assert_true(header_next(&rest, &f));
	assert_true(str_eq(f.name, STR("Subject")));
	assert_true(str_eq(f.value, STR(" one\r\n two\r\n\tthree")));
	assert_true(str_eq(f.whole, STR("Subject: one\r\n two\r\n\tthree\r\n")));
	assert_true(header_next(&rest, &f));
	assert_true(str_eq(f.name, STR("X-Empty")) && f.value.n == 0);
	assert_true(header_next(&rest, &f));
	assert_true(str_eq(f.name, STR("Old")) && str_eq(f.value, STR(" x")));
	assert_false(header_next(&rest, &f));
	assert_true(str_eq(rest, STR("\r\n")));
}

static void a_line_that_is_no_field_hides_nothing(void **state)
{
	struct str rest = STR(
		" z\r\nA: b\r\njunk line\r\n folded: on\r\nA\xc3\xbc: b\r\nC: d\r\n\r\nE: f\r\n");
	struct header_field f;

	(void)state;
	assert_true(header_next(&rest, &f));
	assert_true(str_eq(f.whole, STR("A: b\r\n")));
	assert_true(header_next(&rest, &f));
	assert_true(str_eq(f.whole, STR("C: d\r\n")));
	assert_false(header_next(&rest, &f));
	assert_true(str_eq(rest, STR("\r\nE: f\r\n")));
}

static void a_cut_field_stops(void **state)
{
	struct str rest = STR("A: b");
	struct header_field f;

	(void)state;
	assert_false(header_next(&rest, &f));
	assert_int_equal(rest.n, 4);
	rest = STR("A: b\r\n c");
	assert_false(header_next(&rest, &f));
}

/* It finds those that header_next() does, and no others. */
static void fields_that_begin_alike(void **state)
{
	static const char *const sections[] = {
		"A: b\r\nCo: c\r\nX: d\r\n Co: e\r\ncOd : f\r\n g\r\nC: h\r\nco i\r\nCO:\r\n\r\nCo: j\r\n",
		"Co: a\nCo: b\r\n\rCo: c\r\n :\r\nco: d\r\n\r\n",
		"X: a\r\nCo: b\r\n c",
		"Co: a\r\nCo",
		"",
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(sections); i++) {
		struct str all = str_z(sections[i]), alike = all;
		struct header_field a, b;

		while (header_next(&all, &a)) {
			if (!str_istarts(a.name, STR("Co")))
				continue;
			assert_true(header_next_like(&alike, STR("co"), &b));
			assert_true(a.whole.p == b.whole.p && a.whole.n == b.whole.n);
		}
		assert_false(header_next_like(&alike, STR("co"), &b));
		assert_true(alike.p == all.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(length_is_up_to_the_empty_line),
		cmocka_unit_test(every_prefix_is_incomplete),
		cmocka_unit_test(fields_with_folds),
		cmocka_unit_test(a_line_that_is_no_field_hides_nothing),
		cmocka_unit_test(a_cut_field_stops),
		cmocka_unit_test(fields_that_begin_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
