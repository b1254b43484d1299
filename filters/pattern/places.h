/* places.h - where in a text the rules of a group may begin to match, gathered while the text is looked over.
 *
 * The places of a rule are ranges of bytes at which a match may begin, in their order, each in one piece of
 * the text, none touching the next of that piece.  Where they are told of in another order, they become larger: that costs time only.  They are
 * bounded, for each rule and for all: a rule of which some have found no room is `lost`. */
#ifndef FILTERS_PATTERN_PLACES_H
#define FILTERS_PATTERN_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place {
	uint32_t piece;
	uint32_t from, to; /* before `to` */
	uint32_t seen;     /* what was told last: the byte at which it is */
	uint32_t told;     /* so often, of different bytes, as far as it matters */
	uint32_t other;    /* the place behind it, or before it while they are gathered; 0: none */
};

struct places_of {
	uint32_t last; /* a place; 0: none */
	uint16_t count;
	bool lost; /* it may begin anywhere */
	bool listed;
};

struct places {
	struct place *items; /* 0 is none */
	uint32_t count;
	struct places_of *of; /* by rule */
	uint32_t *rules;      /* those that have any */
	uint32_t rule_count;
};

void places_open(struct places *p, size_t rules);
void places_close(struct places *p);
void places_clear(struct places *p);

void places_add(struct places *p, uint32_t rule, const struct place *place);
/* At this byte something of a match was seen, but none begins there: it is told of the place before it. */
void places_count(struct places *p, uint32_t rule, uint32_t piece, uint32_t seen);
/* The first place of a rule, when all are added; the next is place->other.  0: none.  Once: it turns the list around. */
uint32_t places_take(struct places *p, uint32_t rule);

#endif
