#define _GNU_SOURCE 1 /* MAP_ANONYMOUS */

#include "daemon/census.h"

#include "base/mem.h"
#include "policy/hits.h"

#include <sys/mman.h>

enum { CACHE_LINE = 64 };

static size_t size_of(const struct census *c)
{
	return (c->workers + 1) * c->stride * sizeof(*c->rows);
}

bool census_init(struct census *c, const struct policy *policy, unsigned workers)
{
	const size_t line = CACHE_LINE / sizeof(*c->rows);
	void *rows;

	*c = (struct census){ .policy = policy, .workers = workers, .count = hits_count(policy) };
	c->stride = (c->count + line - 1) / line * line;
	rows = mmap(NULL, size_of(c), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rows == MAP_FAILED)
		return false;
	c->rows = rows;
	c->passed = mem_new(c->count * sizeof(*c->passed));
	return true;
}

void census_free(struct census *c)
{
	if (!c->rows)
		return;
	munmap(c->rows, size_of(c));
	mem_free(c->passed);
	c->rows = NULL;
}

uint64_t *census_row(const struct census *c, unsigned worker)
{
	return c->rows + worker * c->stride;
}

static uint64_t *inherited(const struct census *c)
{
	return census_row(c, c->workers);
}

static uint64_t own(const struct census *c, size_t i)
{
	uint64_t sum = 0;

	for (unsigned worker = 0; worker < c->workers; worker++)
		sum += census_row(c, worker)[i];
	return sum;
}

void census_pass_on(struct census *from, const struct census *to)
{
	for (size_t i = 0; i < from->count; i++) {
		const uint64_t more = own(from, i) + inherited(from)[i] - from->passed[i];
		const struct hit hit = hits_of(from->policy, i);
		size_t heir;

		if (!more)
			continue;
		from->passed[i] += more;
		heir = hits_find(to->policy, &hit);
		if (heir < to->count)
			inherited(to)[heir] += more;
	}
}

bool census_hit(const void *of, size_t i, struct control_hit *to)
{
	static const enum control_hit_kind kinds[] = { [HIT_VERDICT] = CONTROL_VERDICT,
						       [HIT_WOULD] = CONTROL_WOULD,
						       [HIT_SYMBOL] = CONTROL_SYMBOL };
	const struct census *c = of;
	struct hit hit;

	if (i >= c->count)
		return false;
	hit = hits_of(c->policy, i);
	*to = (struct control_hit){ .kind = kinds[hit.kind],
				    .name = hit.name,
				    .action = action_name(hit.action),
				    .hidden = hit.hidden,
				    .since_reload = own(c, i) };
	to->since_start = to->since_reload + inherited(c)[i];
	return true;
}
