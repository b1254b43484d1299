/* Whether two recipients may have one answer, as far as it hangs on what filters found of each. */
#include "policy/inside.h"

static void divide(struct policy *p, symbol_id symbol, enum divides how, unsigned share)
{
	for (unsigned i = 0; i <= how; i++)
		if (p->divides[symbol].share[i] < share)
			p->divides[symbol].share[i] = (uint8_t)share;
}

static void mark(struct policy *p, const struct expr *e, enum divides how, unsigned share)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->nodes[i].op == EXPR_SYMBOL)
			divide(p, e->nodes[i].symbol, how, share);
}

void alike_compile(struct policy *p)
{
	p->divides = policy_keep(p, p->symbol_count * sizeof(*p->divides));
	for (unsigned i = 0; i < p->symbol_count; i++)
		if (p->scores[i])
			divide(p, (symbol_id)i, DIVIDES_ALL, 100);
	for (unsigned i = 0; i < p->meta_count; i++)
		mark(p, &p->symbols[p->metas[i]].expr, DIVIDES_ALL, 100);
	for (unsigned i = 0; i < p->verdict_count; i++) {
		const struct verdict *v = &p->verdicts[i];
		const struct expr written = { .nodes = v->when.nodes, .count = v->written };

		mark(p, &written, DIVIDES_ALL, v->share);
		mark(p, &v->when, DIVIDES_ANSWERS, v->share);
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
		   unsigned canary, enum divides how)
{
	for (const struct finding *f = a->first; f; f = f->next)
		if (canary < p->divides[f->symbol].share[how] && !has(b, f->symbol))
			return false;
	return true;
}

bool policy_is_alike(const struct policy *p, const struct findings *a, const struct findings *b,
		     unsigned canary, bool greylisted)
{
	const enum divides how = greylisted ? DIVIDES_ANSWERS : DIVIDES_ALL;

	return covers(p, a, b, canary, how) && covers(p, b, a, canary, how);
}
