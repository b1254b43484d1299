/* health.h - can a block list be believed?  Known per list and worker; see RFC 5782 5.
 *
 * Every list of addresses answers "listed" for 127.0.0.2 and "not listed" for 127.0.0.1; one of names should for "test" and
 * "invalid", but not all have the former.  One that was shut
 * down, sold, or is asked through a resolver that invents answers, lists the whole world: it is
 * switched off, by a probe or by what it says of a client, until a probe finds it well.  A probe
 * that is not answered changes nothing. */
#ifndef FILTERS_DNSBL_HEALTH_H
#define FILTERS_DNSBL_HEALTH_H

#include "base/out.h"
#include "base/rr.h"

#include <stdbool.h>

struct dnsbl_health {
	bool off;
	struct dns_answer clear, listed; /* of the probe under way */
};

/* What is asked about: an entry that no list has, and one that this one has; empty: that is not known. */
struct dnsbl_entries {
	struct str clear, listed;
};

/* Both are there: switches the list off or on; in how many milliseconds to probe again. */
int64_t dnsbl_probe_end(struct dnsbl_health *h, const struct dnsbl_entries *entries,
			const char *zone);

/* The first answer that no list gives, NULL: none. */
const struct ip *dnsbl_broken_answer(const struct dns_answer *answer);

void dnsbl_switch_off(struct dnsbl_health *h, const char *zone, struct str why); /* and says so */

#endif
