/* measure.h - a value for each symbol, from what was found.
 *
 * From one mail to the next, and from the judgement of a mail to the list of its symbols, little changes.  So what was
 * measured last is kept, of each stage by itself (at RCPT all of a message is open, at the end nothing is), and only
 * what differs is done again: a symbol, the metas over it, what it adds to the score.  The values hang on the evidence
 * alone; what was measured before shows in nothing but time. */
#ifndef POLICY_MEASURE_H
#define POLICY_MEASURE_H

#include "policy/inside.h"
#include "policy/score.h"

/* A symbol that is true. */
struct held {
	symbol_id symbol;
	struct str detail;
};

struct measured {
	struct interval *values;             /* by symbol */
	uint64_t *holding;                   /* by symbol, a bit: it is true */
	struct weights weights[STAGE_COUNT]; /* of the symbols known at the stage */
	const struct finding **first; /* by symbol: where it was found, if this evidence has it */

	struct interval
		*raw; /* by symbol, for metas over it: what hangs on a rule that is off is open */
	symbol_id *found, *before; /* what of the inputs was found; room for the next such list */
	unsigned found_count;
	bool *is_found; /* by symbol, while a list is made */
	uint64_t outstanding;
};

/* Once the metas are in order. */
void measure_compile(struct policy *p);

/* Metas included; good until the stage is measured again. */
const struct measured *policy_measure(const struct policy *p, const struct evidence *e);

/* The next symbol from `id` on that is true; p->symbol_count: no more. */
unsigned measured_next(const struct policy *p, const struct measured *m, unsigned id);
/* All that are true, to a set of policy_seen_words(). */
void measured_add(const struct policy *p, const struct measured *m, uint64_t *seen);

#endif
