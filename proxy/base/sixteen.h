/* sixteen.h - sixteen bytes of a text at a time, side by side in a register, for what most of a text is to be passed over. */
#ifndef BASE_SIXTEEN_H
#define BASE_SIXTEEN_H

#include "base/eight.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Where they are compared, all bits of each that is so. */
typedef uint8_t sixteen __attribute__((vector_size(16)));

static inline sixteen sixteen_load(const char *p)
{
	sixteen bytes;

	memcpy(&bytes, p, sizeof(bytes));
	return bytes;
}

/* All of them OR. */
static inline uint64_t sixteen_or(sixteen bytes)
{
	uint64_t x[2];

	memcpy(x, &bytes, sizeof(x));
	return x[0] | x[1];
}

/* Some of them are so. */
static inline bool sixteen_any(sixteen which)
{
#ifdef __SSE2__
	return _mm_movemask_epi8((__m128i)which) != 0;
#else
	return sixteen_or(which) != 0;
#endif
}

/* The first one of those that are so; there is one. */
static inline unsigned sixteen_first(sixteen which)
{
#ifdef __SSE2__
	return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8((__m128i)which));
#else
	char bytes[16];
	uint64_t head;

	memcpy(bytes, &which, sizeof(bytes));
	head = eight_load(bytes);
	return head ? eight_first(head) : 8 + eight_first(eight_load(bytes + 8));
#endif
}

/* Bytes in front of the first one that is a or b; all, when none is. */
static inline size_t sixteen_until(const char *p, size_t n, char a, char b)
{
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		const sixteen x = sixteen_load(p + i);
		const sixteen ends = (sixteen)((x == (uint8_t)a) | (x == (uint8_t)b));

		if (sixteen_any(ends))
			return i + sixteen_first(ends);
	}
	while (i < n && p[i] != a && p[i] != b)
		i++;
	return i;
}

#endif
