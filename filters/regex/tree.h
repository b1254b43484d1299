/* tree.h - a regular expression as a tree of the texts that it can match.  Pure.
 *
 * The tree takes every text that the expression takes, and may take more.  A look around, the edge of a word and
 * either end of a line are places, which hold no text; a back reference is anything.
 *
 * The expression is one that regex_compile() takes. */
#ifndef FILTERS_REGEX_TREE_H
#define FILTERS_REGEX_TREE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum tree_kind {
	TREE_PLACE,    /* no text */
	TREE_CLASS,    /* one byte, of a set */
	TREE_ANYTHING, /* any text */
	TREE_SEQUENCE, /* all that is below, one behind the other */
	TREE_CHOICE,   /* one of what is below */
	TREE_REPEAT,   /* what is below, `least` to `most` times */
};

/* Of TREE_PLACE: where alone it may be. */
enum tree_place {
	PLACE_ANYWHERE, /* nothing is known of it */
	PLACE_TEXT,     /* the beginning of the text */
	PLACE_LINE,     /* that, or behind a line end */
	PLACE_EDGE,     /* of a word */
	PLACE_END,      /* the end of the text, or before a line end */
};

enum { TREE_REPEAT_MOST = 64 }; /* so often or more */

struct byte_set {
	uint64_t bits[4];
};

struct tree {
	enum tree_kind kind;
	uint8_t least, most;
	uint16_t written; /* the least, where that is more than TREE_REPEAT_MOST, too */
	enum tree_place place;
	struct byte_set set;
	struct tree *first; /* below */
	struct tree *next;  /* beside */
};

static inline bool byte_set_has(const struct byte_set *set, unsigned c)
{
	return set->bits[c / 64] >> (c % 64) & 1;
}

/* Of the expression with its flags, in the arena.  NULL: something in it is not understood, or it takes more than the
 * arena has. */
const struct tree *tree_read(struct str expression, struct str flags, struct arena *arena);

/* Bytes that it takes at least, and how many parts it has; `most`, which is small: so many or more. */
unsigned tree_least(const struct tree *t, unsigned most);
unsigned tree_size(const struct tree *t, unsigned most);
/* In every text that it takes there are so many bytes without a line end among them; `most`: or more. */
unsigned tree_line(const struct tree *t, unsigned most);

#endif
