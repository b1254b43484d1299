/* folder.h - the hours that the journal has files of, and which of them have to go. */
#ifndef JOURNAL_FOLDER_H
#define JOURNAL_FOLDER_H

#include "io/job.h"

#include <stdint.h>

struct journal_hours {
	int64_t *at; /* ascending; freed by journal_hours_free() */
	size_t count;
};

/* 0, or errno: the folder cannot be read. */
int journal_hours_list(const char *folder, struct journal_hours *hours);
void journal_hours_free(struct journal_hours *hours);

struct journal_bounds {
	int64_t keep_ms;
	uint64_t size_max; /* of all files */
};

/* What is older than keep_ms is removed, and then the oldest, as long as there is too much; never the hour of
 * unix_ms.  Files of others are let be.  Returns how many went before their time. */
unsigned journal_tidy(const char *folder, const struct journal_bounds *bounds, int64_t unix_ms);

/* Does that every LIMIT_JOURNAL_TIDY_MS, on the helper thread; in one worker. */
struct journal_tidier;
struct journal_tidier *journal_tidier_new(struct loop *loop, struct jobs *jobs, const char *folder,
					  const struct journal_bounds *bounds);
void journal_tidier_free(struct journal_tidier *t); /* NULL is allowed */

#endif
