/* outcome.h - what became of a mail, told to the filters of its scope when it is settled: before the scope is cleared,
 * whatever ended it, once.
 *
 * `state` is as the last phase function left it, which may still have been waiting.  All that can be done now is
 * filter_store_note(): nobody is there to wait for a lookup, or to read a finding. */
#ifndef FILTERS_OUTCOME_H
#define FILTERS_OUTCOME_H

#include "filters/filter.h"

/* What a recipient heard last.  Who heard nothing, because the transaction was given up, is not counted; nor is who
 * has had the mail before (smtp/duplicate.h). */
#define FILTER_FATES(X)                                                                            \
	X(ACCEPTED, "delivered")                                                                   \
	X(TAGGED, "delivered, and tagged by a verdict")                                            \
	X(GREYLISTED, "told to come back, by a verdict")                                           \
	X(DEFERRED, "told to come back for another reason: a verdict, a limit, a backend in need") \
	X(UNKNOWN, "refused by the backend when it was asked for him")                             \
	X(REJECTED, "refused, by a verdict, or with the message")

enum filter_fate {
#define X(ID, ABOUT) FATE_##ID,
	FILTER_FATES(X)
#undef X
		FATE_COUNT
};

struct filter_outcome {
	unsigned recipients[FATE_COUNT];
};

static inline bool filter_outcome_delivered(const struct filter_outcome *o)
{
	return o->recipients[FATE_ACCEPTED] + o->recipients[FATE_TAGGED] > 0;
}

#endif
