/* pool_inside.h - what pool.c and pool_told.c share. */
#ifndef DELIVERY_POOL_INSIDE_H
#define DELIVERY_POOL_INSIDE_H

#include "delivery/pool.h"

/* The list of upstreams, alive or dead. */
void pool_enlist(struct upstream **head, struct upstream *u);
void pool_unlist(struct upstream *u);

/* Whose connections suit this one, besides anybody's: written to o. */
struct str pool_key(struct out *o, const struct pool *p, const struct waiter *w);

#endif
