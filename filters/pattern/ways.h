/* ways.h - the ways in which a part of an expression begins: a lane for each byte that may be its first one.  Pure. */
#ifndef FILTERS_PATTERN_WAYS_H
#define FILTERS_PATTERN_WAYS_H

#include "filters/pattern/lane.h"

enum { WAYS_MOST = 1024, WAYS_ELEMENTS = 96 };

struct ways {
	struct lane *lanes; /* the caller's, WAYS_MOST */
	unsigned count;
	bool too_many; /* or it can be nothing */
};

/* Of elements that stand behind one another, WAYS_ELEMENTS at most; `by_two`: a lane for each two bytes.  The lanes take the
 * place of those that were there. */
void ways_find(struct ways *w, const struct tree *const *elements, unsigned count, bool by_two);

#endif
