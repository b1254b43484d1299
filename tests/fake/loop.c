/* loop.c - io/loop.h in virtual time.  Timers and posts are called in the order of their time, then of
 * their start; the wakes a callback sets run before anything else does. */
#include "io/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "fake/inside.h"

enum { CALLS_PER_TURN = 1000000 }; /* more without time passing: something spins */

struct place { /* in the slot of a timer */
	struct timer *next;
	int64_t due;
	uint64_t seq;
	bool active;
};
static_assert(sizeof(struct place) <= sizeof(struct loop_slot), "a timer's place fits its slot");

static struct place *place_of(struct timer *t)
{
	return (struct place *)(void *)t->slot.bytes;
}

struct loop *loop_new(void)
{
	struct loop *loop = mem_new(sizeof(*loop));

	loop->last_wake = &loop->wakes;
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!fake_is_idle(loop))
		fake_print_pending(stderr, loop);
	CHECK(fake_is_idle(loop));
	while (loop->posts)
		fake_unpost(loop, loop->posts);
	fake_net_free(loop);
	fake_zone_free(loop);
	mem_free(loop);
}

int64_t loop_now_ms(const struct loop *loop)
{
	return loop->now;
}

int64_t loop_unix_ms(const struct loop *loop)
{
	return (int64_t)FAKE_EPOCH_S * 1000 + loop->now;
}

/* ---- timers ---- */

void timer_init(struct timer *t, struct loop *loop, timer_fn *fn, void *arg)
{
	*t = (struct timer){ .loop = loop, .fn = fn, .arg = arg };
}

void timer_start(struct timer *t, int64_t after_ms)
{
	struct timer **at = &t->loop->timers;
	struct place *place = place_of(t);

	CHECK(t->fn != NULL && after_ms >= 0);
	timer_stop(t);
	*place = (struct place){ .due = t->loop->now + after_ms, .active = true };
	place->seq = t->loop->seq++;
	while (*at && place_of(*at)->due <= place->due)
		at = &place_of(*at)->next;
	place->next = *at;
	*at = t;
	t->loop->pending.timers++;
}

void timer_stop(struct timer *t)
{
	struct timer **at;

	if (!place_of(t)->active)
		return;
	at = &t->loop->timers;
	while (*at != t) {
		CHECK(*at != NULL);
		at = &place_of(*at)->next;
	}
	*at = place_of(t)->next;
	place_of(t)->active = false;
	t->loop->pending.timers--;
}

bool timer_active(const struct timer *t)
{
	const struct place *place = (const void *)t->slot.bytes;

	return place->active;
}

/* ---- watches: nothing is ever ready, the fakes replace all that would watch ---- */

void watch_init(struct watch *w, struct loop *loop, int fd, watch_fn *fn, void *arg)
{
	*w = (struct watch){ .loop = loop, .fn = fn, .arg = arg, .fd = fd };
}

void watch_want(struct watch *w, unsigned want)
{
	w->loop->pending.watches += (want != 0);
	w->loop->pending.watches -= (w->want != 0);
	w->want = want;
}

/* ---- wakes ---- */

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
	w->link = loop->last_wake;
	*loop->last_wake = w;
	loop->last_wake = &w->next;
	loop->pending.wakes++;
}

void wake_clear(struct wake *w)
{
	if (!w->link)
		return;
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	else
		w->loop->last_wake = w->link;
	w->next = NULL;
	w->link = NULL;
	w->loop->pending.wakes--;
}

/* ---- posts ---- */

struct fake_post *fake_post(struct loop *loop, int64_t after_ms, fake_fn *fn, void *arg)
{
	struct fake_post *post = mem_new(sizeof(*post)), **at = &loop->posts;

	CHECK(after_ms >= 0);
	*post = (struct fake_post){ .due = loop->now + after_ms, .fn = fn, .arg = arg };
	post->seq = loop->seq++;
	while (*at && (*at)->due <= post->due)
		at = &(*at)->next;
	post->next = *at;
	*at = post;
	return post;
}

void fake_unpost(struct loop *loop, struct fake_post *post)
{
	struct fake_post **at = &loop->posts;

	while (*at != post) {
		CHECK(*at != NULL);
		at = &(*at)->next;
	}
	*at = post->next;
	mem_free(post);
}

/* ---- running ---- */

static void run_wakes(struct loop *loop)
{
	for (unsigned calls = 0; loop->wakes; calls++) {
		struct wake *w = loop->wakes;

		CHECK(calls < CALLS_PER_TURN);
		wake_clear(w);
		w->fn(w, w->arg);
		fake_net_settle(loop);
	}
}

static void call_timer(struct loop *loop)
{
	struct timer *t = loop->timers;

	timer_stop(t);
	t->fn(t, t->arg);
}

static void call_post(struct loop *loop)
{
	struct fake_post *post = loop->posts;
	fake_fn *fn = post->fn;
	void *arg = post->arg;

	loop->posts = post->next;
	mem_free(post);
	fn(arg);
}

static bool timer_is_first(const struct loop *loop)
{
	const struct place *place;

	if (!loop->timers || !loop->posts)
		return loop->timers != NULL;
	place = place_of(loop->timers);
	return place->due < loop->posts->due ||
	       (place->due == loop->posts->due && place->seq < loop->posts->seq);
}

static int64_t next_due(const struct loop *loop)
{
	if (loop->wakes)
		return loop->now;
	if (timer_is_first(loop))
		return place_of(loop->timers)->due;
	return loop->posts ? loop->posts->due : INT64_MAX;
}

void fake_turn(struct loop *loop)
{
	CHECK(!loop->calling); /* callbacks never nest */
	loop->calling = true;
	fake_net_settle(loop); /* what the test itself called */
	run_wakes(loop);
	for (unsigned calls = 0; next_due(loop) <= loop->now; calls++) {
		CHECK(calls < CALLS_PER_TURN);
		if (timer_is_first(loop))
			call_timer(loop);
		else
			call_post(loop);
		fake_net_settle(loop);
		run_wakes(loop);
	}
	loop->calling = false;
	log_flush();
}

bool fake_step(struct loop *loop, int64_t until)
{
	int64_t due = next_due(loop);

	if (due > until)
		return false;
	if (due > loop->now)
		loop->now = due;
	fake_turn(loop);
	return true;
}

void fake_advance(struct loop *loop, int64_t ms)
{
	const int64_t until = loop->now + ms;

	fake_turn(loop);
	while (fake_step(loop, until))
		;
	loop->now = until;
}

/* Runs until it is stopped, or nothing will ever happen again. */
void loop_run(struct loop *loop)
{
	loop->stop = false;
	while (!loop->stop && fake_step(loop, INT64_MAX - 1))
		;
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}

/* ---- what is open ---- */

struct fake_pending fake_pending(const struct loop *loop)
{
	return loop->pending;
}

bool fake_is_idle(const struct loop *loop)
{
	const struct fake_pending *p = &loop->pending;

	return !p->timers && !p->wakes && !p->watches && !p->conns && !p->questions && !p->jobs;
}

void fake_print_pending(FILE *to, const struct loop *loop)
{
	const struct fake_pending *p = &loop->pending;

	fprintf(to, "timers=%u wakes=%u watches=%u conns=%u questions=%u jobs=%u\n", p->timers,
		p->wakes, p->watches, p->conns, p->questions, p->jobs);
}
