#define _GNU_SOURCE 1 /* MAP_ANONYMOUS */

#include "daemon/counters.h"

#include <string.h>
#include <sys/mman.h>

bool counters_init(struct counters *c)
{
	void *page = mmap(NULL, COUNTERS_SLOTS * sizeof(*c->slots), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*c = (struct counters){ 0 };
	if (page == MAP_FAILED)
		return false;
	c->slots = page;
	return true;
}

void counters_free(struct counters *c)
{
	if (c->slots)
		munmap(c->slots, COUNTERS_SLOTS * sizeof(*c->slots));
	c->slots = NULL;
}

static void add(struct smtp_counters *to, const struct smtp_counters *from)
{
#define X(NAME, ABOUT) to->NAME += from->NAME;
	SMTP_COUNTERS(X)
#undef X
}

int counters_take(struct counters *c)
{
	for (int i = 0; i < COUNTERS_SLOTS; i++) {
		if (c->used[i])
			continue;
		c->used[i] = true;
		c->slots[i] = (struct smtp_counters){ 0 };
		return i;
	}
	return -1;
}

void counters_give_back(struct counters *c, int slot)
{
	add(&c->retired, &c->slots[slot]);
	c->used[slot] = false;
}

void counters_log(const struct counters *c, struct log_line *l)
{
	struct smtp_counters total = c->retired;

	for (int i = 0; i < COUNTERS_SLOTS; i++)
		if (c->used[i])
			add(&total, &c->slots[i]);
#define X(NAME, ABOUT) log_u64(l, #NAME, total.NAME);
	SMTP_COUNTERS(X)
#undef X
}
