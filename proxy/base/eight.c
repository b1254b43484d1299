#include "base/eight.h"

#include "base/lanes.h"

/* So many lanes are added up before a byte could overflow. */
enum { BATCH = 255 };

static inline size_t sum(lanes bytes)
{
	const uint64_t twos = UINT64_C(0x00ff00ff00ff00ff), ones = UINT64_C(0x0001000100010001);
	uint64_t x[2], all;

	memcpy(x, &bytes, sizeof(x));
	all = (x[0] & twos) + (x[0] >> 8 & twos) + (x[1] & twos) + (x[1] >> 8 & twos);
	return all * ones >> 48;
}

/* Of bytes that are c, or above it. */
static inline size_t count(const char *p, size_t n, uint8_t c, bool above)
{
	size_t total = 0;

	while (n >= LANES) {
		lanes each = { 0 };

		for (unsigned k = 0; k < BATCH && n >= LANES; k++) {
			const lanes bytes = lanes_load(p);

			each -= (lanes)(above ? bytes > c : bytes == c);
			p += LANES;
			n -= LANES;
		}
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

	for (; n >= 4 * LANES && !(high & EIGHT_HIGHS); p += 4 * LANES, n -= 4 * LANES) {
		const lanes half = lanes_load(p) | lanes_load(p + LANES);

		high = lanes_or(half | lanes_load(p + 2 * LANES) | lanes_load(p + 3 * LANES));
	}
	for (; n >= 8; p += 8, n -= 8)
		high |= eight_load(p);
	for (; n > 0; p++, n--)
		high |= (unsigned char)*p;
	return (high & EIGHT_HIGHS) != 0;
}
