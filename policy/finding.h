/* finding.h - what filters found, as policy sees it: numbers of symbols with a detail. */
#ifndef POLICY_FINDING_H
#define POLICY_FINDING_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

typedef uint16_t symbol_id;

struct finding {
	symbol_id symbol;
	unsigned hits;     /* how often: its value */
	struct str detail; /* in the arena of the list's owner */
	struct finding *next;
};

/* In the order found; zero-initialised is empty. */
struct findings {
	struct finding *first, **last;
	unsigned count;
};

/* Adds to the list, memory from the arena.  A symbol already there keeps its first detail and gets
 * the new one behind ", ".  Over LIMIT_FINDINGS or the ceiling it is dropped. */
void findings_add(struct findings *list, struct arena *arena, symbol_id symbol, struct str detail);

/* One that is in no list yet, which is not looked up. */
void findings_hit(struct findings *list, struct arena *arena, symbol_id symbol, unsigned hits);

/* The same symbols with the same details, in the same order. */
bool findings_equal(const struct findings *a, const struct findings *b);

#endif
