/* op.h - one thing somebody waits for: a DNS answer, a backend's reply, a job.
 *
 * The whole contract:
 *   - done() is called exactly once, or never when the op was cancelled first.
 *   - done() is never called from inside the call that started the op: what is known
 *     at once is still delivered by the loop, so the caller's state is always settled.
 *   - cancelling is always allowed, is O(1), and the provider does not touch the op after it.
 *   - the memory belongs to the owner (usually an arena) and outlives the op.
 *
 * A provider (resolver, backend, job) sets `cancel` and `provider` before op_start(). */
#ifndef BASE_OP_H
#define BASE_OP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct op;
typedef void op_done_fn(struct op *op, enum err err, const void *result);

struct op {
	struct op *next, **link; /* place in ops.head; link == NULL: not running */
	struct ops *owner;
	const char *label; /* static text, "dns": named when a session stalls */
	op_done_fn *done;
	void *arg;                     /* for done() */
	void (*cancel)(struct op *op); /* provider's hook, may be NULL */
	void *provider;                /* for cancel() */
};

/* What one owner waits for.  Zero-initialised is empty. */
struct ops {
	struct op *head;
	unsigned pending;
};

void op_start(struct ops *ops, struct op *op);
void op_finish(struct op *op, enum err err, const void *result);
void op_cancel(struct op *op);
void ops_cancel_all(struct ops *ops);

static inline bool op_running(const struct op *op)
{
	return op->link != NULL;
}

#endif
