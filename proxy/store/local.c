#include "store/local.h"

#include "base/mem.h"

/* Linked both ways, so that a call can leave it. */
struct queue {
	struct store_call *first, **last;
};

struct local {
	const struct store_engine *engine;
	void *ctx;
	struct wake wake;
	struct queue asked, answered;
	struct store_listing *pages; /* asked for */
};

static void append(struct queue *q, struct store_call *call)
{
	call->op.provider = q;
	call->next = NULL;
	call->link = q->last;
	*q->last = call;
	q->last = &call->next;
}

static void take_out(struct queue *q, struct store_call *call)
{
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	else
		q->last = call->link;
	call->link = NULL;
}

static void cancel(struct op *op)
{
	take_out(op->provider, (struct store_call *)op);
}

static void ask(void *ctx, struct store_call *call)
{
	struct local *l = ctx;

	call->op.cancel = cancel;
	append(&l->asked, call);
	wake_set(&l->wake);
}

/* ---- pages ---- */

static void take_out_page(struct op *op)
{
	struct store_listing *l = (struct store_listing *)op;

	*l->link = l->after;
	if (l->after)
		l->after->link = l->link;
}

static void list(void *ctx, struct store_listing *page)
{
	struct local *l = ctx;

	page->op.cancel = take_out_page;
	page->after = l->pages;
	page->link = &l->pages;
	if (page->after)
		page->after->link = &page->after;
	l->pages = page;
	wake_set(&l->wake);
}

static void fill_page(struct local *l)
{
	struct store_listing *page = l->pages;
	enum err err;

	take_out_page(&page->op);
	err = l->engine->list(l->ctx, page);
	op_finish(&page->op, err, NULL);
	if (l->pages)
		wake_set(&l->wake);
}

/* ---- both ---- */

/* done() may ask anew, or cancel others that are answered already. */
static void answer(struct wake *w, void *arg)
{
	struct local *l = arg;
	const enum err err = l->asked.first ? l->engine->run(l->ctx, l->asked.first) : ERR_OK;

	(void)w;
	while (l->asked.first) {
		struct store_call *call = l->asked.first;

		call->answer.status = err == ERR_OK ? STORE_OK : STORE_FAILED;
		take_out(&l->asked, call);
		append(&l->answered, call);
	}
	while (l->answered.first) {
		struct store_call *call = l->answered.first;

		take_out(&l->answered, call);
		op_finish(&call->op, err, &call->answer);
	}
	if (l->pages)
		fill_page(l);
}

static void close_local(void *ctx)
{
	struct local *l = ctx;

	wake_clear(&l->wake);
	l->engine->close(l->ctx);
	mem_free(l);
}

static const struct store_backend backend_local = { .ask = ask,
						    .list = list,
						    .close = close_local };

struct store_side store_local(struct loop *loop, const struct store_engine *engine, void *ctx)
{
	struct local *l = mem_new(sizeof(*l));

	l->engine = engine;
	l->ctx = ctx;
	l->asked.last = &l->asked.first;
	l->answered.last = &l->answered.first;
	wake_init(&l->wake, loop, answer, l);
	return (struct store_side){ .backend = &backend_local, .ctx = l };
}
