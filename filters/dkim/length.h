/* length.h - how long a body is when canonicalized (RFC 6376 3.4.3, 3.4.4): what l= is compared with.
 *
 * Zeroed, a struct counts nothing so far.  Pieces may be cut anywhere. */
#ifndef FILTERS_DKIM_LENGTH_H
#define FILTERS_DKIM_LENGTH_H

#include "base/str.h"

#include <stdbool.h>

struct dkim_length {
	uint64_t simple, relaxed;             /* up to the last line that is not empty */
	uint64_t empty_simple, empty_relaxed; /* the empty lines since */
	uint64_t line_simple,
		line_relaxed; /* the line at hand, to its last byte that is no space */
	uint64_t spaces;      /* since then */
	bool cr;              /* its last byte, not counted yet */
};

void dkim_length_add(struct dkim_length *l, struct str bytes);
/* Of the whole body. */
uint64_t dkim_length_end(const struct dkim_length *l, bool relaxed);

#endif
