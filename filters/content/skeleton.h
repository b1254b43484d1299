/* skeleton.h - how a document of HTML is built, with neither its text nor the values in its tags: which elements open
 * behind which, whatever the number of times.
 *
 * Of the elements that mean something for the layout, each one that opens, with the one that opened before it, is a bit;
 * one that follows upon itself changes nothing.  So a row more of a table, or a paragraph, mostly adds no bit. */
#ifndef FILTERS_CONTENT_SKELETON_H
#define FILTERS_CONTENT_SKELETON_H

#include "base/str.h"

#include <stdint.h>

enum { SKELETON_WORDS = 16 }; /* of 64 bits: more than documents have of such pairs */

struct skeleton {
	uint64_t bits[SKELETON_WORDS];
	uint32_t before; /* the hash of the last one's name */
};

/* An element of this name, in small letters, opens. */
static inline void skeleton_add(struct skeleton *s, struct str name)
{
	uint32_t h = 0x811c9dc5, place;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 0x01000193;
	if (h == s->before)
		return;
	place = (h ^ s->before * 0x85ebca6bu) * 0x9e3779b1u >> 22;
	s->bits[place / 64] |= UINT64_C(1) << place % 64;
	s->before = h;
}

#endif
