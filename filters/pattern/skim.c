#include "filters/pattern/skim.h"

#include "base/mem.h"
#include "filters/pattern/alike.h"

#include <float.h>
#include <stdlib.h>

enum {
	DEPTH = PLANES_DEPTH,
	SETS = ALIKE_LANES,
	NEAR = 4, /* sets in their order, of which the best two are united */
};

/* Of places that pass, by what bytes mail is made of: more is not worth it, and so many more are dearer than one set. */
#define WORTH 0.6f
#define SET   0.0007f

struct lane_set {
	struct lane lane;
	float share;
	float cost; /* of uniting it */
	uint32_t with;
};

static int compare_sets(const void *a, const void *b)
{
	const struct lane *one = &((const struct lane_set *)a)->lane;
	const struct lane *other = &((const struct lane_set *)b)->lane;

	for (unsigned d = 0; d < DEPTH; d++)
		for (unsigned i = 0; i < 4; i++)
			if (one->sets[d].bits[i] != other->sets[d].bits[i])
				return one->sets[d].bits[i] < other->sets[d].bits[i] ? -1 : 1;
	return 0;
}

static void find_near(const struct lane_shares *shares, struct lane_set *sets, uint32_t count,
		      uint32_t i)
{
	struct lane_set *s = &sets[i];

	s->cost = FLT_MAX;
	for (uint32_t j = i + 1; j < count && j <= i + NEAR; j++) {
		const float cost = lane_share_united(shares, &s->lane, &sets[j].lane) - s->share -
				   sets[j].share;

		if (cost < s->cost) {
			s->cost = cost;
			s->with = j;
		}
	}
}

/* The first of the two that are best united. */
static uint32_t find_cheapest(const struct lane_set *sets, uint32_t count)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < count; i++)
		if (sets[i].cost < sets[best].cost)
			best = i;
	return best;
}

static void unite(const struct lane_shares *shares, struct lane_set *sets, uint32_t count,
		  uint32_t one)
{
	const uint32_t gone = sets[one].with;

	lane_unite(&sets[one].lane, &sets[gone].lane);
	sets[one].share = lane_share_united(shares, &sets[one].lane, &sets[one].lane);
	memmove(sets + gone, sets + gone + 1, (count - gone - 1) * sizeof(*sets));
	for (uint32_t i = one < NEAR ? 0 : one - NEAR; i < gone; i++)
		find_near(shares, sets, count - 1, i);
	for (uint32_t i = gone; i < count - 1; i++)
		sets[i].with--;
}

/* Returns how many are left. */
static uint32_t make_sets(const struct lane_shares *shares, struct lane_set *sets, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		sets[i].share = lane_share_united(shares, &sets[i].lane, &sets[i].lane);
	qsort(sets, count, sizeof(*sets), compare_sets);
	for (uint32_t i = 0; i < count; i++)
		find_near(shares, sets, count, i);
	for (; count > 1; count--) {
		const uint32_t one = find_cheapest(sets, count);

		if (count <= SETS && sets[one].cost > SET)
			break;
		unite(shares, sets, count, one);
	}
	return count;
}

static void fill(struct planes *p, const struct lane *lane, uint32_t set,
		 const uint8_t class_of[256])
{
	for (unsigned depth = 0; depth < DEPTH; depth++)
		for (unsigned byte = 0; byte < 256; byte++)
			if (lane_takes(lane, depth, byte))
				planes_put(p, set, depth, class_of[byte]);
}

static struct planes *make(const struct lane_shares *shares, const struct lane_set *sets,
			   uint32_t count)
{
	struct alike *alike = alike_new(shares, DEPTH);
	uint8_t class_of[256];
	struct planes *p;

	for (uint32_t i = 0; i < count; i++)
		alike_add(alike, &sets[i].lane);
	alike_close(alike, PLANES_CLASSES, class_of);
	p = planes_new(count, class_of);
	for (uint32_t i = 0; i < count; i++)
		fill(p, &sets[i].lane, i, class_of);
	return p;
}

struct planes *skim_new(const struct lane_shares *shares, const struct lane *const *lanes,
			uint32_t count)
{
	struct lane_set *sets;
	struct planes *p = NULL;
	float passes = 0;

	if (count == 0 || !planes_can())
		return NULL;
	sets = mem_array(NULL, count, sizeof(*sets));
	for (uint32_t i = 0; i < count; i++) {
		sets[i].lane = *lanes[i];
		if (sets[i].lane.open > DEPTH)
			sets[i].lane.open = DEPTH;
	}
	count = make_sets(shares, sets, count);
	for (uint32_t i = 0; i < count; i++)
		passes += sets[i].share;
	if (passes < WORTH)
		p = make(shares, sets, count);
	mem_free(sets);
	return p;
}
