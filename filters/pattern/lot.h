/* lot.h - sets of parts: what an automaton has come to, in no order.  Part of automaton.c.
 *
 * A part is a node or an item, with what is known at it and how many bytes back its window begins, at least and at most.
 * Parts are kept as one number each. */
#ifndef FILTERS_PATTERN_LOT_H
#define FILTERS_PATTERN_LOT_H

#include <stdbool.h>
#include <stdint.h>

enum { NEWS_BITS = 6, DEPTH_BITS = 4, WHO_SHIFT = NEWS_BITS + 2 * DEPTH_BITS };

struct part {
	uint32_t who;
	unsigned news, least, most;
};

static inline uint32_t part_pack(const struct part *p)
{
	return p->who << WHO_SHIFT | p->news << 2 * DEPTH_BITS | p->most << DEPTH_BITS | p->least;
}

static inline struct part part_unpack(uint32_t packed)
{
	const uint32_t depth = (1u << DEPTH_BITS) - 1;

	return (struct part){
		.who = packed >> WHO_SHIFT,
		.news = packed >> 2 * DEPTH_BITS & ((1u << NEWS_BITS) - 1),
		.most = packed >> DEPTH_BITS & depth,
		.least = packed & depth,
	};
}

/* One part of each who.  It is empty when its count is 0. */
struct lot {
	uint32_t *parts;
	uint32_t count;
	uint32_t *place; /* by whom: where it may be, + 1 */
};

void lot_open(struct lot *lot, uint32_t room); /* for who is below `room` */
void lot_close(struct lot *lot);
/* Where there is one of him, more is known of both than of each: nothing is missed. */
void lot_add(struct lot *lot, const struct part *part);
void lot_add_all(struct lot *lot, const uint32_t *parts, uint32_t count);
bool lot_is(const struct lot *lot, const uint32_t *parts, uint32_t count);
uint32_t lot_hash(const struct lot *lot); /* the same in whatever order they are */

#endif
