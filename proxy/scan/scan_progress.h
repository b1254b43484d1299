/* scan_progress.h - a line on standard error that counts, for whoever waits for a long scan. */
#ifndef SCAN_SCAN_PROGRESS_H
#define SCAN_SCAN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct scan_progress {
	bool shows; /* the caller's; the rest is not */
	uint64_t count;
	int64_t began_ms, shown_ms;
};

void scan_progress_begin(struct scan_progress *p);
void scan_progress_step(struct scan_progress *p); /* one message more */
/* Before something else is written there. */
void scan_progress_clear(const struct scan_progress *p);
/* Leaves the whole count on a line of its own. */
void scan_progress_end(struct scan_progress *p);

#endif
