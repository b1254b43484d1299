/* tests/fake/loop.c: virtual time keeps the order of io/loop.h. */
#include "base/out.h"
#include "base/mem.h"
#include "fake/fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char trace_bytes[256];
static struct out trace;

struct noter {
	struct timer timer;
	struct wake wake;
	char letter;
	struct wake *sets; /* set by the timer's callback */
};

static void note_timer(struct timer *t, void *arg)
{
	struct noter *n = arg;

	out_printf(&trace, "%c%lld ", n->letter, (long long)loop_now_ms(t->loop));
	if (n->sets)
		wake_set(n->sets);
}

static void note_wake(struct wake *w, void *arg)
{
	struct noter *n = arg;

	(void)w;
	out_printf(&trace, "w%c ", n->letter);
}

static void noter_init(struct noter *n, struct loop *loop, char letter)
{
	*n = (struct noter){ .letter = letter };
	timer_init(&n->timer, loop, note_timer, n);
	wake_init(&n->wake, loop, note_wake, n);
}

static int begin(void **state)
{
	trace = OUT(trace_bytes);
	*state = loop_new();
	return 0;
}

static int end(void **state)
{
	loop_free(*state);
	return 0;
}

static void timers_fire_by_time_then_by_start(void **state)
{
	struct loop *loop = *state;
	struct noter a, b, c;

	noter_init(&a, loop, 'a');
	noter_init(&b, loop, 'b');
	noter_init(&c, loop, 'c');
	timer_start(&a.timer, 20);
	timer_start(&b.timer, 10);
	timer_start(&c.timer, 20);
	assert_int_equal(fake_pending(loop).timers, 3);
	fake_advance(loop, 15);
	assert_true(str_eq(out_text(&trace), STR("b10 ")));
	fake_advance(loop, 15);
	assert_true(str_eq(out_text(&trace), STR("b10 a20 c20 ")));
	assert_int_equal(loop_now_ms(loop), 30);
	assert_false(timer_active(&a.timer));
}

static void a_started_timer_moves_and_a_stopped_one_is_silent(void **state)
{
	struct loop *loop = *state;
	struct noter a, b;

	noter_init(&a, loop, 'a');
	noter_init(&b, loop, 'b');
	timer_start(&a.timer, 10);
	timer_start(&b.timer, 10);
	timer_start(&a.timer, 30);
	timer_stop(&b.timer);
	timer_stop(&b.timer);
	fake_advance(loop, 100);
	assert_true(str_eq(out_text(&trace), STR("a30 ")));
}

static void a_wake_runs_before_the_next_event_and_once(void **state)
{
	struct loop *loop = *state;
	struct noter a, b;

	noter_init(&a, loop, 'a');
	noter_init(&b, loop, 'b');
	a.sets = &b.wake;
	timer_start(&a.timer, 10);
	timer_start(&b.timer, 10);
	wake_set(&b.wake);
	wake_set(&b.wake);
	fake_advance(loop, 10);
	assert_true(str_eq(out_text(&trace), STR("wb a10 wb b10 ")));
}

static void a_cleared_wake_is_silent(void **state)
{
	struct loop *loop = *state;
	struct noter a, b;

	noter_init(&a, loop, 'a');
	noter_init(&b, loop, 'b');
	wake_set(&a.wake);
	wake_set(&b.wake);
	wake_clear(&b.wake);
	wake_set(&b.wake);
	wake_clear(&a.wake);
	fake_turn(loop);
	assert_true(str_eq(out_text(&trace), STR("wb ")));
	assert_true(fake_is_idle(loop));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_fire_by_time_then_by_start, begin, end),
		cmocka_unit_test_setup_teardown(a_started_timer_moves_and_a_stopped_one_is_silent,
						begin, end),
		cmocka_unit_test_setup_teardown(a_wake_runs_before_the_next_event_and_once, begin,
						end),
		cmocka_unit_test_setup_teardown(a_cleared_wake_is_silent, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
