/* asked.h - names that are asked of DNS itself (askdns), as a message fills them in. */
#ifndef FILTERS_RBL_ASKED_H
#define FILTERS_RBL_ASKED_H

#include "filters/rbl/rbl.h"

enum rbl_subject asked_subject(const struct name_template *t);

/* The names that come of the list's template. */
void asked_gather(struct filter_run *run, const struct filter_facts *facts,
		  const struct rbl_list *l, struct names *names);

#endif
