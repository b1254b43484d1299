/* steps.h - what looking into the files of a message may still cost (LIMIT_ARCHIVE_STEPS).  A file may have half of what is
 * left, so that one that is made to use it up hides none behind it. */
#ifndef FILTERS_FILE_STEPS_H
#define FILTERS_FILE_STEPS_H

#include <stdbool.h>
#include <stdint.h>

struct steps {
	unsigned left;
	unsigned kept; /* of them, for the files behind the one at work */
};

/* A file of the message begins; those in it have what it has. */
static inline void steps_begin_file(struct steps *s)
{
	s->kept = s->left / 2;
}

/* False: there are not so many. */
static inline bool steps_pay(struct steps *s, uint64_t steps)
{
	if (steps > s->left - s->kept)
		return false;
	s->left -= (unsigned)steps;
	return true;
}

#endif
