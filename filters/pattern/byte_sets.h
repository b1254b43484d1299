/* byte_sets.h - sets of bytes that many ask for, each kept once and called by a number. */
#ifndef FILTERS_PATTERN_BYTE_SETS_H
#define FILTERS_PATTERN_BYTE_SETS_H

#include "filters/regex/tree.h"

enum { BYTE_SETS_MOST = 1 << 12, BYTE_SET_BUCKETS = 1 << 10 };

struct byte_sets {
	struct byte_set *items;
	uint16_t *next; /* in the bucket: a number and 1; 0: none */
	uint32_t count, room, next_room;
	uint16_t buckets[BYTE_SET_BUCKETS]; /* as `next` */
};

/* The number of a set, which is new or known.  False: there are as many as may be. */
bool byte_sets_number(struct byte_sets *s, const struct byte_set *set, uint16_t *number) NODISCARD;
void byte_sets_close(struct byte_sets *s);

#endif
