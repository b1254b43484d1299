/* store.c - see store.h.  A call that the main side fails goes once more to the fallback, in the same op, whose
 * done() is the store's meanwhile. */
#include "store/store.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/procedures.h"

struct store {
	struct store_side main, fallback; /* fallback.backend == NULL: none */
};

struct store *store_new(struct store_side main, const struct store_side *fallback)
{
	struct store *s = mem_new(sizeof(*s));

	s->main = main;
	if (fallback)
		s->fallback = *fallback;
	return s;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	s->main.backend->close(s->main.ctx);
	if (s->fallback.backend)
		s->fallback.backend->close(s->fallback.ctx);
	mem_free(s);
}

const char *store_name(const struct store *s)
{
	return s->main.name;
}

/* The caller's done() comes last: it may free the call. */
static void end(struct store_call *call, enum err err)
{
	call->op.done = call->done;
	call->done(&call->op, err, &call->answer);
}

static void fallback_answered(struct op *op, enum err err, const void *result)
{
	struct store_call *call = (struct store_call *)op;

	(void)result;
	if (call->answer.status == STORE_OK)
		call->answer.status = STORE_LOCAL;
	end(call, err);
}

static void ask(const struct store_side *side, struct ops *ops, struct store_call *call,
		op_done_fn *done)
{
	call->op.cancel = NULL;
	call->op.done = done;
	op_start(ops, &call->op);
	side->backend->ask(side->ctx, call);
}

static void main_answered(struct op *op, enum err err, const void *result)
{
	struct store_call *call = (struct store_call *)op;
	const struct store_side *fallback = &call->store->fallback;

	(void)result;
	if (call->answer.status == STORE_FAILED && fallback->backend)
		ask(fallback, op->owner, call, fallback_answered);
	else
		end(call, err);
}

void store_ask(struct store *s, struct ops *ops, struct store_call *call)
{
	CHECK(store_question_fits(&call->question));
	call->op.label = "store";
	call->store = s;
	call->done = call->op.done;
	ask(&s->main, ops, call, main_answered);
}
