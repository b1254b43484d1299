/* sighting.h - a mail as the store is asked about it. */
#ifndef FILTERS_BULK_SIGHTING_H
#define FILTERS_BULK_SIGHTING_H

#include "filters/bulk/print.h"
#include "filters/filter.h"

struct sighting {
	struct print print;
	struct bulk_sighting asked;
	struct str sample; /* for people: its subject, or else how its text begins; may be empty */
	bool is_list;      /* it has list headers */
};

/* Of the facts in PHASE_ALIGN.  False: it has nothing it could be known by, or the arena is full. */
bool sighting_make(struct sighting *s, struct arena *arena, const struct filter_facts *facts);

#endif
