#include "smtp/lookup.h"

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
