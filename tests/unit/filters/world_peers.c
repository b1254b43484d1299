#include "world_peers.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/procedures.h"

struct world_question {
	struct op op;
	struct world_question *next, **link;
	struct world *world;
	struct str name;
	enum rr_type type;
	int64_t due_ms;
	bool fails;
	bool stored; /* for the store */
	struct store_question question;
};

/* ---- DNS ---- */

static struct world_row *row_of(struct world *w, struct str name, enum rr_type type)
{
	for (unsigned i = 0; i < w->row_count; i++)
		if (w->rows[i].type == type && str_ieq(str_z(w->rows[i].name), name))
			return &w->rows[i];
	return NULL;
}

static struct world_row *make_row(struct world *w, const char *name, enum rr_type type)
{
	struct world_row *row = row_of(w, str_z(name), type);

	if (row)
		return row;
	CHECK(w->row_count < WORLD_ROWS);
	row = &w->rows[w->row_count++];
	*row = (struct world_row){ .name = name, .type = type };
	return row;
}

void world_dns(struct world *w, const char *name, enum rr_type type, const char *value)
{
	struct world_row *row = make_row(w, name, type);
	struct rr *rr;

	CHECK(row->count < COUNTOF(row->records));
	rr = &row->records[row->count++];
	*rr = (struct rr){ .type = type, .text = str_z("") };
	if (type == RR_A || type == RR_AAAA)
		CHECK(ip_parse(str_z(value), &rr->ip));
	else
		rr->text = str_z(value);
}

void world_dns_status(struct world *w, const char *name, enum rr_type type, enum dns_status status)
{
	make_row(w, name, type)->status = status;
}

void world_dns_delay(struct world *w, const char *name, enum rr_type type, int64_t ms)
{
	make_row(w, name, type)->delay_ms = ms;
}

void world_dns_clear(struct world *w)
{
	w->row_count = 0;
}

static void unlink_question(struct world_question *q)
{
	*q->link = q->next;
	if (q->next)
		q->next->link = q->link;
	q->world->open--;
}

static void cancel_question(struct op *op)
{
	unlink_question(op->provider);
}

static void put_last(struct world_question *q)
{
	q->link = &q->world->questions;
	while (*q->link)
		q->link = &(*q->link)->next;
	*q->link = q;
	q->world->open++;
}

struct op *world_ask(void *ctx, const struct filter_question *asked)
{
	struct world *w = ctx;
	struct world_question *q = arena_new(asked->arena, struct world_question);
	const struct world_row *row = row_of(w, asked->name, asked->type);
	const int64_t delay = row ? row->delay_ms : 0;
	const int64_t deadline_ms = asked->deadline_ms;

	CHECK(deadline_ms > 0);
	if (!q)
		return NULL;
	*q = (struct world_question){
		.world = w,
		.name = arena_str(asked->arena, asked->name),
		.type = asked->type,
		.due_ms = w->now_ms + (delay > deadline_ms ? deadline_ms : delay),
		.fails = w->fail_all || (int)w->asked == w->fail_nth || delay > deadline_ms,
		.op = { .label = "dns",
			.done = asked->done,
			.arg = asked->arg,
			.cancel = cancel_question,
			.provider = q },
	};
	if (!q->name.p)
		return NULL;
	put_last(q);
	w->asked++;
	op_start(asked->ops, &q->op);
	return &q->op;
}

/* ---- the store ---- */

static struct world_record *record_of(struct world *w, const struct store_question *q)
{
	struct world_record *r = w->records;

	while (r < w->records + w->record_count &&
	       (r->procedure != q->procedure || !str_eq(str_z(r->key), q->key)))
		r++;
	if (r < w->records + w->record_count)
		return r;
	CHECK(w->record_count < WORLD_RECORDS);
	w->record_count++;
	*r = (struct world_record){ .procedure = q->procedure };
	memcpy(r->key, q->key.p, q->key.n);
	return r;
}

static void do_store(struct world *w, const struct store_question *q, int64_t *results)
{
	struct world_record *r = record_of(w, q);
	struct store_record record = r->record;

	if (record.expires_ms <= q->now_ms)
		record = (struct store_record){ .expires_ms = 0 };
	if (!store_procedure_run(q, &record, results))
		return;
	if (record.label.n)
		memmove(r->label, record.label.p, record.label.n);
	r->record = record;
	r->record.label = (struct str){ .p = r->label, .n = record.label.n };
}

void world_note(void *ctx, const struct store_question *question)
{
	struct world *w = ctx;
	int64_t results[STORE_RESULTS];

	CHECK(store_question_fits(question));
	if (w->store_status != STORE_FAILED)
		do_store(w, question, results);
}

struct op *world_ask_store(void *ctx, const struct filter_store_question *asked)
{
	struct world *w = ctx;
	struct world_question *q = arena_new(asked->arena, struct world_question);
	const int64_t deadline_ms = asked->deadline_ms, delay = w->store_delay_ms;

	CHECK(deadline_ms > 0 && store_question_fits(asked->question));
	if (!q)
		return NULL;
	*q = (struct world_question){
		.world = w,
		.stored = true,
		.question = *asked->question,
		.due_ms = w->now_ms + (delay > deadline_ms ? deadline_ms : delay),
		.fails = delay > deadline_ms,
		.op = { .label = "store",
			.done = asked->done,
			.arg = asked->arg,
			.cancel = cancel_question,
			.provider = q },
	};
	q->question.key = arena_str(asked->arena, asked->question->key);
	q->question.label = arena_str(asked->arena, asked->question->label);
	if (!q->question.key.p)
		return NULL;
	put_last(q);
	op_start(asked->ops, &q->op);
	return &q->op;
}

/* ---- answers ---- */

static void answer_store(struct world_question *q)
{
	struct world *w = q->world;
	struct store_answer *a = mem_new(sizeof(*a));

	a->status = q->fails ? STORE_FAILED : w->store_status;
	if (a->status != STORE_FAILED)
		do_store(w, &q->question, a->results);
	unlink_question(q);
	op_finish(&q->op, a->status == STORE_FAILED ? ERR_TIMEOUT : ERR_OK, a);
	mem_free(a);
}

/* The records are gone when done() returns: what is kept must have been copied. */
static void answer_dns(struct world_question *q)
{
	struct world *w = q->world;
	const struct world_row *row = row_of(w, q->name, q->type);
	struct dns_answer *a = mem_new(sizeof(*a));
	struct rr *records = mem_new(sizeof(row->records));

	a->status = DNS_NXDOMAIN;
	if (row) {
		a->status = row->status;
		a->count = row->status == DNS_OK ? row->count : 0;
		for (unsigned i = 0; i < a->count; i++) {
			records[i] = row->records[i];
			records[i].text.p = mem_strdup(row->records[i].text);
		}
	}
	if (q->fails)
		*a = (struct dns_answer){ .status = DNS_FAILED };
	a->records = records;
	unlink_question(q);
	op_finish(&q->op, a->status == DNS_FAILED ? ERR_SERVFAIL : ERR_OK, a);
	for (unsigned i = 0; i < COUNTOF(row->records); i++)
		if (records[i].text.p)
			mem_free((void *)(uintptr_t)records[i].text.p);
	mem_free(records);
	mem_free(a);
}

static struct world_question *next_question(const struct world *w)
{
	struct world_question *next = w->questions;

	for (struct world_question *q = w->questions; q; q = q->next)
		if (q->due_ms < next->due_ms)
			next = q;
	return next;
}

bool world_answer_next(struct world *w)
{
	struct world_question *q = next_question(w);

	if (!q)
		return false;
	if (q->due_ms > w->now_ms)
		w->now_ms = q->due_ms;
	if (q->stored)
		answer_store(q);
	else
		answer_dns(q);
	return true;
}
