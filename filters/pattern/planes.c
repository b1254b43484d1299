#include "filters/pattern/planes.h"

#include "base/check.h"
#include "base/mem.h"

enum {
	PLANE = 8,             /* sets, a bit of a byte each */
	LINE = PLANES_CLASSES, /* of the cache, of a table and of a register */
};

struct planes {
	uint8_t class_of[256];
	unsigned count;
	uint8_t *tables; /* by plane and depth, of a byte for each class */
	void *block;     /* they are in, from a line of the cache on */
};

struct planes *planes_new(uint32_t sets, const uint8_t class_of[256])
{
	struct planes *p = mem_new(sizeof(*p));

	CHECK(planes_can());
	memcpy(p->class_of, class_of, sizeof(p->class_of));
	p->count = (sets + PLANE - 1) / PLANE;
	p->block = mem_new((size_t)p->count * PLANES_DEPTH * LINE + LINE);
	p->tables = (uint8_t *)p->block + (LINE - (uintptr_t)p->block % LINE);
	return p;
}

void planes_free(struct planes *p)
{
	if (!p)
		return;
	mem_free(p->block);
	mem_free(p);
}

void planes_put(struct planes *p, uint32_t set, unsigned depth, unsigned class)
{
	const size_t table = (size_t)(set / PLANE) * PLANES_DEPTH + depth;

	CHECK(set / PLANE < p->count && depth < PLANES_DEPTH && class < PLANES_CLASSES);
	p->tables[table * LINE + class] |= (uint8_t)(1u << set % PLANE);
}

#if defined(__x86_64__)

#include <immintrin.h>

bool planes_can(void)
{
	return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw");
}

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
WIDE static void classify(const struct planes *p, struct str text, uint8_t *classes, unsigned lines)
{
	for (; lines > 0; lines--, classes += LINE) {
		const __mmask64 there = text.n < LINE ? (UINT64_C(1) << text.n) - 1 : UINT64_MAX;
		const __m512i bytes = _mm512_maskz_loadu_epi8(there, text.p);
		const __mmask64 high = _mm512_movepi8_mask(bytes);
		__m512i found = look_up(p->class_of, bytes);

		if (high)
			found = _mm512_mask_blend_epi8(high, found,
						       look_up(p->class_of + 128, bytes));
		_mm512_store_si512(classes, found);
		text = str_from(text, text.n < LINE ? text.n : LINE);
	}
}

/* Two lines of places at once, as each table is read for both. */
WIDE static void look_at(const struct planes *p, const uint8_t *classes, uint64_t left[2])
{
	const uint8_t *table = p->tables;
	__m512i first[PLANES_DEPTH], second[PLANES_DEPTH], found[2] = { _mm512_setzero_si512() };

#pragma GCC unroll 8 /* PLANES_DEPTH */
	for (unsigned d = 0; d < PLANES_DEPTH; d++) {
		first[d] = _mm512_loadu_si512(classes + d);
		second[d] = _mm512_loadu_si512(classes + LINE + d);
	}
	found[1] = found[0];
	for (unsigned plane = 0; plane < p->count; plane++) {
		__m512i one = _mm512_set1_epi8(-1), other = one;

#pragma GCC unroll 8 /* PLANES_DEPTH */
		for (unsigned d = 0; d < PLANES_DEPTH; d++, table += PLANES_CLASSES) {
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

WIDE unsigned planes_look(const struct planes *p, struct str text, unsigned n, uint16_t *places)
{
	uint8_t classes[PLANES_PLACES + 2 * LINE] __attribute__((aligned(LINE)));
	unsigned count = 0;

	classify(p, text, classes, (n + LINE - 1) / LINE + 2);
	for (unsigned at = 0; at < n; at += 2 * LINE) {
		uint64_t left[2];

		look_at(p, classes + at, left);
		for (unsigned i = at; i < n && i <= at + LINE; i += LINE)
			for (uint64_t bits = left[i > at] & first_of(n - i); bits; bits &= bits - 1)
				places[count++] = (uint16_t)(i + (unsigned)__builtin_ctzll(bits));
	}
	return count;
}

#else

bool planes_can(void)
{
	return false;
}

unsigned planes_look(const struct planes *p, struct str text, unsigned n, uint16_t *places)
{
	(void)p;
	(void)text;
	(void)n;
	(void)places;
	return 0;
}

#endif
