/* eight.h - eight bytes of a text at a time, where what is looked for is so near that a call of memchr() costs more than
 * what it saves: lines of a few bytes, which hostile mail is made of. */
#ifndef BASE_EIGHT_H
#define BASE_EIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define EIGHT_ONES  UINT64_C(0x0101010101010101)
#define EIGHT_HIGHS UINT64_C(0x8080808080808080)

/* The first byte is the lowest. */
static inline uint64_t eight_load(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

/* Eight times the same. */
static inline uint64_t eight_of(char c)
{
	return EIGHT_ONES * (unsigned char)c;
}

/* The high bit of each byte that is 0; 0: there is none.  Only the first of them is sure: behind it, a byte that is 1 may have
 * its bit too. */
static inline uint64_t eight_zeroes(uint64_t x)
{
	return (x - EIGHT_ONES) & ~x & EIGHT_HIGHS;
}

/* The same, and all of them are sure. */
static inline uint64_t eight_all_zeroes(uint64_t x)
{
	return ~(((x & ~EIGHT_HIGHS) + ~EIGHT_HIGHS) | x | ~EIGHT_HIGHS);
}

/* The high bit of each byte that is above c, which is ASCII. */
static inline uint64_t eight_above(uint64_t x, char c)
{
	return (((x & ~EIGHT_HIGHS) + eight_of((char)(0x7f - c))) | x) & EIGHT_HIGHS;
}

/* Which byte has the first of these bits. */
static inline unsigned eight_first(uint64_t bits)
{
	return (unsigned)__builtin_ctzll(bits) / 8;
}

/* How often c is among n bytes. */
size_t eight_count(const char *p, size_t n, char c);
/* How many of n bytes are above c, which is ASCII. */
size_t eight_count_above(const char *p, size_t n, char c);

/* There is a byte that is not of ASCII. */
bool eight_has_high(const char *p, size_t n);

/* As memchr(): the next c before end; end: there is none. */
static inline const char *eight_seek(const char *p, const char *end, char c)
{
	for (unsigned i = 0; i < 2 && end - p >= 8; i++, p += 8) {
		const uint64_t there = eight_zeroes(eight_load(p) ^ eight_of(c));

		if (there)
			return p + eight_first(there);
	}
	p = p < end ? memchr(p, c, (size_t)(end - p)) : NULL;
	return p ? p : end;
}

#endif
