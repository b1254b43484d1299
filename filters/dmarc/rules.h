/* rules.h - rules that ask what DMARC has found (check_dmarc_pass and its like), for dmarc.c. */
#ifndef FILTERS_DMARC_RULES_H
#define FILTERS_DMARC_RULES_H

#include "conf/pattern.h"
#include "filters/auth.h"
#include "filters/filter.h"

struct dmarc_rule;
struct dmarc_rules {
	struct dmarc_rule *items;
	size_t count;
};

/* Whether the function is one of these. */
bool dmarc_knows(struct str function);

void dmarc_rules_read(struct filter_setup *s, struct dmarc_rules *rules,
		      const struct patterns *patterns);
/* Once, in PHASE_ALIGN. */
void dmarc_rules_hit(struct filter_run *run, const struct dmarc_rules *rules,
		     const struct auth *auth);

#endif
