/* sight.h - a part of a match, seen in a text that is looked over: where the match may begin. */
#ifndef FILTERS_PATTERN_SIGHT_H
#define FILTERS_PATTERN_SIGHT_H

#include <stddef.h>
#include <stdint.h>

struct sight {
	size_t end;           /* behind it */
	uint32_t least, most; /* bytes before `end` that a match begins */
	unsigned lines;       /* line ends among those that are before the `least` last, at most, */
	unsigned reach;       /* and bytes from where a match begins in which all of these are */
};
#define SIGHT_ANYWHERE UINT32_MAX /* any number of bytes */
enum { SIGHT_LINES = 255 };       /* any number of line ends */
enum { SIGHT_REACH = 255 };       /* anywhere */

/* A part of a text, which is looked over: of parts behind one another each thing is seen in one. */
struct sight_window {
	size_t from, to; /* before `to` */
};

/* Of an item: the number of one expression among many. */
typedef void sight_seen(void *ctx, uint32_t item, const struct sight *seen);

#endif
