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

/* What is asked, and will fail. */
struct failure {
	struct loop *loop;
	struct op *op;
	struct store_answer *answer; /* NULL: a page is asked for */
	struct fake_post *post;
};

static void fail(void *arg)
{
	const struct failure f = *(struct failure *)arg;

	mem_free(arg);
	if (f.answer)
		*f.answer = (struct store_answer){ .status = STORE_FAILED };
	op_finish(f.op, ERR_IO, f.answer);
}

static void cancel(struct op *op)
{
	struct failure *f = op->provider;

	fake_unpost(f->loop, f->post);
	mem_free(f);
}

static void fail_later(const struct fake *s, struct op *op, struct store_answer *answer,
		       int64_t deadline_ms)
{
	struct failure *f = mem_new(sizeof(*f));

	f->loop = s->loop;
	f->op = op;
	f->answer = answer;
	f->post = fake_post(s->loop, *s->state == FAKE_STORE_FAILS ? 0 : deadline_ms, fail, f);
	op->cancel = cancel;
	op->provider = f;
}

static void ask(void *ctx, struct store_call *call)
{
	const struct fake *s = ctx;

	if (*s->state == FAKE_STORE_WORKS)
		s->memory.backend->ask(s->memory.ctx, call);
	else
		fail_later(s, &call->op, &call->answer, call->deadline_ms);
}

static void list(void *ctx, struct store_listing *l)
{
	const struct fake *s = ctx;

	if (*s->state == FAKE_STORE_WORKS)
		s->memory.backend->list(s->memory.ctx, l);
	else
		fail_later(s, &l->op, NULL, l->deadline_ms);
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
	return (struct store_side){ .backend = &backend, .ctx = s };
}
