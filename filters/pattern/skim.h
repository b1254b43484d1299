/* skim.h - places of a text at which none of many lanes begins, 64 of them at once.
 *
 * Lanes that are alike are put into sets; a set takes at each depth what any of its lanes takes, and is a bit in tables by
 * depth and class of bytes (so Hyperscan's FDR and Teddy look for texts).  What passes is looked at again, lane by lane
 * (pattern/sieve.h): a text of which all passes costs some time and nothing else.  It needs a CPU that looks up 64 bytes in a table at
 * once, AVX-512 VBMI; on others there is none. */
#ifndef FILTERS_PATTERN_SKIM_H
#define FILTERS_PATTERN_SKIM_H

#include "base/str.h"
#include "filters/pattern/lane.h"

#include <stdint.h>

struct skim;

enum { SKIM_PLACES = 512 };

/* NULL: this machine has none, or it would let most places pass. */
struct skim *skim_new(const struct lane_shares *shares, const struct lane *const *lanes,
		      uint32_t count);
void skim_free(struct skim *s); /* of NULL too */

/* Lists those of the first n places of a text, SKIM_PLACES at most, at which a lane may begin, in their order; returns how
 * many. */
unsigned skim_look(const struct skim *s, struct str text, unsigned n, uint16_t *places);

#endif
