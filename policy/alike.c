/* Whether two recipients may have one answer, as far as it hangs on what filters found of each. */
#include "policy/inside.h"

static void mark(struct policy *p, const struct expr_node *nodes, unsigned count, enum divides how)
{
	for (unsigned i = 0; i < count; i++)
		if (nodes[i].op == EXPR_SYMBOL && p->divides[nodes[i].symbol] < how)
			p->divides[nodes[i].symbol] = (uint8_t)how;
}

void alike_compile(struct policy *p)
{
	p->divides = policy_keep(p, p->symbol_count * sizeof(*p->divides));
	for (unsigned i = 0; i < p->symbol_count; i++)
		if (p->scores[i])
			p->divides[i] = DIVIDES_ALL;
	for (unsigned i = 0; i < p->meta_count; i++) {
		const struct expr *e = &p->symbols[p->metas[i]].expr;

		mark(p, e->nodes, e->count, DIVIDES_ALL);
	}
	for (unsigned i = 0; i < p->verdict_count; i++) {
		const struct verdict *v = &p->verdicts[i];

		mark(p, v->when.nodes, v->written, DIVIDES_ALL);
		mark(p, v->when.nodes, v->when.count, DIVIDES_ANSWERS);
	}
}

static bool has(const struct findings *list, symbol_id symbol)
{
	const struct finding *f = list->first;

	while (f && f->symbol != symbol)
		f = f->next;
	return f != NULL;
}

static bool covers(const struct policy *p, const struct findings *a, const struct findings *b,
		   enum divides least)
{
	for (const struct finding *f = a->first; f; f = f->next)
		if (p->divides[f->symbol] >= least && !has(b, f->symbol))
			return false;
	return true;
}

bool policy_is_alike(const struct policy *p, const struct findings *a, const struct findings *b,
		     bool greylisted)
{
	const enum divides least = greylisted ? DIVIDES_ANSWERS : DIVIDES_ALL;

	return covers(p, a, b, least) && covers(p, b, a, least);
}
