/* planes.h - places of a text at which none of some hundred sets of short texts begins, 64 of them at once.
 *
 * A set takes at each of the first bytes some classes of bytes, and is a bit in tables by depth and class (so Hyperscan's FDR and
 * Teddy look for texts).  What passes is looked at again by who asks: a text of which all passes costs some time and nothing
 * else.  It needs a CPU that looks up 64 bytes in a table at once, AVX-512 VBMI. */
#ifndef FILTERS_PATTERN_PLANES_H
#define FILTERS_PATTERN_PLANES_H

#include "base/str.h"

#include <stdint.h>

struct planes;

enum {
	PLANES_DEPTH = 8,    /* bytes that are asked of */
	PLANES_CLASSES = 64, /* of bytes */
	PLANES_PLACES = 512,
};

/* This machine has such a CPU. */
bool planes_can(void);

/* Of so many sets, which take nothing.  Where planes_can() says no, there must be none. */
struct planes *planes_new(uint32_t sets, const uint8_t class_of[256]);
void planes_free(struct planes *p); /* of NULL too */
/* The set takes all bytes of this class there. */
void planes_put(struct planes *p, uint32_t set, unsigned depth, unsigned class);

/* Lists those of the first n places of a text, PLANES_PLACES at most, at which a set may begin, in their order; returns how
 * many.  Behind the text's end zeros stand. */
unsigned planes_look(const struct planes *p, struct str text, unsigned n, uint16_t *places);

#endif
