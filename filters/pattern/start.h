/* start.h - at which places of a text a match can begin, as far as the expression says it by itself: at its beginning, at that of
 * a line, at the edge of a word.  Pure.
 *
 * What is seen of a match leaves a range of places at which it may begin; most have none, and need not be tried. */
#ifndef FILTERS_PATTERN_START_H
#define FILTERS_PATTERN_START_H

#include "filters/regex/regex.h"
#include "filters/regex/tree.h"

/* Every match of it begins there. */
enum tree_place start_of(const struct tree *expression);

/* The range without what is seen at once to be no such place: behind the beginning of the text, and a lone one that is no
 * edge.  False: nothing is left of it. */
bool start_narrow(enum tree_place start, struct str text, struct regex_range *range);

/* Where the line begins that is so many lines before that of the place, or something before it; no further before the last
 * line end than that so many bytes from there on hold it (SIGHT_REACH: however far). */
size_t start_of_line(struct str text, size_t place, unsigned lines, unsigned reach);
/* The first of the places at which a line begins; `to`: at none. */
size_t start_of_next_line(struct str text, size_t from, size_t to);
/* One of its lines has so many bytes, at least 1, or more. */
bool has_long_line(struct str text, size_t least);

#endif
