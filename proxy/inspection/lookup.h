/* lookup.h - the questions of filters, put to the resolver and the store. */
#ifndef INSPECTION_LOOKUP_H
#define INSPECTION_LOOKUP_H

#include "filters/run.h"
#include "net/dns.h"
#include "store/store.h"

/* NULL over the ceiling of the question's arena. */
struct op *lookup_dns(struct dns *dns, const struct filter_question *question);
struct op *lookup_store(struct store *store, const struct filter_store_question *question);

#endif
