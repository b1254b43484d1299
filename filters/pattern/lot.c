#include "filters/pattern/lot.h"

#include "base/mem.h"

void lot_open(struct lot *lot, uint32_t room)
{
	lot->parts = mem_array(NULL, room + 1, sizeof(*lot->parts));
	lot->place = mem_new((room + 1) * sizeof(*lot->place));
	lot->count = 0;
}

void lot_close(struct lot *lot)
{
	mem_free(lot->parts);
	mem_free(lot->place);
}

/* The part of `who`; NULL: there is none. */
static uint32_t *lot_find(const struct lot *lot, uint32_t who)
{
	const uint32_t at = lot->place[who] - 1; /* of old lots too */

	return at < lot->count && lot->parts[at] >> WHO_SHIFT == who ? &lot->parts[at] : NULL;
}

void lot_add(struct lot *lot, const struct part *part)
{
	uint32_t *old = lot_find(lot, part->who);
	struct part both;

	if (!old) {
		lot->parts[lot->count] = part_pack(part);
		lot->place[part->who] = ++lot->count;
		return;
	}
	both = part_unpack(*old);
	if (part->news > both.news)
		both.news = part->news;
	if (part->most > both.most)
		both.most = part->most;
	if (part->least < both.least)
		both.least = part->least;
	*old = part_pack(&both);
}

void lot_add_all(struct lot *lot, const uint32_t *parts, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct part part = part_unpack(parts[i]);

		lot_add(lot, &part);
	}
}

bool lot_is(const struct lot *lot, const uint32_t *parts, uint32_t count)
{
	if (lot->count != count)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t *part = lot_find(lot, parts[i] >> WHO_SHIFT);

		if (!part || *part != parts[i])
			return false;
	}
	return true;
}

uint32_t lot_hash(const struct lot *lot)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < lot->count; i++)
		sum += (lot->parts[i] ^ 0x5bd1e995u) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(sum ^ sum >> 32);
}
