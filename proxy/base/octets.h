/* octets.h - whole numbers as 1 to 8 bytes: the most significant first, as the network has them and as keys are in
 * order (be), or the least significant first (le).  Of a number that is larger its low bytes are written. */
#ifndef BASE_OCTETS_H
#define BASE_OCTETS_H

#include "base/out.h"

#include <stdint.h>

static inline uint64_t octets_be(const char *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static inline uint64_t octets_le(const char *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return v;
}

static inline void octets_put_be(char *to, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (char)(v >> (8 * (bytes - 1 - i)));
}

static inline void out_be(struct out *o, uint64_t v, unsigned bytes)
{
	char octets[8];

	octets_put_be(octets, v, bytes);
	out_str(o, (struct str){ .p = octets, .n = bytes });
}

static inline void out_le(struct out *o, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		out_char(o, (char)(v >> (8 * i)));
}

#endif
