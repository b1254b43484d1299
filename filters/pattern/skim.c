#include "filters/pattern/skim.h"

#if defined(__x86_64__)

#include "base/mem.h"
#include "filters/pattern/alike.h"

#include <immintrin.h>

#include <float.h>
#include <stdlib.h>

enum {
	DEPTH = 8, /* bytes that are asked of */
	PLANE = 8, /* sets, a bit of a byte each */
	PLANES = 24,
	NEAR = 4,  /* sets in their order, of which the best two are united */
	LINE = 64, /* of the cache, and bytes of a register */
	CLASSES = LINE,
};

/* Of places that pass, by what bytes mail is made of: more is not worth it, and so many more are dearer than one set. */
#define WORTH 0.6f
#define SET   0.0007f

struct skim {
	uint8_t class_of[256];
	unsigned planes;
	uint8_t *
		tables; /* by plane and depth, of a byte for each class; each is a line of the cache */
	void *block;    /* they are in */
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
	uint8_t *row = s->tables + (size_t)(number / PLANE) * DEPTH * CLASSES;

	for (unsigned depth = 0; depth < DEPTH; depth++, row += CLASSES)
		for (unsigned byte = 0; byte < 256; byte++)
			if (lane_takes(lane, depth, byte))
				row[s->class_of[byte]] |= (uint8_t)(1u << number % PLANE);
}

static struct skim *make(const struct lane_shares *shares, const struct lane_set *sets,
			 uint32_t count)
{
	struct skim *s = mem_new(sizeof(*s));
	struct alike *alike = alike_new(shares, DEPTH);

	for (uint32_t i = 0; i < count; i++)
		alike_add(alike, &sets[i].lane);
	alike_close(alike, CLASSES, s->class_of);
	s->planes = (count + PLANE - 1) / PLANE;
	s->block = mem_new((size_t)s->planes * DEPTH * CLASSES + LINE);
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
		s = make(shares, sets, count);
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

/* Of a line, the first n. */
static uint64_t first_of(size_t n)
{
	return n < LINE ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

/* What the table says of each byte. */
WIDE static inline __m512i look_up(const uint8_t *table, __m512i bytes)
{
	return _mm512_permutex2var_epi8(_mm512_loadu_si512(table), bytes,
					_mm512_loadu_si512(table + LINE));
}

/* Of so many lines of a text; behind its end there are zeros. */
WIDE static void classify(const struct skim *s, struct str text, uint8_t *classes, unsigned lines)
{
	for (; lines > 0; lines--, classes += LINE) {
		const __mmask64 there = text.n < LINE ? (UINT64_C(1) << text.n) - 1 : UINT64_MAX;
		const __m512i bytes = _mm512_maskz_loadu_epi8(there, text.p);
		const __mmask64 high = _mm512_movepi8_mask(bytes);
		__m512i found = look_up(s->class_of, bytes);

		if (high)
			found = _mm512_mask_blend_epi8(high, found,
						       look_up(s->class_of + 128, bytes));
		_mm512_store_si512(classes, found);
		text = str_from(text, text.n < LINE ? text.n : LINE);
	}
}

/* Two lines of places at once, as each table is read for both. */
WIDE static void look_at(const struct skim *s, const uint8_t *classes, uint64_t left[2])
{
	const uint8_t *table = s->tables;
	__m512i first[DEPTH], second[DEPTH], found[2] = { _mm512_setzero_si512() };

#pragma GCC unroll 8 /* DEPTH */
	for (unsigned d = 0; d < DEPTH; d++) {
		first[d] = _mm512_loadu_si512(classes + d);
		second[d] = _mm512_loadu_si512(classes + LINE + d);
	}
	found[1] = found[0];
	for (unsigned plane = 0; plane < s->planes; plane++) {
		__m512i one = _mm512_set1_epi8(-1), other = one;

#pragma GCC unroll 8 /* DEPTH */
		for (unsigned d = 0; d < DEPTH; d++, table += CLASSES) {
			const __m512i sets = _mm512_load_si512(table);

			one = _mm512_and_si512(one, _mm512_permutexvar_epi8(first[d], sets));
			other = _mm512_and_si512(other, _mm512_permutexvar_epi8(second[d], sets));
		}
		found[0] = _mm512_or_si512(found[0], one);
		found[1] = _mm512_or_si512(found[1], other);
	}
	for (unsigned i = 0; i < 2; i++)
		left[i] = _mm512_test_epi8_mask(found[i], found[i]);
}

WIDE unsigned skim_look(const struct skim *s, struct str text, unsigned n, uint16_t *places)
{
	uint8_t classes[SKIM_PLACES + 2 * LINE] __attribute__((aligned(LINE)));
	unsigned count = 0;

	classify(s, text, classes, (n + LINE - 1) / LINE + 2);
	for (unsigned at = 0; at < n; at += 2 * LINE) {
		uint64_t left[2];

		look_at(s, classes + at, left);
		for (unsigned i = at; i < n && i <= at + LINE; i += LINE)
			for (uint64_t bits = left[i > at] & first_of(n - i); bits; bits &= bits - 1)
				places[count++] = (uint16_t)(i + (unsigned)__builtin_ctzll(bits));
	}
	return count;
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

unsigned skim_look(const struct skim *s, struct str text, unsigned n, uint16_t *places)
{
	(void)s;
	(void)text;
	(void)n;
	(void)places;
	return 0;
}

#endif
