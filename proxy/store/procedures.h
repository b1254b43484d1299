/* procedures.h - the procedures of base/store.h, as pure functions over one record.
 *
 * The embedded stores call these; Redis runs scripts that do the same with the same whole numbers, and one suite
 * (tests/unit/store/conformance.h) holds them to it.  STORE_BULK is in store/bulk.h.  Lua counts in doubles: nothing
 * here leaves what they hold exactly, 53 bits. */
#ifndef STORE_PROCEDURES_H
#define STORE_PROCEDURES_H

#include "base/store.h"
#include "store/record.h"

#include <stdbool.h>

/* Fills the results.  True: the record has changed, and is to be written; expires_ms <= now: to be removed.
 * A record that has expired is given as none. */
bool store_procedure_run(const struct store_question *q, struct store_record *r,
			 int64_t results[STORE_RESULTS]);

/* Arguments a procedure can work with; others are a fault of the program. */
bool store_question_fits(const struct store_question *q);

#endif
