/* skim.h - planes of many lanes: places of a text at which none of them begins are left out (pattern/planes.h).
 *
 * Lanes that are alike are put into sets; a set takes at each depth what any of its lanes takes. */
#ifndef FILTERS_PATTERN_SKIM_H
#define FILTERS_PATTERN_SKIM_H

#include "filters/pattern/lane.h"
#include "filters/pattern/planes.h"

/* NULL: this machine has none, or they would let most places pass.  To be freed by planes_free(). */
struct planes *skim_new(const struct lane_shares *shares, const struct lane *const *lanes,
			uint32_t count);

#endif
