#include "filters/bulk/signature.h"

/* Odd, so that multiplying is a permutation of 32 bits; the least of the products is a value. */
static const uint32_t factors[SIGNATURE_VALUES] = {
	0xd2e6b439, 0xf2a74de5, 0xa69e0d37, 0xe513270f, 0xa6a3a451, 0x8c5c7fd1, 0x928b2f33,
	0xd23f0825, 0x892f902b, 0x9818e811, 0xdd9dc9f9, 0x9531985d, 0x8ed90475, 0xe8e25d95,
	0x81e74ef5, 0xb6f675cd, 0x899950d9, 0x9600a35b, 0xef03675b, 0xeb0d549b, 0x91e20b8f,
	0xbd9c1725, 0x9738f7d9, 0x8d116ecf, 0xecad4a27, 0x8f21ddb7, 0xd3ac94af, 0x90c192cf,
	0x9fb17c23, 0xf28c105d, 0xb9263059, 0xa170b339,
};

static uint32_t pair_hash(uint32_t a, uint32_t b)
{
	const uint64_t h = (((uint64_t)a << 32 | b) ^ 0x2545f4914f6cdd1d) * 0x9e3779b97f4a7c15;

	return (uint32_t)((h ^ h >> 29) * 0xbf58476d1ce4e5b9 >> 32);
}

void signature_make(struct signature *s, const uint32_t *words, uint32_t n)
{
	for (unsigned v = 0; v < SIGNATURE_VALUES; v++)
		s->values[v] = UINT32_MAX;
	for (uint32_t i = 1; i < n; i++) {
		const uint32_t pair = pair_hash(words[i - 1], words[i]);

		for (unsigned v = 0; v < SIGNATURE_VALUES; v++) {
			const uint32_t h = pair * factors[v];

			s->values[v] = h < s->values[v] ? h : s->values[v];
		}
	}
}

void signature_bands(const struct signature *s, uint32_t kind, uint64_t bands[SIGNATURE_BANDS])
{
	for (unsigned i = 0; i < SIGNATURE_BANDS; i++) {
		uint64_t h = (uint64_t)s->values[2 * i] << 32 | s->values[2 * i + 1];

		h = (h ^ (kind << 8 | i)) * 0x9e3779b97f4a7c15;
		bands[i] = (h ^ h >> 31) * 0xbf58476d1ce4e5b9;
	}
}

unsigned signature_alike(const struct signature *a, const struct signature *b)
{
	unsigned n = 0;

	for (unsigned v = 0; v < SIGNATURE_VALUES; v++)
		n += a->values[v] == b->values[v];
	return n;
}
