/* points.h - what Perl reads in an expression and PCRE2, matching bytes, would not: characters over 255, as the bytes that
 * stand for them in UTF-8, and "{,3}", which is "{0,3}"; pure.
 *
 * Texts are matched byte by byte, in which "\x{456}" has no place.  It becomes "(?:\xd1\x96)", and in a class of
 * characters an alternative beside it: "[i\x{456}]" is "(?:[i]|\xd1\x96)".  Of a class that is negated, or where it begins or
 * ends a range, nothing is made; PCRE2 says what is wrong with it then. */
#ifndef FILTERS_REGEX_POINTS_H
#define FILTERS_REGEX_POINTS_H

#include "base/out.h"

/* Whether there may be any. */
bool points_has(struct str expression);
/* Appends the expression to `o`; it takes at most 4 bytes for each of it. */
void points_put(struct str expression, struct out *o);

#endif
