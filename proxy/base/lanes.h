/* lanes.h - sixteen bytes of a text at a time, side by side in a register, for what most of a text is to be passed over. */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include "base/eight.h"

enum { LANES = 16 };

/* Where they are compared, all bits of each that is so. */
typedef uint8_t lanes __attribute__((vector_size(LANES)));

static inline lanes lanes_load(const char *p)
{
	lanes bytes;

	memcpy(&bytes, p, sizeof(bytes));
	return bytes;
}

/* All of them OR. */
static inline uint64_t lanes_or(lanes bytes)
{
	uint64_t x[2];

	memcpy(x, &bytes, sizeof(x));
	return x[0] | x[1];
}

/* The first one of those that are so; there is one. */
static inline unsigned lanes_first(lanes which)
{
	char bytes[LANES];
	uint64_t head;

	memcpy(bytes, &which, sizeof(bytes));
	head = eight_load(bytes);
	return head ? eight_first(head) : 8 + eight_first(eight_load(bytes + 8));
}

#endif
