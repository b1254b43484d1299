/* record.h - a DMARC policy record (RFC 9989 4.7, 4.8): bytes in, struct out; pure.
 *
 * What is wrong in it is as if it were not there (4.8): unknown tags, values that are none.  Of a tag that stands twice
 * the first counts.  pct, rf and ri are historic and unknown (9.3). */
#ifndef FILTERS_DMARC_RECORD_H
#define FILTERS_DMARC_RECORD_H

#include "base/str.h"
#include "filters/auth.h"

#include <stdbool.h>

enum dmarc_psd { DMARC_PSD_UNKNOWN, DMARC_PSD_YES, DMARC_PSD_NO };

struct dmarc_record {
	bool applies; /* false: it has no valid policy, and nobody to tell: no DMARC (4.10.1) */
	enum auth_policy p, sp,
		np; /* of the domain, of those below it, of those that do not exist */
	bool dkim_strict, spf_strict;
	bool test; /* t=y */
	enum dmarc_psd psd;
};

/* Whether it is one, whatever else is in it. */
bool dmarc_record_is(struct str txt);
/* False: it is none (v=DMARC1 is to be first, case matters). */
bool dmarc_record_parse(struct str txt, struct dmarc_record *record);

#endif
