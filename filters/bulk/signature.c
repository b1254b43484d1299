#include "filters/bulk/signature.h"

#include <string.h>

/* Odd, so that multiplying is a permutation of 32 bits; the least of the products is a value. */
static const uint32_t factors[BULK_VALUES] = {
	0xd2e6b439, 0xf2a74de5, 0xa69e0d37, 0xe513270f, 0xa6a3a451, 0x8c5c7fd1, 0x928b2f33,
	0xd23f0825, 0x892f902b, 0x9818e811, 0xdd9dc9f9, 0x9531985d, 0x8ed90475, 0xe8e25d95,
	0x81e74ef5, 0xb6f675cd, 0x899950d9, 0x9600a35b, 0xef03675b, 0xeb0d549b, 0x91e20b8f,
	0xbd9c1725, 0x9738f7d9, 0x8d116ecf, 0xecad4a27, 0x8f21ddb7, 0xd3ac94af, 0x90c192cf,
	0x9fb17c23, 0xf28c105d, 0xb9263059, 0xa170b339,
};

static uint32_t pair_hash(uint64_t seed, uint32_t a, uint32_t b)
{
	const uint64_t h = (((uint64_t)a << 32 | b) ^ seed) * 0x9e3779b97f4a7c15;

	return (uint32_t)((h ^ h >> 29) * 0xbf58476d1ce4e5b9 >> 32);
}

void signature_make(uint32_t values[BULK_VALUES], uint32_t kind, const uint32_t *words, uint32_t n)
{
	const uint64_t seed = (kind + 1) * 0x2545f4914f6cdd1d;
	uint32_t least[BULK_VALUES];

	memset(least, 0xff, sizeof(least));
	for (uint32_t i = 1; i < n; i++) {
		const uint32_t pair = pair_hash(seed, words[i - 1], words[i]);

		for (unsigned v = 0; v < BULK_VALUES; v++) {
			const uint32_t h = pair * factors[v];

			least[v] = h < least[v] ? h : least[v];
		}
	}
	memcpy(values, least, sizeof(least));
}
