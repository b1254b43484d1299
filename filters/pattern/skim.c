#include "filters/pattern/skim.h"

#include "base/mem.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <float.h>
#include <stdlib.h>

enum {
	DEPTH = 8, /* bytes that are asked of */
	PLANE = 8, /* sets, a bit of a byte each */
	PLANES = 16,
	NEAR = 4, /* sets in their order, of which the best two are united */
	BYTES = 256,
	LINE = 64,
};

/* Of places that pass, by what bytes mail is made of: more is not worth it, and so many more are dearer than one set. */
#define WORTH 0.6f
#define SET   0.0015f

struct skim {
	unsigned planes;
	uint8_t *tables; /* by plane and depth, of a byte each; in lines of the cache */
	void *block;     /* they are in */
};

/* ---- making one ---- */

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

		if (count <= PLANES * PLANE && sets[one].cost > SET)
			break;
		unite(shares, sets, count, one);
	}
	return count;
}

static void fill(const struct skim *s, const struct lane *lane, uint32_t number)
{
	uint8_t *row = s->tables + (size_t)(number / PLANE) * DEPTH * BYTES;

	for (unsigned depth = 0; depth < DEPTH; depth++, row += BYTES)
		for (unsigned byte = 0; byte < BYTES; byte++)
			if (lane_takes(lane, depth, byte))
				row[byte] |= (uint8_t)(1u << number % PLANE);
}

static struct skim *make(const struct lane_set *sets, uint32_t count)
{
	struct skim *s = mem_new(sizeof(*s));

	s->planes = (count + PLANE - 1) / PLANE;
	s->block = mem_new((size_t)s->planes * DEPTH * BYTES + LINE);
	s->tables = (uint8_t *)s->block + (LINE - (uintptr_t)s->block % LINE);
	for (uint32_t i = 0; i < count; i++)
		fill(s, &sets[i].lane, i);
	return s;
}

struct skim *skim_new(const struct lane_shares *shares, const struct lane *const *lanes,
		      uint32_t count)
{
	struct lane_set *sets;
	struct skim *s = NULL;
	float passes = 0;

	if (count == 0 || !__builtin_cpu_supports("avx512vbmi") ||
	    !__builtin_cpu_supports("avx512bw"))
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
		s = make(sets, count);
	mem_free(sets);
	return s;
}

void skim_free(struct skim *s)
{
	if (!s)
		return;
	mem_free(s->block);
	mem_free(s);
}

/* ---- a text ---- */

#define WIDE __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/* The bytes of the table that each of the others says. */
WIDE static inline __m512i look_up_low(const uint8_t *table, __m512i bytes)
{
	return _mm512_permutex2var_epi8(_mm512_load_si512(table), bytes,
					_mm512_load_si512(table + LINE));
}

WIDE static inline __m512i look_up(const uint8_t *table, __m512i bytes, __mmask64 high)
{
	return _mm512_mask_blend_epi8(high, look_up_low(table, bytes),
				      look_up_low(table + BYTES / 2, bytes));
}

WIDE static uint64_t look_at_low(const struct skim *s, const __m512i bytes[DEPTH])
{
	const uint8_t *table = s->tables;
	__m512i found = _mm512_setzero_si512();

	for (unsigned plane = 0; plane < s->planes; plane++) {
		__m512i left = look_up_low(table, bytes[0]);

		table += BYTES;
#pragma GCC unroll 8 /* DEPTH */
		for (unsigned d = 1; d < DEPTH; d++, table += BYTES)
			left = _mm512_and_si512(left, look_up_low(table, bytes[d]));
		found = _mm512_or_si512(found, left);
	}
	return _mm512_test_epi8_mask(found, found);
}

WIDE static uint64_t look_at_any(const struct skim *s, const __m512i bytes[DEPTH])
{
	const uint8_t *table = s->tables;
	__m512i found = _mm512_setzero_si512();

	for (unsigned plane = 0; plane < s->planes; plane++) {
		__m512i left = _mm512_set1_epi8(-1);

		for (unsigned d = 0; d < DEPTH; d++, table += BYTES)
			left = _mm512_and_si512(
				left, look_up(table, bytes[d], _mm512_movepi8_mask(bytes[d])));
		found = _mm512_or_si512(found, left);
	}
	return _mm512_test_epi8_mask(found, found);
}

WIDE uint64_t skim_look(const struct skim *s, struct str text)
{
	__m512i bytes[DEPTH];
	__mmask64 high = 0;

	for (unsigned d = 0; d < DEPTH; d++) {
		const struct str from = str_from(text, d < text.n ? d : text.n);
		const __mmask64 there =
			from.n < SKIM_PLACES ? (UINT64_C(1) << from.n) - 1 : UINT64_MAX;

		bytes[d] = _mm512_maskz_loadu_epi8(there, from.p);
		high |= _mm512_movepi8_mask(bytes[d]);
	}
	return high ? look_at_any(s, bytes) : look_at_low(s, bytes);
}

#else

struct skim *skim_new(const struct lane_shares *shares, const struct lane *const *lanes,
		      uint32_t count)
{
	(void)shares;
	(void)lanes;
	(void)count;
	return NULL;
}

void skim_free(struct skim *s)
{
	(void)s;
}

uint64_t skim_look(const struct skim *s, struct str text)
{
	(void)s;
	(void)text;
	return UINT64_MAX;
}

#endif
