#include "inspection/lookup.h"

struct op *lookup_dns(struct dns *dns, const struct filter_question *question)
{
	struct dns_question *q = arena_new(question->arena, struct dns_question);

	if (!q)
		return NULL;
	q->op.label = "dns";
	q->op.done = question->done;
	q->op.arg = question->arg;
	q->stranger = question->stranger;
	dns_ask(dns, question->ops, q, question->name, question->type, question->deadline_ms);
	return &q->op;
}

struct op *lookup_store(struct store *store, const struct filter_store_question *question)
{
	struct store_call *call = arena_new(question->arena, struct store_call);

	if (!call)
		return NULL;
	call->question = *question->question;
	call->question.key = arena_str(question->arena, call->question.key);
	call->question.label = arena_str(question->arena, call->question.label);
	if (!call->question.key.p || !call->question.label.p)
		return NULL;
	call->deadline_ms = question->deadline_ms;
	call->op.done = question->done;
	call->op.arg = question->arg;
	store_ask(store, question->ops, call);
	return &call->op;
}
