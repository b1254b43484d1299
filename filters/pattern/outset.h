/* outset.h - whether a match may begin at a place, of each of many expressions.
 *
 * A text is tried at a place where something of a match was seen, and most often the next bytes show that there is none.  A
 * table shows it sooner than the expression does: a byte costs one look at it, however many alternatives there are.  It is
 * made as texts ask for it (the lazy subset construction of Thompson's grep; Cox, "Regular Expression Matching in the
 * Wild"), of nodes (pattern/nodes.h), and one table is that of all expressions that look at one kind of text.
 *
 * A stranger decides what texts ask for.  The table is bounded and begins anew when it is full; and it is made only at the
 * expense of bytes that were looked at in it: a text that asks for more than others is told that everything may be. */
#ifndef FILTERS_PATTERN_OUTSET_H
#define FILTERS_PATTERN_OUTSET_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct outset;
struct tree;

struct outset *outset_new(void);
void outset_free(void *outset);

/* Items are numbers from 0 on, each added once at most.  One that was not added may match everywhere.  `seen`: a part of the
 * expression that each match has once; NULL: none.  True: the outset can be asked for it. */
bool outset_add(struct outset *o, const struct tree *expression, const struct tree *seen,
		uint32_t item);
/* All are added. */
void outset_close(struct outset *o);

/* It was added, and more than that everything may be is told of it. */
bool outset_has(const struct outset *o, uint32_t item);
/* The first of these places at which a match of the item may begin; `to`, or behind the text: at none. */
size_t outset_find(struct outset *o, uint32_t item, struct str text, size_t from, size_t to);
/* The part that is seen may begin at the place, with all that is behind it. */
bool outset_may_see(struct outset *o, uint32_t item, struct str text, size_t at);

#endif
