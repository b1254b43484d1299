/* sieve.h - which of many expressions may match in a text, and where, found in one pass over it.
 *
 * Of each expression some lanes are taken (pattern/window.h).  At each place of a text, those lanes that can begin with
 * the byte there are held against the next bytes, 64 at a time: a table has a bit for each of them, by depth and byte, and
 * what is left when the bits of some bytes are taken together is found.  (So far it is Wu and Manber's shift-and, 1992,
 * and the FDR of Vectorscan; but lanes are long, and nothing goes on from one place to the next.)  Where the machine can, places at
 * which no lane begins are left out before (pattern/skim.h).  A stranger can
 * have more told of his text than there is in others, and nothing else: there are no states, nothing grows. */
#ifndef FILTERS_PATTERN_SIEVE_H
#define FILTERS_PATTERN_SIEVE_H

#include "base/str.h"
#include "filters/pattern/sight.h"

struct sieve;
struct tree;

/* `usual`: what stands in most texts, with small letters; it lives as long as expressions are added. */
struct sieve *sieve_new(struct str usual);
void sieve_free(void *sieve);

/* How often it will be seen in each match at least; 0: nothing in the expression is seldom enough to be looked for, or there is no
 * room for it.  `begin`: the part of the expression that begins where it is seen, and all that is behind; NULL: a match does, or a
 * copy in it. */
unsigned sieve_add(struct sieve *s, const struct tree *expression, uint32_t item,
		   const struct tree **begin);
/* Expressions for which there was no room. */
unsigned sieve_refused(const struct sieve *s);
/* All are added; from now on it is only read. */
void sieve_close(struct sieve *s);

/* Tells all that begins in the window. */
void sieve_look(const struct sieve *s, struct str text, struct sight_window window,
		sight_seen *seen, void *ctx);

#endif
