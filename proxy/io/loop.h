/* loop.h - the event loop of a worker: readiness, timers, wakes.  libev behind it.
 *
 * One thread, one loop.  Callbacks never nest: everything is called from loop_run().
 * Storage is the caller's and must stay put while active.  A turn: descriptors that are ready, wakes, timers that
 * are due, then wakes until none is set, then the log if it is time (base/log.h), then sleep. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/attr.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(void); /* also ignores SIGPIPE and SIGXFSZ for the process */
void loop_free(struct loop *loop);
void loop_run(struct loop *loop); /* until loop_stop() */
void loop_stop(struct loop *loop);

int64_t loop_now_ms(const struct loop *loop);  /* monotonic, fixed during a turn */
int64_t loop_unix_ms(const struct loop *loop); /* wall clock */

/* What the event library keeps inside our structs. */
struct loop_slot {
	alignas(8) unsigned char bytes[64];
};

/* A timer fires once; starting a running one moves it. */
struct timer;
typedef void timer_fn(struct timer *t, void *arg);
struct timer {
	struct loop *loop;
	timer_fn *fn;
	void *arg;
	struct loop_slot slot;
};
void timer_init(struct timer *t, struct loop *loop, timer_fn *fn, void *arg);
void timer_start(struct timer *t, int64_t after_ms);
void timer_stop(struct timer *t);
bool timer_active(const struct timer *t); /* it is to fire, be it in this turn */

/* Readiness of a descriptor; wanting nothing stops it. */
enum { WATCH_READ = 1, WATCH_WRITE = 2 };
struct watch;
typedef void watch_fn(struct watch *w, unsigned ready, void *arg);
struct watch {
	struct loop *loop;
	watch_fn *fn;
	void *arg;
	int fd;
	unsigned want;
	struct loop_slot slot;
};
void watch_init(struct watch *w, struct loop *loop, int fd, watch_fn *fn, void *arg);
void watch_want(struct watch *w, unsigned want);

/* A call to come: fn runs once from the loop, after the callback that set the wake has
 * returned and before the loop sleeps.  Setting it twice is once. */
struct wake;
typedef void wake_fn(struct wake *w, void *arg);
struct wake {
	struct loop *loop;
	wake_fn *fn;
	void *arg;
	struct wake *next, **link; /* link == NULL: not set */
};
void wake_init(struct wake *w, struct loop *loop, wake_fn *fn, void *arg);
void wake_set(struct wake *w);
void wake_clear(struct wake *w);

#endif
