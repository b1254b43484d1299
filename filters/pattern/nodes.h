/* nodes.h - the beginning of an expression as bytes, each with what may stand behind it.  Pure.
 *
 * It takes all texts that begin as a match does, and more: what may be there very often may be there for ever, what must be
 * there very often is asked for a few times, and behind NODES_DEPTH bytes nothing is asked, nor behind what takes nearly any
 * text.  The end of a text is taken for a line end.
 *
 * Of large copies that stand behind one another where a match begins, the fields of a form, there is one: how many there are is counted
 * by who looks at a text.  In it bytes are counted too. */
#ifndef FILTERS_PATTERN_NODES_H
#define FILTERS_PATTERN_NODES_H

#include "filters/pattern/byte_sets.h"

enum {
	NODES_DEPTH = 48,
	NODES_OF_ONE = 1 << 14, /* of an expression */
	NODES_NONE = UINT16_MAX,
};

enum node_kind {
	NODE_BYTE,  /* one of a set, then `next` */
	NODE_SPLIT, /* `next` or `other` */
	NODE_COPY,  /* a copy ends */
	NODE_END,   /* nothing more is asked */
};

struct node {
	uint8_t kind;
	uint16_t set;         /* its number */
	uint16_t next, other; /* in the same beginning */
};

/* The beginnings of many expressions. */
struct nodes {
	struct node *items; /* those of each lie together */
	uint32_t count, room;
	struct byte_sets sets;
};

struct beginning {
	uint32_t base; /* in `items` */
	uint16_t start;
	uint16_t seen; /* where the part begins that is seen; NODES_NONE: it is not there */
	uint16_t count;
	uint8_t copies; /* of it, where a match begins */
};

/* `seen`: a part that is once in each match; NULL: none.  False: it has too many parts, and nothing was added. */
bool nodes_add(struct nodes *nodes, const struct tree *expression, const struct tree *seen,
	       struct beginning *b) NODISCARD;
void nodes_close(struct nodes *nodes);

#endif
