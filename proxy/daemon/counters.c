#define _GNU_SOURCE 1 /* MAP_ANONYMOUS */

#include "daemon/counters.h"

#include "base/check.h"

#include <sys/mman.h>

static void *share(size_t size)
{
	void *pages = mmap(NULL, COUNTERS_SLOTS * size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

static void unshare(void *pages, size_t size)
{
	if (pages)
		munmap(pages, COUNTERS_SLOTS * size);
}

bool counters_init(struct counters *c)
{
	*c = (struct counters){ .slots = share(sizeof(*c->slots)),
				.rooms = share(sizeof(*c->rooms)) };
	if (c->slots && c->rooms)
		return true;
	counters_free(c);
	return false;
}

void counters_free(struct counters *c)
{
	unshare(c->slots, sizeof(*c->slots));
	unshare(c->rooms, sizeof(*c->rooms));
	*c = (struct counters){ 0 };
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
	log_inherit(&c->rooms[slot]);
	c->slots[slot].ended = c->slots[slot].connections; /* who died has ended none */
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
	const struct smtp_counters total = total_of(c->slots);

#define X(NAME, ABOUT) log_u64(l, #NAME, total.NAME);
	SMTP_COUNTERS(X)
#undef X
}

size_t counters_figures(const void *slots, struct control_figure *to)
{
	const struct smtp_counters total = total_of(slots);
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
	CHECK(n <= CONTROL_FIGURES);
	return n;
}
