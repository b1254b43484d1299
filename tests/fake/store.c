#include "fake/store.h"

#include "base/limits.h"
#include "base/mem.h"
#include "fake/fake.h"
#include "store/memory.h"

struct fake {
	struct loop *loop;
	const enum fake_store_state *state;
	struct store_side memory;
};

/* A question that will fail. */
struct failure {
	struct loop *loop;
	struct store_call *call;
	struct fake_post *post;
};

static void fail(void *arg)
{
	struct failure *f = arg;
	struct store_call *call = f->call;

	mem_free(f);
	call->answer = (struct store_answer){ .status = STORE_FAILED };
	op_finish(&call->op, ERR_IO, &call->answer);
}

static void cancel(struct op *op)
{
	struct failure *f = op->provider;

	fake_unpost(f->loop, f->post);
	mem_free(f);
}

static void ask(void *ctx, struct store_call *call)
{
	const struct fake *s = ctx;
	struct failure *f;

	if (*s->state == FAKE_STORE_WORKS) {
		s->memory.backend->ask(s->memory.ctx, call);
		return;
	}
	f = mem_new(sizeof(*f));
	f->loop = s->loop;
	f->call = call;
	f->post =
		fake_post(s->loop, *s->state == FAKE_STORE_FAILS ? 0 : call->deadline_ms, fail, f);
	call->op.cancel = cancel;
	call->op.provider = f;
}

static void list(void *ctx, struct store_listing *l)
{
	const struct fake *s = ctx;

	s->memory.backend->list(s->memory.ctx, l);
}

static void close_fake(void *ctx)
{
	struct fake *s = ctx;

	s->memory.backend->close(s->memory.ctx);
	mem_free(s);
}

static const struct store_backend backend = { .ask = ask, .list = list, .close = close_fake };

struct store_side fake_store(struct loop *loop, const enum fake_store_state *state)
{
	struct fake *s = mem_new(sizeof(*s));

	s->loop = loop;
	s->state = state;
	s->memory = store_memory(loop, LIMIT_STORE_MEMORY);
	return (struct store_side){ .name = "fake", .backend = &backend, .ctx = s };
}
