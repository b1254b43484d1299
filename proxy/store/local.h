/* local.h - a store that answers at once, as a store_backend: what is asked within a turn of the loop is answered
 * together at its end, so that a transaction is paid for once. */
#ifndef STORE_LOCAL_H
#define STORE_LOCAL_H

#include "io/loop.h"
#include "store/store.h"

struct store_engine {
	/* Answers all of them, in order (call->next), as one transaction.  Another error than ERR_OK: none has
	 * taken effect. */
	enum err (*run)(void *ctx, struct store_call *first);
	/* Fills the page; next is in its arena. */
	enum err (*list)(void *ctx, struct store_listing *l);
	void (*close)(void *ctx);
};

/* Takes over ctx. */
struct store_side store_local(struct loop *loop, const struct store_engine *engine, void *ctx);

#endif
