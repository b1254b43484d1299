/* base/mem.h: what is in use is known, and scarce only above the limit until a good deal has been given back. */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { KB = 1024 };

static void use_is_counted(void **state)
{
	const size_t before = mem_used();
	char *a = mem_new(100), *b = mem_new(100 * KB);

	(void)state;
	assert_in_range(mem_used() - before, 100 + 100 * KB, 110 * KB);
	b = mem_resize(b, 300 * KB);
	assert_in_range(mem_used() - before, 100 + 300 * KB, 310 * KB);
	b = mem_resize(b, KB);
	assert_in_range(mem_used() - before, 100 + KB, 10 * KB);
	mem_free(a);
	mem_free(b);
	mem_free(NULL);
	assert_int_equal(mem_used(), before);
}

static void scarce_has_two_marks(void **state)
{
	char *most = mem_new(800 * KB), *more;

	(void)state;
	assert_false(mem_is_scarce());
	mem_limit(100 * KB);
	assert_false(mem_is_scarce());
	more = mem_new(110 * KB);
	assert_true(mem_is_scarce());
	mem_free(more);
	assert_false(mem_is_scarce());
	more = mem_new(95 * KB);
	assert_false(mem_is_scarce());
	more = mem_resize(more, 110 * KB);
	assert_true(mem_is_scarce());
	more = mem_resize(more, 95 * KB);
	assert_true(mem_is_scarce());
	most = mem_resize(most, 790 * KB);
	assert_false(mem_is_scarce());
	mem_free(more);
	mem_free(most);
	mem_limit(0);
	assert_false(mem_is_scarce());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(use_is_counted),
		cmocka_unit_test(scarce_has_two_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
