/* loop.c - libev behind loop.h.
 *
 * Wakes are a list of our own, run by an ev_prepare, so that setting one costs no system call
 * and no heap.  They run in rounds: what is set during a round belongs to the next one; after
 * WAKE_ROUNDS the loop looks at its descriptors first, without sleeping.
 *
 * What came is told before what is due, and so are the wakes that it set: after a turn that took long, or a machine that stood
 * still, a peer is not late for what has not been read.
 *
 * A timer that is moved to a later time stays where it is in libev's heap and is moved on when
 * it fires early: the idle timer of a session is pushed back with every command. */
#include "io/loop.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <ev.h>
#include <signal.h>
#include <stddef.h>

enum { WAKE_ROUNDS = 16 };

/* Of libev: what is ready to be called is called in this order, and checks of a priority before the rest of it. */
enum { FIRST = EV_MAXPRI, CAME = 0, DUE = -1, NOTHING_ELSE = EV_MINPRI };

struct loop {
	struct ev_loop *ev;
	ev_prepare prepare;
	ev_check check;
	ev_check wakes;      /* before timers */
	ev_idle idle;        /* active while wakes are left: the loop must not sleep */
	ev_timer log;        /* active while lines of the log wait */
	struct wake *head;   /* set and not yet run ... */
	struct wake **tail;  /* ... and where the next one is linked */
	struct wake *ending; /* the round being run */
	int64_t now_ms;
	bool running;
};

struct timer_slot {
	ev_timer w;
	int64_t due_ms;  /* when it is to fire */
	int64_t heap_ms; /* when libev calls: never later than due_ms */
};

struct watch_slot {
	ev_io w;
};

static_assert(sizeof(struct timer_slot) <= sizeof(struct loop_slot), "slot holds a timer");
static_assert(sizeof(struct watch_slot) <= sizeof(struct loop_slot), "slot holds a watch");

static void unlink_wake(struct wake *w)
{
	if (w->loop->tail == &w->next)
		w->loop->tail = w->link;
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	w->next = NULL;
	w->link = NULL;
}

static void run_round(struct loop *loop)
{
	loop->ending = loop->head;
	loop->ending->link = &loop->ending;
	loop->head = NULL;
	loop->tail = &loop->head;
	while (loop->ending) {
		struct wake *w = loop->ending;

		unlink_wake(w);
		w->fn(w, w->arg);
	}
}

static void on_log_due(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)ev;
	(void)w;
	(void)events;
	log_flush();
}

/* Under load every turn would write a line or two. */
static void write_log(struct loop *loop)
{
	if (log_waiting() >= LOG_MANY)
		log_flush();
	if (log_waiting() == 0 || ev_is_active(&loop->log))
		return;
	ev_timer_set(&loop->log, LOG_DELAY_MS / 1e3, 0.);
	ev_timer_start(loop->ev, &loop->log);
}

static void run_rounds(struct loop *loop)
{
	for (unsigned i = 0; i < WAKE_ROUNDS && loop->head; i++)
		run_round(loop);
}

static void before_timers(struct ev_loop *ev, ev_check *w, int events)
{
	(void)ev;
	(void)events;
	run_rounds(w->data);
}

static void before_sleep(struct ev_loop *ev, ev_prepare *w, int events)
{
	struct loop *loop = w->data;

	(void)events;
	run_rounds(loop);
	if (loop->head)
		ev_idle_start(ev, &loop->idle);
	else
		ev_idle_stop(ev, &loop->idle);
	write_log(loop);
}

static void after_sleep(struct ev_loop *ev, ev_check *w, int events)
{
	struct loop *loop = w->data;

	(void)ev;
	(void)events;
	loop->now_ms = clock_ms(CLOCK_MONOTONIC);
}

static void stay_awake(struct ev_loop *ev, ev_idle *w, int events)
{
	(void)ev;
	(void)w;
	(void)events;
}

struct loop *loop_new(void)
{
	struct loop *loop = mem_new(sizeof(*loop));

	/* A peer that is gone is an error of the write, not a signal: OpenSSL writes without MSG_NOSIGNAL. */
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	/* Nor is a file that may not grow (ulimit -f). */
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	loop->ev =
		ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK | EVFLAG_NOTIMERFD);
	CHECK(loop->ev != NULL);
	loop->tail = &loop->head;
	ev_prepare_init(&loop->prepare, before_sleep);
	ev_check_init(&loop->check, after_sleep);
	ev_idle_init(&loop->idle, stay_awake);
	ev_init(&loop->log, on_log_due);
	ev_check_init(&loop->wakes, before_timers);
	ev_set_priority(&loop->check, FIRST); /* the time is read before anyone asks for it */
	ev_set_priority(&loop->wakes, DUE);
	ev_set_priority(&loop->idle, NOTHING_ELSE);
	loop->prepare.data = loop;
	loop->check.data = loop;
	loop->wakes.data = loop;
	ev_prepare_start(loop->ev, &loop->prepare);
	ev_check_start(loop->ev, &loop->check);
	ev_check_start(loop->ev, &loop->wakes);
	return loop;
}

void loop_free(struct loop *loop)
{
	CHECK(!loop->running);
	ev_loop_destroy(loop->ev);
	mem_free(loop);
}

void loop_run(struct loop *loop)
{
	CHECK(!loop->running);
	loop->now_ms = loop_now_ms(loop);
	loop->running = true;
	ev_run(loop->ev, 0);
	loop->running = false;
	log_flush();
}

void loop_stop(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}

int64_t loop_now_ms(const struct loop *loop)
{
	return loop->running ? loop->now_ms : clock_ms(CLOCK_MONOTONIC);
}

int64_t loop_unix_ms(const struct loop *loop)
{
	(void)loop;
	return clock_ms(CLOCK_REALTIME);
}

static struct timer_slot *timer_slot(const struct timer *t)
{
	return (struct timer_slot *)(uintptr_t)t->slot.bytes;
}

static void fire_at(struct timer *t, int64_t due_ms)
{
	struct timer_slot *slot = timer_slot(t);
	struct ev_loop *ev = t->loop->ev;
	const int64_t after_ms = due_ms - loop_now_ms(t->loop);

	if (!t->loop->running)
		ev_now_update(ev);
	slot->due_ms = due_ms;
	slot->heap_ms = due_ms;
	ev_timer_stop(ev, &slot->w);
	ev_timer_set(&slot->w, after_ms > 0 ? (double)after_ms / 1e3 : 0., 0.);
	ev_timer_start(ev, &slot->w);
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int events)
{
	struct timer *t = w->data;

	(void)ev;
	(void)events;
	if (timer_slot(t)->due_ms > loop_now_ms(t->loop))
		fire_at(t, timer_slot(t)->due_ms);
	else
		t->fn(t, t->arg);
}

void timer_init(struct timer *t, struct loop *loop, timer_fn *fn, void *arg)
{
	struct timer_slot *slot = timer_slot(t);

	*t = (struct timer){ .loop = loop, .fn = fn, .arg = arg };
	ev_timer_init(&slot->w, on_timer, 0., 0.);
	ev_set_priority(&slot->w, DUE);
	slot->w.data = t;
}

void timer_start(struct timer *t, int64_t after_ms)
{
	struct timer_slot *slot = timer_slot(t);
	const int64_t due_ms = loop_now_ms(t->loop) + (after_ms > 0 ? after_ms : 0);

	if (ev_is_active(&slot->w) && due_ms >= slot->heap_ms)
		slot->due_ms = due_ms;
	else
		fire_at(t, due_ms);
}

void timer_stop(struct timer *t)
{
	ev_timer_stop(t->loop->ev, &timer_slot(t)->w);
}

bool timer_active(const struct timer *t)
{
	struct timer_slot *slot = timer_slot(t);

	return ev_is_active(&slot->w) || ev_is_pending(&slot->w);
}

static struct watch_slot *watch_slot(const struct watch *w)
{
	return (struct watch_slot *)(uintptr_t)w->slot.bytes;
}

static void on_io(struct ev_loop *ev, ev_io *io, int events)
{
	struct watch *w = io->data;

	(void)ev;
	w->fn(w, (events & EV_READ ? WATCH_READ : 0) | (events & EV_WRITE ? WATCH_WRITE : 0),
	      w->arg);
}

void watch_init(struct watch *w, struct loop *loop, int fd, watch_fn *fn, void *arg)
{
	struct watch_slot *slot = watch_slot(w);

	*w = (struct watch){ .loop = loop, .fn = fn, .arg = arg, .fd = fd };
	ev_io_init(&slot->w, on_io, fd, EV_NONE);
	ev_set_priority(&slot->w, CAME);
	slot->w.data = w;
}

void watch_want(struct watch *w, unsigned want)
{
	struct watch_slot *slot = watch_slot(w);
	const int events = (want & WATCH_READ ? EV_READ : 0) | (want & WATCH_WRITE ? EV_WRITE : 0);

	if (want == w->want)
		return;
	w->want = want;
	ev_io_stop(w->loop->ev, &slot->w);
	ev_io_modify(&slot->w, events);
	if (want)
		ev_io_start(w->loop->ev, &slot->w);
}

void wake_init(struct wake *w, struct loop *loop, wake_fn *fn, void *arg)
{
	*w = (struct wake){ .loop = loop, .fn = fn, .arg = arg };
}

void wake_set(struct wake *w)
{
	struct loop *loop = w->loop;

	if (w->link)
		return;
	w->next = NULL;
	w->link = loop->tail;
	*loop->tail = w;
	loop->tail = &w->next;
}

void wake_clear(struct wake *w)
{
	if (w->link)
		unlink_wake(w);
}
