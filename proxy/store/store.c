/* store.c - see store.h.  A call that the main side fails goes once more to the fallback, in the same op, whose
 * done() is the store's meanwhile. */
#include "store/store.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/bulk.h"
#include "store/procedures.h"

#include <string.h>

struct note {
	struct store_call call; /* first */
	char bytes[];           /* sighting, key, label */
};

struct store {
	struct store_side main, fallback; /* fallback.backend == NULL: none */
	struct ops notes;
	struct wake *noted; /* NULL: nobody wants to know */
	uint64_t forgotten; /* since the log was told */
	int64_t said_ms;
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
	while (s->notes.head) {
		struct op *op = s->notes.head;

		op_cancel(op);
		mem_free(op);
	}
	s->main.backend->close(s->main.ctx);
	if (s->fallback.backend)
		s->fallback.backend->close(s->fallback.ctx);
	mem_free(s);
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

/* ---- pages ---- */

void store_list(struct store *s, struct ops *ops, struct store_listing *l)
{
	l->op.label = "store";
	l->op.cancel = NULL;
	l->count = 0;
	l->next = (struct str){ 0 };
	op_start(ops, &l->op);
	s->main.backend->list(s->main.ctx, l);
}

void store_listing_add(struct store_listing *l, struct str key, const struct store_record *record)
{
	struct store_listed *to = &l->items[l->count];

	CHECK(l->count < STORE_PAGE);
	if (record->expires_ms <= l->now_ms ||
	    (l->procedure == STORE_BULK && !store_bulk_is_told(key)))
		return;
	*to = (struct store_listed){ .key = arena_str(l->arena, key), .record = *record };
	to->record.label = arena_str(l->arena, record->label);
	to->record.body = arena_str(l->arena, record->body);
	l->count += to->key.p && to->record.body.p;
}

/* ---- notes ---- */

static void noted(struct op *op, enum err err, const void *result)
{
	struct store *s = op->arg;

	(void)err; /* who is told of it? */
	(void)result;
	mem_free(op);
	if (s->notes.pending == 0 && s->noted)
		wake_set(s->noted);
}

static void forget(struct store *s, int64_t now_ms)
{
	s->forgotten++;
	if (s->said_ms && now_ms - s->said_ms < LIMIT_STORE_COMPLAIN_MS)
		return;
	log_note("store", "slow", "%llu notes were forgotten: %u are under way",
		 (unsigned long long)s->forgotten, s->notes.pending);
	s->forgotten = 0;
	s->said_ms = now_ms;
}

static struct str copy(char **to, struct str s)
{
	const struct str copied = { .p = *to, .n = s.n };

	if (s.n)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return copied;
}

void store_note(struct store *s, const struct store_question *question)
{
	const struct str sighting = { .p = (const char *)question->sighting,
				      .n = question->sighting ? sizeof(*question->sighting) : 0 };
	struct note *n;
	char *to;

	static_assert(sizeof(*n) % _Alignof(struct bulk_sighting) == 0, "it stands right there");
	if (s->notes.pending >= LIMIT_STORE_NOTES) {
		forget(s, question->now_ms);
		return;
	}
	n = mem_new(sizeof(*n) + sighting.n + question->key.n + question->label.n);
	to = n->bytes;
	n->call.question = *question;
	if (question->sighting)
		n->call.question.sighting = (const void *)copy(&to, sighting).p;
	n->call.question.key = copy(&to, question->key);
	n->call.question.label = copy(&to, question->label);
	n->call.deadline_ms = LIMIT_STORE_NOTE_MS;
	n->call.op.done = noted;
	n->call.op.arg = s;
	store_ask(s, &s->notes, &n->call);
}

unsigned store_notes(const struct store *s)
{
	return s->notes.pending;
}

void store_tell(struct store *s, struct wake *wake)
{
	s->noted = wake;
}
