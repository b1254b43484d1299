/* calendar.h - the lines of a calendar as text (RFC 5545 3.1, 3.3.11): their folds undone, and what is escaped in them.  Pure. */
#ifndef FILTERS_CONTENT_CALENDAR_H
#define FILTERS_CONTENT_CALENDAR_H

#include "base/str.h"

#include <stdbool.h>

/* A zeroed one is at its beginning. */
struct calendar {
	enum calendar_line { CALENDAR_TEXT, CALENDAR_CR, CALENDAR_END } line; /* what came last */
	bool escaped; /* a "\" came before the next byte of text */
};

enum { CALENDAR_ROOM = 8 }; /* at least so much, in which what was held back has room too */

/* Both take the head off *in, all of it unless `room` is used up, and return how many bytes are in `out`.
 *
 * Folds, in bytes of any charset whose line ends are those of ASCII: they may be within a character.  A line's end is held
 * back until what is behind it has come, so that the last one never does. */
size_t calendar_unfold(struct calendar *c, struct str *in, char *out, size_t room);
/* What is escaped, in UTF-8: in other charsets a "\" may be half of a character. */
size_t calendar_unescape(struct calendar *c, struct str *in, char *out, size_t room);

#endif
