#include "base/eight.h"

/* So many words are added up before a byte could overflow in the sum of all eight, which is its first byte. */
enum { BATCH = 31 };

/* The high bit of each byte that counts. */
typedef uint64_t marks_fn(uint64_t x, char c);

static uint64_t equal(uint64_t x, char c)
{
	return eight_all_zeroes(x ^ eight_of(c));
}

/* `other`: a byte that does not count. */
static inline size_t count(const char *p, size_t n, marks_fn *marks, char c, char other)
{
	char tail[8] = { other, other, other, other, other, other, other, other };
	size_t total = 0;

	while (n >= 8) {
		uint64_t each = 0;

		for (unsigned k = 0; k < BATCH && n >= 8; k++, p += 8, n -= 8)
			each += marks(eight_load(p), c) >> 7;
		total += each * EIGHT_ONES >> 56;
	}
	if (n)
		memcpy(tail, p, n);
	return total + ((marks(eight_load(tail), c) >> 7) * EIGHT_ONES >> 56);
}

size_t eight_count(const char *p, size_t n, char c)
{
	return count(p, n, equal, c, (char)~c);
}

size_t eight_count_above(const char *p, size_t n, char c)
{
	return count(p, n, eight_above, c, c);
}

bool eight_has_high(const char *p, size_t n)
{
	uint64_t high = 0;

	for (; n >= 64 && !(high & EIGHT_HIGHS); p += 64, n -= 64)
		for (unsigned k = 0; k < 64; k += 8)
			high |= eight_load(p + k);
	for (; n > 0; p++, n--)
		high |= (unsigned char)*p;
	return (high & EIGHT_HIGHS) != 0;
}
