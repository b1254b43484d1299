/* facts.h - what the bulk radar knows of a mail, for `scan --json` and the log; in the transaction's arena. */
#ifndef FILTERS_BULK_FACTS_H
#define FILTERS_BULK_FACTS_H

#include "base/bulk.h"

/* From PHASE_ALIGN on. */
struct bulk_facts {
	const struct bulk_seen
		*seen; /* the cluster; NULL: not asked, or the store did not answer */
	bool by_form;  /* its text was too short: known by what its pictures and links refer to */
	const char *
		grew; /* with this mail the cluster is "some", "many", "mass"; NULL: as large as it was */
};

#endif
