/* ranges.h - sorted ranges of addresses that do not overlap, packed so that a lookup waits for memory about once.
 *
 * They lie in leaves of four lines of the cache, which are fetched at the same time.  Above the leaves are levels with
 * the last address of each block of the level below; they stay close to the processor: 90 KB for a million ranges of
 * IPv4, 330 KB for IPv6.  The low halves of IPv6 addresses lie apart and are touched only where high ones are
 * equal; they are there only if some range ends inside a /64, and texts only if some range has one.
 *
 * Bytes a range: 5.4 in IPv4, 9.5 in IPv6, as much again for low halves; for texts 4 in IPv4, 4.6 in IPv6. */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

#include "base/attr.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranges;

/* 128 bits of an address; those of IPv4 stand in the first 32. */
struct key {
	uint64_t hi, lo;
};

enum { KEY_BITS = 128 };
enum { RANGE_NOTHING = 255 }; /* bits of a range that stands for no network */

/* From behind the range before it up to `last`.  It stands for the network of so many bits that has `last` in it;
 * addresses in front of that network are in none. */
struct range {
	struct key last;
	uint32_t text; /* 0: none */
	uint8_t bits;
};

static inline bool key_before(struct key a, struct key b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

static inline bool key_same(struct key a, struct key b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

/* The bits behind a prefix. */
static inline struct key key_behind(unsigned bits)
{
	if (bits < 64)
		return (struct key){ .hi = UINT64_MAX >> bits, .lo = UINT64_MAX };
	return (struct key){ .lo = bits < KEY_BITS ? UINT64_MAX >> (bits - 64) : 0 };
}

/* `from`: in ascending order; the last one ends where all bits are set. */
struct ranges *ranges_pack(enum ip_family family, const struct range *from, size_t count);
void ranges_free(struct ranges *r); /* may be NULL */

/* False: the key is in no network. */
bool ranges_find(const struct ranges *r, struct key key, struct range *found) NODISCARD;

size_t ranges_bytes(const struct ranges *r); /* of memory, all told */

#endif
