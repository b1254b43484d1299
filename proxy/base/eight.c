#include "base/eight.h"

#include "base/sixteen.h"

/* So many times sixteen are added up before a byte could overflow. */
enum { BATCH = 255 };

static inline size_t sum(sixteen bytes)
{
	const uint64_t twos = UINT64_C(0x00ff00ff00ff00ff), ones = UINT64_C(0x0001000100010001);
	uint64_t x[2], all;

	memcpy(x, &bytes, sizeof(x));
	all = (x[0] & twos) + (x[0] >> 8 & twos) + (x[1] & twos) + (x[1] >> 8 & twos);
	return all * ones >> 48;
}

static inline sixteen are(const char *p, uint8_t c, bool above)
{
	const sixteen bytes = sixteen_load(p);

	return (sixteen)(above ? bytes > c : bytes == c);
}

/* Of bytes that are c, or above it. */
static inline size_t count(const char *p, size_t n, uint8_t c, bool above)
{
	size_t total = 0;

	while (n >= 16) {
		sixteen each = { 0 };

		unsigned k = 0;

		for (; k + 4 <= BATCH && n >= 4 * 16; k += 4, p += 4 * 16, n -= 4 * 16)
			each -= are(p, c, above) + are(p + 16, c, above) +
				are(p + 2 * 16, c, above) + are(p + 3 * 16, c, above);
		for (; k < BATCH && n >= 16; k++, p += 16, n -= 16)
			each -= are(p, c, above);
		total += sum(each);
	}
	for (; n > 0; p++, n--)
		total += above ? (uint8_t)*p > c : (uint8_t)*p == c;
	return total;
}

size_t eight_count(const char *p, size_t n, char c)
{
	return count(p, n, (uint8_t)c, false);
}

size_t eight_count_above(const char *p, size_t n, char c)
{
	return count(p, n, (uint8_t)c, true);
}

bool eight_has_high(const char *p, size_t n)
{
	uint64_t high = 0;

	for (; n >= 4 * 16 && !(high & EIGHT_HIGHS); p += 4 * 16, n -= 4 * 16) {
		const sixteen half = sixteen_load(p) | sixteen_load(p + 16);

		high = sixteen_or(half | sixteen_load(p + 2 * 16) | sixteen_load(p + 3 * 16));
	}
	for (; n >= 8; p += 8, n -= 8)
		high |= eight_load(p);
	for (; n > 0; p++, n--)
		high |= (unsigned char)*p;
	return (high & EIGHT_HIGHS) != 0;
}
