/* lanes.h - sixteen bytes of a text at a time, side by side in a register, for what most of a text is to be passed over. */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Where lanes are compared, all bits of each that is so. */
typedef uint8_t lanes __attribute__((vector_size(16)));

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

#endif
