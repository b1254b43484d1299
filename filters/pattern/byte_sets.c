#include "filters/pattern/byte_sets.h"

#include "base/check.h"
#include "base/mem.h"

static unsigned bucket_of(const struct byte_set *set)
{
	uint64_t h = 0;

	for (unsigned i = 0; i < COUNTOF(set->bits); i++)
		h = (h ^ set->bits[i]) * 0x9e3779b97f4a7c15u;
	return (unsigned)(h >> 32) % BYTE_SET_BUCKETS;
}

bool byte_sets_number(struct byte_sets *s, const struct byte_set *set, uint16_t *number)
{
	uint16_t *bucket = &s->buckets[bucket_of(set)];

	for (unsigned i = *bucket; i; i = s->next[i - 1])
		if (memcmp(&s->items[i - 1], set, sizeof(*set)) == 0) {
			*number = (uint16_t)(i - 1);
			return true;
		}
	if (s->count == BYTE_SETS_MOST)
		return false;
	s->items = mem_grow(s->items, &s->room, s->count + 1, sizeof(*s->items));
	s->next = mem_grow(s->next, &s->next_room, s->count + 1, sizeof(*s->next));
	s->items[s->count] = *set;
	s->next[s->count] = *bucket;
	*number = (uint16_t)s->count;
	*bucket = (uint16_t)++s->count;
	return true;
}

void byte_sets_close(struct byte_sets *s)
{
	mem_free(s->items);
	mem_free(s->next);
}
