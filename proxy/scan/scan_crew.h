/* scan_crew.h - processes that judge messages at the same time, and their answers in the order of the messages.
 *
 * Each has a loop, a resolver and a store of its own, as the daemon's workers have.  One that dies costs the message it had, of
 * which that is told, and another takes its place. */
#ifndef SCAN_SCAN_CREW_H
#define SCAN_SCAN_CREW_H

#include "scan/scan_work.h"

enum { SCAN_CREW_MAX = 64 };

enum scan_answer {
	SCAN_JUDGED, /* text is what to print */
	SCAN_FAILED, /* why not */
	SCAN_DIED,   /* how */
};

/* item: without its bytes.  Valid during the call. */
typedef void scan_answer_fn(void *arg, const struct scan_item *item, enum scan_answer answer,
			    struct str text);

struct scan_crew;

struct scan_crew *scan_crew_new(unsigned count, const struct scan_options *options,
				scan_answer_fn *fn, void *arg);
/* Copied; may call fn for earlier ones. */
void scan_crew_give(struct scan_crew *crew, uint64_t nth, const struct scan_item *item);
/* Has waited for all answers. */
void scan_crew_end(struct scan_crew *crew);

#endif
