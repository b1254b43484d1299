/* Measuring: from what was found to a value for each symbol.
 *
 * Of thousands of metas few have anything in them that was found or is still looked for.  The others are at rest: what
 * they come to when nothing is found was worked out once, and only metas over symbols that differ are evaluated. */
#include "policy/match.h"

/* ---- once ---- */

/* For each symbol the metas that name it. */
static void find_users(struct policy *p)
{
	const unsigned n = p->symbol_count;
	uint32_t *next = policy_keep(p, (n + 2) * sizeof(*next));

	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < p->meta_count; i++) {
			const struct expr *e = &p->symbols[p->metas[i]].expr;

			for (unsigned k = 0; k < e->count; k++) {
				if (e->nodes[k].op != EXPR_SYMBOL)
					continue;
				if (pass == 0)
					next[e->nodes[k].symbol + 2]++;
				else
					p->users[next[e->nodes[k].symbol + 1]++] = p->metas[i];
			}
		}
		if (pass == 0) {
			for (unsigned i = 0; i < n; i++)
				next[i + 2] += next[i + 1];
			p->users = policy_keep(p, next[n + 1] * sizeof(*p->users));
		}
	}
	p->first_user = next; /* of symbol i: from next[i] to next[i + 1] */
}

void measure_compile(struct policy *p)
{
	const struct expr_values values = { .symbols = p->values };

	find_users(p);
	p->rest = policy_keep(p, p->symbol_count * sizeof(*p->rest));
	p->stirred = policy_keep(p, p->symbol_count * sizeof(*p->stirred));
	p->held = policy_keep(p, p->symbol_count * sizeof(*p->held));
	for (unsigned i = 0; i < p->off_count; i++)
		p->values[p->off[i]] = interval_truth(true, true);
	for (unsigned i = 0; i < p->meta_count; i++)
		p->values[p->metas[i]] = expr_eval(&p->symbols[p->metas[i]].expr, &values);
	memcpy(p->rest, p->values, p->symbol_count * sizeof(*p->rest));
}

/* ---- each time ---- */

static void set(const struct policy *p, symbol_id id, struct interval value)
{
	p->values[id] = value;
	for (uint32_t i = p->first_user[id]; i < p->first_user[id + 1]; i++)
		p->stirred[p->users[i]] = true;
}

static void set_open(const struct policy *p, uint64_t outstanding)
{
	for (unsigned i = 0; i < p->symbol_count; i++)
		if (p->sources[i] & outstanding)
			set(p, (symbol_id)i, (struct interval){ .low = 0, .high = p->most[i] });
}

static void set_found(const struct policy *p, const struct evidence *e)
{
	for (size_t i = 0; i < e->list_count; i++)
		for (const struct finding *f = e->lists[i]->first; f; f = f->next)
			set(p, f->symbol, interval_point(f->hits));
	for (unsigned i = 0; i < p->match_count; i++) {
		const symbol_id id = p->matches[i];

		if (interval_known(p->values[id]) && match_holds(p->symbols[id].match, e))
			set(p, id, interval_point(1));
	}
}

void policy_measure(const struct policy *p, const struct evidence *e)
{
	const struct expr_values values = { .symbols = p->values };

	memcpy(p->values, p->rest, p->symbol_count * sizeof(*p->values));
	memset(p->stirred, 0, p->symbol_count * sizeof(*p->stirred));
	if (e->outstanding)
		set_open(p, e->outstanding);
	set_found(p, e);
	for (unsigned i = 0; i < p->meta_count; i++)
		if (p->stirred[p->metas[i]])
			set(p, p->metas[i], expr_eval(&p->symbols[p->metas[i]].expr, &values));
	/* Only now: what one meta leaves open for want of a rule that is off, is open for all. */
	for (unsigned i = 0; i < p->meta_count && p->off_count; i++)
		if (!(p->symbols[p->metas[i]].sources & e->outstanding))
			p->values[p->metas[i]] = interval_settle(p->values[p->metas[i]]);
}
