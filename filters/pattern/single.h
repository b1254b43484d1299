/* single.h - expressions of which most matches are one byte: they are counted without asking for one match after the other.
 *
 * Such a rule counts letters of a text, which has hundreds of them. */
#ifndef FILTERS_PATTERN_SINGLE_H
#define FILTERS_PATTERN_SINGLE_H

#include "filters/regex/tree.h"
#include "filters/regex/regex.h"

struct single {
	struct byte_set hits; /* each of them is a match, whatever stands beside it */
	struct byte_set
		stops; /* here only the expression itself knows; of all other bytes, no match begins with them */
};

/* The tree is that of the expression, which the engine can ask.  False: it is none of these. */
bool single_of(const struct tree *tree, const struct regex *expression, struct regex_engine *engine,
	       struct single *single);
/* Matches that begin at *from or behind it, before the first stop, at most `most`; *from is where it has stopped. */
unsigned single_count(const struct single *single, struct str text, size_t *from, unsigned most);

#endif
