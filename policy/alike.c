/* Whether two recipients may have one answer, as far as it hangs on what filters found of each. */
#include "policy/inside.h"

static void mark(struct policy *p, const struct expr *e)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->nodes[i].op == EXPR_SYMBOL)
			p->divides[e->nodes[i].symbol] = true;
}

void alike_compile(struct policy *p)
{
	p->divides = policy_keep(p, p->symbol_count * sizeof(*p->divides));
	for (unsigned i = 0; i < p->scored_count; i++)
		p->divides[p->scored[i].symbol] = true;
	for (unsigned i = 0; i < p->meta_count; i++)
		mark(p, &p->symbols[p->metas[i]].expr);
	for (unsigned i = 0; i < p->verdict_count; i++)
		mark(p, &p->verdicts[i].when);
}

static bool has(const struct findings *list, symbol_id symbol)
{
	const struct finding *f = list->first;

	while (f && f->symbol != symbol)
		f = f->next;
	return f != NULL;
}

static bool covers(const struct policy *p, const struct findings *a, const struct findings *b)
{
	for (const struct finding *f = a->first; f; f = f->next)
		if (p->divides[f->symbol] && !has(b, f->symbol))
			return false;
	return true;
}

bool policy_is_alike(const struct policy *p, const struct findings *a, const struct findings *b)
{
	return covers(p, a, b) && covers(p, b, a);
}
