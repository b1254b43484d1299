/* automaton.h - which of many expressions may match in a text, and where, found in one pass over it.
 *
 * Of each expression a window is taken: the first bytes of it, or of a part of it, so many that they are seldom in mail.
 * All windows together are an automaton.  It is made of sets and jumps, and becomes a table as texts ask for it (the lazy
 * subset construction of Thompson's grep, see also Cox, "Regular Expression Matching in the Wild"): a byte costs one
 * look at a table that mail has filled, whatever the number of expressions.
 *
 * The table is bounded, and begins anew when it is full.  It grows while it is used: an automaton is one worker's. */
#ifndef FILTERS_PATTERN_AUTOMATON_H
#define FILTERS_PATTERN_AUTOMATON_H

#include "base/str.h"

#include <stdbool.h>

struct automaton;
struct tree;

struct automaton *automaton_new(void);
void automaton_free(void *automaton);

/* False: nothing in the expression is seldom enough to be looked for. */
bool automaton_add(struct automaton *a, const struct tree *expression, unsigned item) NODISCARD;
/* All are added. */
void automaton_close(struct automaton *a);

/* A match of the item may begin at `from` or behind it, before `to`. */
typedef void automaton_found(void *ctx, unsigned item, size_t from, size_t to);

/* Entries of the table that are missing cost a thousand times what they do when they are there: it is asked before each. */
typedef bool automaton_may(void *ctx);

/* Tells all places where matches may begin.  False: no entry more might be made; nothing is known of the text. */
bool automaton_look(struct automaton *a, struct str text, automaton_may *may,
		    automaton_found *found, void *ctx) NODISCARD;

#endif
