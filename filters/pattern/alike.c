#include "filters/pattern/alike.h"

#include "base/check.h"
#include "base/mem.h"

#include <float.h>

#if defined(__x86_64__)
#define COUNTS_BITS __attribute__((target("popcnt")))
#else
#define COUNTS_BITS
#endif

enum { BYTES = 256, WORDS = ALIKE_LANES * ALIKE_DEPTH / 64 };

/* Bytes that are one; with share 0 it is no more. */
struct byte_class {
	uint64_t takes[WORDS]; /* a bit for each byte of a lane that it may be */
	float share;
	float cost; /* of uniting it with the class behind it that is most alike */
	unsigned with;
};

struct alike {
	struct byte_class classes[BYTES];
	uint8_t of[BYTES]; /* of each byte its class */
	unsigned depth, lanes;
};

struct alike *alike_new(const struct lane_shares *shares, unsigned depth)
{
	struct alike *a = mem_new(sizeof(*a));

	CHECK(depth <= ALIKE_DEPTH);
	a->depth = depth;
	for (unsigned byte = 0; byte < BYTES; byte++) {
		a->classes[byte].share = shares->of[byte / 8][1u << byte % 8];
		a->of[byte] = (uint8_t)byte;
	}
	return a;
}

void alike_add(struct alike *a, const struct lane *lane)
{
	CHECK(a->lanes < ALIKE_LANES);
	for (unsigned d = 0; d < a->depth; d++) {
		const unsigned bit = a->lanes * ALIKE_DEPTH + d;

		for (unsigned byte = 0; byte < BYTES; byte++)
			if (lane_takes(lane, d, byte))
				a->classes[byte].takes[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	a->lanes++;
}

/* How often a byte of one will be taken for one that only the other is. */
COUNTS_BITS static float cost_of(const struct byte_class *one, const struct byte_class *other)
{
	int of_other = 0, of_one = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		of_other += __builtin_popcountll(other->takes[i] & ~one->takes[i]);
		of_one += __builtin_popcountll(one->takes[i] & ~other->takes[i]);
	}
	return one->share * (float)of_other + other->share * (float)of_one;
}

static void compare(struct alike *a, unsigned one, unsigned other)
{
	struct byte_class *c = &a->classes[one];
	const float cost = cost_of(c, &a->classes[other]);

	if (cost < c->cost) {
		c->cost = cost;
		c->with = other;
	}
}

static void find_most_alike(struct alike *a, unsigned one)
{
	a->classes[one].cost = FLT_MAX;
	for (unsigned other = one + 1; other < BYTES; other++)
		if (a->classes[other].share > 0)
			compare(a, one, other);
}

static unsigned find_cheapest(const struct alike *a)
{
	unsigned best = 0; /* the first class is never gone */

	for (unsigned i = 1; i < BYTES; i++)
		if (a->classes[i].share > 0 && a->classes[i].cost < a->classes[best].cost)
			best = i;
	return best;
}

static void join(struct alike *a, unsigned one, unsigned gone)
{
	for (unsigned i = 0; i < WORDS; i++)
		a->classes[one].takes[i] |= a->classes[gone].takes[i];
	a->classes[one].share += a->classes[gone].share;
	a->classes[gone].share = 0;
	for (unsigned byte = 0; byte < BYTES; byte++)
		if (a->of[byte] == gone)
			a->of[byte] = (uint8_t)one;
}

static bool is_same(const struct byte_class *one, const struct byte_class *other)
{
	return other->share > 0 && memcmp(one->takes, other->takes, sizeof(one->takes)) == 0;
}

/* Those that no lane tells apart; returns how many classes are left. */
static unsigned join_same(struct alike *a)
{
	unsigned left = BYTES;

	for (unsigned one = 0; one < BYTES; one++)
		for (unsigned i = one + 1; a->classes[one].share > 0 && i < BYTES; i++)
			if (is_same(&a->classes[one], &a->classes[i])) {
				join(a, one, i);
				left--;
			}
	return left;
}

static void join_cheapest(struct alike *a)
{
	const unsigned one = find_cheapest(a), gone = a->classes[one].with;

	join(a, one, gone);
	for (unsigned i = 0; i < gone; i++) {
		const unsigned with = a->classes[i].with;

		if (a->classes[i].share == 0)
			continue;
		if (i == one || with == gone || with == one)
			find_most_alike(a, i);
		else if (i < one)
			compare(a, i, one);
	}
}

void alike_close(struct alike *a, unsigned most, uint8_t class_of[BYTES])
{
	uint8_t number_of[BYTES];
	unsigned count = 0, left = join_same(a);

	for (unsigned i = 0; i < BYTES; i++)
		if (a->classes[i].share > 0)
			find_most_alike(a, i);
	for (; left > most; left--)
		join_cheapest(a);
	for (unsigned i = 0; i < BYTES; i++)
		if (a->classes[i].share > 0)
			number_of[i] = (uint8_t)count++;
	for (unsigned byte = 0; byte < BYTES; byte++)
		class_of[byte] = number_of[a->of[byte]];
	mem_free(a);
}
