/* The CPU's clock is read no more often than it must be. */
#include "base/work.h"

#include "fake/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOOK_NS = 1000 };

/* How often clocks are looked at for it. */
static int64_t looks_for_near(void)
{
	const int64_t before = work_most_ns();

	(void)work_near_ns();
	return (work_most_ns() - before) / LOOK_NS - 1;
}

static void is_read_again_when_it_is_old(void **state)
{
	(void)state;
	fake_work_each_look(LOOK_NS);
	assert_int_equal(looks_for_near(), 2);
	assert_int_equal(looks_for_near(), 1);
	fake_work_each_look(300000);
	(void)work_most_ns();
	fake_work_each_look(LOOK_NS);
	assert_int_equal(looks_for_near(), 2);
}

static void goes_on(void **state)
{
	int64_t before = work_near_ns();

	(void)state;
	fake_work_each_look(LOOK_NS);
	for (unsigned i = 0; i < 1000; i++) {
		const int64_t now = work_near_ns();

		assert_true(now > before && now - before <= 3 * LOOK_NS);
		before = now;
	}
}

/* Whose clock is another. */
static void children_read_it(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	fake_work_each_look(LOOK_NS);
	(void)work_near_ns();
	pid = fork();
	if (pid == 0)
		_exit(looks_for_near() == 2 ? 0 : 1);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_read_again_when_it_is_old),
		cmocka_unit_test(goes_on),
		cmocka_unit_test(children_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
