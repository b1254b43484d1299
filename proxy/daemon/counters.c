#define _GNU_SOURCE 1 /* MAP_ANONYMOUS */

#include "daemon/counters.h"

#include "base/check.h"

#include <sys/mman.h>

bool counters_init(struct counters *c)
{
	void *page = mmap(NULL, sizeof(*c->page), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*c = (struct counters){ 0 };
	if (page == MAP_FAILED)
		return false;
	c->page = page;
	return true;
}

void counters_free(struct counters *c)
{
	if (c->page)
		munmap(c->page, sizeof(*c->page));
	c->page = NULL;
}

int counters_take(struct counters *c)
{
	for (int i = 0; i < COUNTERS_SLOTS; i++) {
		if (c->used[i])
			continue;
		c->used[i] = true;
		return i;
	}
	return -1;
}

void counters_give_back(struct counters *c, int slot)
{
	struct smtp_counters *counters = &c->page->slots[slot];

	log_inherit(&c->page->rooms[slot]);
	counters->ended = counters->connections; /* who died has ended none */
	c->used[slot] = false;
}

static struct smtp_counters total_of(const struct smtp_counters *slots)
{
	struct smtp_counters total = { 0 };

	for (int i = 0; i < COUNTERS_SLOTS; i++) {
#define X(NAME, ABOUT) total.NAME += slots[i].NAME;
		SMTP_COUNTERS(X)
#undef X
	}
	return total;
}

void counters_log(const struct counters *c, struct log_line *l)
{
	const struct smtp_counters total = total_of(c->page->slots);

#define X(NAME, ABOUT) log_u64(l, #NAME, total.NAME);
	SMTP_COUNTERS(X)
#undef X
}

size_t counters_figures(const void *of, struct control_figure *to)
{
	const struct counters_page *page = of;
	const struct smtp_counters total = total_of(page->slots);
	size_t n = 0;

	to[n++] = (struct control_figure){
		.name = "sessions",
		.about = "sessions that are open",
		.value = total.connections > total.ended ? total.connections - total.ended : 0,
		.level = true,
	};
#define X(NAME, ABOUT)                                                                             \
	to[n++] = (struct control_figure){ .name = #NAME, .about = ABOUT, .value = total.NAME };
	SMTP_COUNTERS(X)
#undef X
#define X(NAME, ABOUT)                                                                             \
	to[n++] = (struct control_figure){ .name = #NAME, .about = ABOUT, .value = page->NAME };
	DAEMON_COUNTERS(X)
#undef X
	CHECK(n <= CONTROL_FIGURES);
	return n;
}
