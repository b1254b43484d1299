/* census.h - what the verdicts and symbols of a generation did (policy/hits.h), counted by its workers in memory they
 * share with the master.
 *
 * A worker counts in its own row, and the one that replaces it counts on there.  A reload may change what verdicts and
 * symbols there are: what the generation before has counted is passed on by their names, once when the new one takes
 * over, and what the last sessions of the old one add when it has ended. */
#ifndef DAEMON_CENSUS_H
#define DAEMON_CENSUS_H

#include "base/attr.h"
#include "control/control.h"
#include "policy/policy.h"

struct census {
	const struct policy *policy;
	uint64_t *
		rows; /* shared: one each worker, and one for what was passed on to this generation */
	size_t count; /* counters of a row */
	size_t stride;
	unsigned workers;
	uint64_t *
		passed; /* how much of each counter the next generation has been told; the master's */
	int64_t started_unix_ms; /* the first generation was made */
	int64_t loaded_unix_ms;  /* its generation was; 0: it is the first */
};

/* False: no memory. */
bool census_init(struct census *c, const struct policy *policy, unsigned workers) NODISCARD;
void census_free(struct census *c);

uint64_t *census_row(const struct census *c, unsigned worker);
void census_pass_on(struct census *from, const struct census *to);

/* A worker may ask too: of a struct census. */
control_hit_fn census_hit;

#endif
