#define _GNU_SOURCE 1 /* MAP_ANONYMOUS */

#include "daemon/pulse.h"

#include "base/limits.h"
#include "daemon/counters.h"

#include <sys/mman.h>

bool pulse_init(struct pulse *p, int64_t now_ms)
{
	void *page = mmap(NULL, COUNTERS_SLOTS * sizeof(*p->seen_ms), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*p = (struct pulse){ .looked_ms = now_ms, .awake_ms = now_ms };
	if (page == MAP_FAILED)
		return false;
	p->seen_ms = page;
	return true;
}

void pulse_free(struct pulse *p)
{
	if (p->seen_ms)
		munmap(p->seen_ms, COUNTERS_SLOTS * sizeof(*p->seen_ms));
	p->seen_ms = NULL;
}

void pulse_begin(struct pulse *p, int slot, int64_t now_ms)
{
	__atomic_store_n(&p->seen_ms[slot], now_ms, __ATOMIC_RELAXED);
}

void pulse_look(struct pulse *p, int64_t now_ms)
{
	if (now_ms - p->looked_ms > 2 * LIMIT_PULSE_MS)
		p->awake_ms = now_ms;
	p->looked_ms = now_ms;
}

int64_t pulse_due(const struct pulse *p)
{
	return p->looked_ms + LIMIT_PULSE_MS;
}

bool pulse_is_silent(const struct pulse *p, int slot, int64_t now_ms)
{
	const int64_t seen_ms = __atomic_load_n(&p->seen_ms[slot], __ATOMIC_RELAXED);

	return now_ms - (seen_ms > p->awake_ms ? seen_ms : p->awake_ms) >= LIMIT_SILENT_MS;
}

static void beat(struct timer *t, void *arg)
{
	struct heart *h = arg;

	__atomic_store_n(h->seen_ms, loop_now_ms(h->loop), __ATOMIC_RELAXED);
	timer_start(t, LIMIT_PULSE_MS);
}

void heart_start(struct heart *h, struct loop *loop, int64_t *seen_ms)
{
	h->loop = loop;
	h->seen_ms = seen_ms;
	timer_init(&h->timer, loop, beat, h);
	beat(&h->timer, h);
}

void heart_stop(struct heart *h)
{
	if (h->loop)
		timer_stop(&h->timer);
}
