/* world_peers.h - whom the filters of a world ask: a name server and a store.  For world.c; `ctx` is a struct world. */
#ifndef UNIT_FILTERS_WORLD_PEERS_H
#define UNIT_FILTERS_WORLD_PEERS_H

#include "world.h"

struct op *world_ask(void *ctx, const struct filter_question *asked);
struct op *world_ask_store(void *ctx, const struct filter_store_question *asked);
void world_note(void *ctx, const struct store_question *question);

/* The question that is due first; time passes until then.  False: there is none. */
bool world_answer_next(struct world *w);

#endif
