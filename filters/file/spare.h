/* spare.h - for what unpacks and scans: steps of the walks' budget (LIMIT_ARCHIVE_STEPS) that it may take; a quarter stays for
 * archives behind it. */
#ifndef FILTERS_FILE_SPARE_H
#define FILTERS_FILE_SPARE_H

#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum { SPARE_KEPT = LIMIT_ARCHIVE_STEPS / 4 };

/* False: there are not so many. */
static inline bool spare_pay(unsigned *budget, uint64_t steps)
{
	if (*budget < SPARE_KEPT || steps > *budget - SPARE_KEPT)
		return false;
	*budget -= (unsigned)steps;
	return true;
}

#endif
