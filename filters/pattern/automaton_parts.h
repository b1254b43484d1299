/* automaton_parts.h - what an automaton is made of: nodes, and the sets of bytes that lead from one to the next.  Part of
 * automaton.c and window.c. */
#ifndef FILTERS_PATTERN_AUTOMATON_PARTS_H
#define FILTERS_PATTERN_AUTOMATON_PARTS_H

#include "base/limits.h"
#include "filters/pattern/automaton.h"
#include "filters/pattern/tree.h"

enum {
	WINDOW_DEPTH = 15, /* bytes at most */
	WINDOW_NEWS = 36,  /* what is so seldom is told of: 26 bits */
	NODES_MOST = 1 << 18,
};

enum node_kind {
	NODE_BYTE,  /* of `set`, then `next` */
	NODE_SPLIT, /* `next` or `other` */
	NODE_FOUND, /* the window was there */
};

struct node {
	uint32_t next, other;
	uint32_t item;
	uint16_t set;
	uint8_t kind;
	uint8_t news; /* of a byte of the set */
};

struct node_set {
	struct byte_set bytes;
	float share; /* of mail */
	uint8_t news;
	uint16_t next; /* with this hash, + 1; 0: none */
};

enum { SET_BUCKETS = 1024 };

struct nodes {
	struct node *items;
	uint32_t count, room;
	struct node_set *sets;
	uint32_t set_count, set_room;
	uint16_t buckets[SET_BUCKETS];
};

/* The nodes that take a byte or tell of a window, to which others lead without one. */
struct reach {
	uint32_t *found; /* these nodes */
	uint32_t count;
	uint32_t *seen, *stack;    /* by node */
	uint32_t base, room, tick; /* nodes below `base` are not met */
};
void reach_room(struct reach *reach, uint32_t nodes); /* for so many; what it held is gone */
void reach_close(struct reach *reach);
void reach_begin(struct reach *reach);
void reach_add(struct reach *reach, const struct nodes *nodes, uint32_t from);

/* ---- nodes.c ---- */

enum { ELEMENTS = 96 }; /* of a sequence that are looked at */

/* Makes nodes behind `first`, for an item. */
struct maker {
	struct nodes *nodes;
	uint32_t first, item;
	bool too_many; /* they are of no use */
};

/* Each returns its first node; behind it stands `next`. */
uint32_t put_found(struct maker *m);
/* Trees one behind the other, as many as matter. */
uint32_t put_elements(struct maker *m, const struct tree *const *items, unsigned count,
		      uint32_t next);

/* ---- window.c ---- */

struct window {
	uint32_t start;
	uint32_t lead; /* bytes that a match may begin before it; WINDOW_ANYWHERE: any number */
};
#define WINDOW_ANYWHERE UINT32_MAX

/* Adds the nodes of the expression's best window.  False: none is seldom. */
bool window_add(struct nodes *nodes, const struct tree *tree, uint32_t item,
		struct window *w) NODISCARD;

#endif
