/* watches.h - the filters' own work in a worker: block lists are probed at the start and by the hour. */
#ifndef DAEMON_WATCHES_H
#define DAEMON_WATCHES_H

#include "filters/run.h"
#include "net/dns.h"

struct watches;

struct watches *watches_new(struct loop *loop, struct dns *dns, struct filter_set *set);
void watches_free(struct watches *w); /* before the resolver */

#endif
