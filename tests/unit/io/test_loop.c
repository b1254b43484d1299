/* io/loop.h: timers, watches, wakes. */
#include "base/clock.h"
#include "unit/io/probe.h"

struct note {
	struct loop *loop;
	char text[32];
	size_t n;
};

static void put(struct note *note, char c)
{
	if (note->n + 1 < sizeof(note->text))
		note->text[note->n++] = c;
}

struct mark {
	struct timer timer;
	struct wake wake;
	struct note *note;
	struct mark *then; /* set by the wake */
	char c;
};

static void on_mark_timer(struct timer *t, void *arg)
{
	struct mark *m = arg;

	(void)t;
	put(m->note, m->c);
}

static void on_mark_wake(struct wake *w, void *arg)
{
	struct mark *m = arg;

	(void)w;
	put(m->note, m->c);
	if (m->then)
		wake_set(&m->then->wake);
	put(m->note, '.');
}

static void mark_init(struct mark *m, struct note *note, char c)
{
	*m = (struct mark){ .note = note, .c = c };
	timer_init(&m->timer, note->loop, on_mark_timer, m);
	wake_init(&m->wake, note->loop, on_mark_wake, m);
}

struct three {
	struct mark a, b, c;
	struct timer end;
};

/* In one turn, which has one time, however slow the machine is. */
static void start_three(struct wake *w, void *arg)
{
	struct three *t = arg;

	(void)w;
	timer_start(&t->c.timer, 30);
	timer_start(&t->a.timer, 1);
	timer_start(&t->b.timer, 15);
	timer_start(&t->end, 45);
}

static void timers_fire_in_order_and_once(void **state)
{
	struct note note = { .loop = loop_new() };
	struct three t;
	struct wake begin;

	(void)state;
	mark_init(&t.a, &note, 'a');
	mark_init(&t.b, &note, 'b');
	mark_init(&t.c, &note, 'c');
	timer_init(&t.end, note.loop, stop_now, NULL);
	wake_init(&begin, note.loop, start_three, &t);
	wake_set(&begin);
	run_guarded(note.loop);
	assert_string_equal(note.text, "abc");
	assert_false(timer_active(&t.a.timer));
	loop_free(note.loop);
}

static void a_moved_timer_fires_at_its_new_time_only(void **state)
{
	struct note note = { .loop = loop_new() };
	struct mark late, early, never;
	struct timer end;
	const int64_t started = loop_now_ms(note.loop);

	(void)state;
	mark_init(&late, &note, 'l');
	mark_init(&early, &note, 'e');
	mark_init(&never, &note, 'n');
	timer_start(&late.timer, 2);
	timer_start(&late.timer, 60);
	timer_start(&early.timer, 5000);
	timer_start(&early.timer, 20);
	timer_start(&never.timer, 10);
	timer_stop(&never.timer);
	timer_init(&end, note.loop, stop_now, NULL);
	timer_start(&end, 80);
	run_guarded(note.loop);
	assert_string_equal(note.text, "el");
	assert_true(loop_now_ms(note.loop) - started >= 80);
	loop_free(note.loop);
}

static void wakes_come_in_order_and_do_not_nest(void **state)
{
	struct note note = { .loop = loop_new() };
	struct mark a, b, c, gone;

	(void)state;
	mark_init(&a, &note, 'a');
	mark_init(&b, &note, 'b');
	mark_init(&c, &note, 'c');
	mark_init(&gone, &note, 'x');
	a.then = &c;
	wake_set(&a.wake);
	wake_set(&gone.wake);
	wake_set(&b.wake);
	wake_set(&a.wake);
	wake_clear(&gone.wake);
	wake_clear(&gone.wake);
	run_turns(note.loop);
	assert_string_equal(note.text, "a.b.c.");
	loop_free(note.loop);
}

static void a_wake_may_clear_its_neighbours(void **state)
{
	struct note note = { .loop = loop_new() };
	struct mark a, b;

	(void)state;
	mark_init(&a, &note, 'a');
	mark_init(&b, &note, 'b');
	wake_set(&a.wake);
	wake_set(&b.wake);
	wake_clear(&b.wake);
	wake_set(&b.wake);
	wake_clear(&a.wake);
	run_turns(note.loop);
	assert_string_equal(note.text, "b.");
	loop_free(note.loop);
}

/* Sets itself for ever: timers and descriptors still have their turn. */
static void on_endless(struct wake *w, void *arg)
{
	unsigned *count = arg;

	++*count;
	wake_set(w);
}

static void an_endless_wake_does_not_starve_the_loop(void **state)
{
	struct loop *loop = loop_new();
	struct wake w;
	unsigned count = 0;

	(void)state;
	wake_init(&w, loop, on_endless, &count);
	wake_set(&w);
	run_turns(loop);
	assert_true(count > 16);
	wake_clear(&w);
	loop_free(loop);
}

static void on_readable(struct watch *w, unsigned ready, void *arg)
{
	struct note *note = arg;

	put(note, ready & WATCH_READ ? 'r' : 'w');
	watch_want(w, 0);
	loop_stop(w->loop);
}

static void watches_tell_what_was_wanted(void **state)
{
	struct note note = { .loop = loop_new() };
	struct watch w;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	watch_init(&w, note.loop, fd[0], on_readable, &note);
	watch_want(&w, WATCH_READ);
	run_turns(note.loop);
	assert_string_equal(note.text, "");
	watch_want(&w, WATCH_READ | WATCH_WRITE);
	run_guarded(note.loop);
	watch_want(&w, WATCH_READ);
	say(fd[1], STR("x"));
	run_guarded(note.loop);
	assert_string_equal(note.text, "wr");
	close(fd[0]);
	close(fd[1]);
	loop_free(note.loop);
}

/* A turn that takes longer than a timer, and meanwhile something comes. */
struct stall {
	struct mark due, woken;
	struct watch watch;
	struct wake begin;
	int peer;
};

static void stall(struct wake *w, void *arg)
{
	enum { DUE_MS = 1, STALL_MS = 5 };
	struct stall *s = arg;
	const int64_t began_ms = clock_ms(CLOCK_MONOTONIC);

	(void)w;
	timer_start(&s->due.timer, DUE_MS);
	say(s->peer, STR("x"));
	while (clock_ms(CLOCK_MONOTONIC) - began_ms < STALL_MS)
		continue;
}

static void on_stalled(struct watch *w, unsigned ready, void *arg)
{
	struct stall *s = arg;

	(void)ready;
	put(s->due.note, 'r');
	put(s->due.note, timer_active(&s->due.timer) ? '+' : '-');
	watch_want(w, 0);
	wake_set(&s->woken.wake);
}

static void on_due(struct timer *t, void *arg)
{
	on_mark_timer(t, arg);
	loop_stop(t->loop);
}

/* Neither a peer nor a name server is late for what this process has not read. */
static void what_came_is_told_before_what_is_due(void **state)
{
	struct note note = { .loop = loop_new() };
	struct stall s;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	s.peer = fd[1];
	mark_init(&s.due, &note, 't');
	mark_init(&s.woken, &note, 'w');
	timer_init(&s.due.timer, note.loop, on_due, &s.due);
	watch_init(&s.watch, note.loop, fd[0], on_stalled, &s);
	watch_want(&s.watch, WATCH_READ);
	wake_init(&s.begin, note.loop, stall, &s);
	wake_set(&s.begin);
	run_guarded(note.loop);
	assert_string_equal(note.text, "r+w.t");
	close(fd[0]);
	close(fd[1]);
	loop_free(note.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order_and_once),
		cmocka_unit_test(a_moved_timer_fires_at_its_new_time_only),
		cmocka_unit_test(wakes_come_in_order_and_do_not_nest),
		cmocka_unit_test(a_wake_may_clear_its_neighbours),
		cmocka_unit_test(an_endless_wake_does_not_starve_the_loop),
		cmocka_unit_test(watches_tell_what_was_wanted),
		cmocka_unit_test(what_came_is_told_before_what_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
