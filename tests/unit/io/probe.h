/* probe.h - a connection under test that writes down what it is told.
 *
 * Events are letters: O opened, S secured, I input, D drained, C closed.  run_to() runs the
 * loop until such an event came; a test that waits in vain fails after GUARD_MS. */
#ifndef UNIT_IO_PROBE_H
#define UNIT_IO_PROBE_H

#include "base/attr.h"
#include "base/mem.h"
#include "io/conn.h"
#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { GUARD_MS = 20000 };

struct probe;
typedef void probe_fn(struct probe *p, enum conn_event event);

struct probe {
	struct loop *loop;
	struct conn *c;
	probe_fn *on; /* after the note is taken; NULL: input is consumed */
	char events[64];
	size_t events_n;
	char *got; /* consumed input */
	size_t got_n;
	char stop_at;
	void *arg;
};

static inline char letter_of(enum conn_event event)
{
	return "OSIDC"[event];
}

static inline void probe_take(struct probe *p)
{
	const struct str in = conn_input(p->c);

	if (in.n == 0)
		return;
	p->got = mem_resize(p->got, p->got_n + in.n);
	memcpy(p->got + p->got_n, in.p, in.n);
	p->got_n += in.n;
	conn_consume(p->c, in.n);
}

static inline void probe_event(struct conn *c, enum conn_event event, void *arg)
{
	struct probe *p = arg;

	(void)c;
	/* Repeated input and drains would overflow the note and say nothing. */
	if (p->events_n + 1 < sizeof(p->events) &&
	    (p->events_n == 0 || p->events[p->events_n - 1] != letter_of(event)))
		p->events[p->events_n++] = letter_of(event);
	if (p->on)
		p->on(p, event);
	else if (event == CONN_INPUT)
		probe_take(p);
	if (p->stop_at == letter_of(event))
		loop_stop(p->loop);
}

static inline void guard_fired(struct timer *t, void *arg)
{
	(void)t;
	(void)arg;
	fail_msg("the awaited event never came");
}

static inline void run_guarded(struct loop *loop)
{
	struct timer guard;

	timer_init(&guard, loop, guard_fired, NULL);
	timer_start(&guard, GUARD_MS);
	loop_run(loop);
	timer_stop(&guard);
}

static inline void run_to(struct probe *p, char event)
{
	p->stop_at = event;
	run_guarded(p->loop);
	p->stop_at = 0;
}

static inline void stop_now(struct timer *t, void *arg)
{
	(void)arg;
	loop_stop(t->loop);
}

/* What is ready now is handled, and the turn after it, too. */
static inline void run_turns(struct loop *loop)
{
	struct timer t;

	timer_init(&t, loop, stop_now, NULL);
	timer_start(&t, 5);
	loop_run(loop);
	timer_stop(&t);
}

static inline struct probe probe_new(probe_fn *on)
{
	return (struct probe){ .loop = loop_new(), .on = on };
}

/* The other end of the probe's connection. */
static inline int probe_accept(struct probe *p)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	p->c = conn_accept(p->loop, fd[0], probe_event, p);
	return fd[1];
}

static inline void probe_end(struct probe *p)
{
	if (p->c)
		conn_close(p->c);
	loop_free(p->loop);
	mem_free(p->got);
	conn_buffers_free();
}

static inline bool probe_saw(const struct probe *p, const char *events)
{
	return str_eq((struct str){ .p = p->events, .n = p->events_n }, str_z(events));
}

static inline bool probe_got(const struct probe *p, const char *text)
{
	return str_eq((struct str){ .p = p->got, .n = p->got_n }, str_z(text));
}

static inline void say(int fd, struct str s)
{
	assert_int_equal(write(fd, s.p, s.n), s.n);
}

static inline bool hears(int fd, const char *text)
{
	char buf[4096];
	const ssize_t n = read(fd, buf, sizeof(buf));

	return n >= 0 && str_eq((struct str){ .p = buf, .n = (size_t)n }, str_z(text));
}

#endif
