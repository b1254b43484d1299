/* idle.c - the rules on which nothing hangs: whatever they found, neither a score, nor a verdict, nor a rule that may
 * change one would become another.
 *
 * SpamAssassin does not run a rule whose score is 0; of its stock rules one in seven is idle. */
#include "policy/globs.h"

#include "base/mem.h"

/* Rules that are not idle, and of them those in whose expressions names are still to be looked for. */
struct search {
	struct policy *policy;
	symbol_id *open;
	unsigned open_count;
};

static bool is_rule(const struct symbol *s)
{
	return s->kind == SYMBOL_PATTERN || s->kind == SYMBOL_META;
}

static void need(struct search *search, symbol_id id)
{
	struct symbol *s = &search->policy->symbols[id];

	if (!s->idle)
		return;
	s->idle = false;
	if (s->kind == SYMBOL_META)
		search->open[search->open_count++] = id;
}

static void need_named(void *ctx, symbol_id id)
{
	need(ctx, id);
}

static bool weighs(const struct symbol *s)
{
	return !symbol_is_sub(s) && (!s->scored || s->score != 0);
}

static void need_all_in(struct search *search, const struct expr *e)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->nodes[i].op == EXPR_SYMBOL)
			need(search, e->nodes[i].symbol);
}

void policy_find_idle(struct policy *p, const struct conf *conf)
{
	struct search search = { .policy = p };

	globs_expand(p);
	search.open = mem_array(NULL, p->symbol_count + 1, sizeof(*search.open));
	for (unsigned i = 0; i < p->symbol_count; i++)
		p->symbols[i].idle = is_rule(&p->symbols[i]);
	for (unsigned i = 0; i < p->symbol_count; i++)
		if (weighs(&p->symbols[i]))
			need(&search, (symbol_id)i);
	verdict_each_name(p, conf, need_named, &search);
	while (search.open_count)
		need_all_in(&search, &p->symbols[search.open[--search.open_count]].expr);
	mem_free(search.open);
}

struct policy_counts policy_counts(const struct policy *p)
{
	struct policy_counts counts = { .files = p->file_count };

	for (unsigned i = 0; i < p->symbol_count; i++)
		counts.rules += is_rule(&p->symbols[i]);
	for (unsigned i = 0; i < p->verdict_count; i++)
		counts.verdicts += p->verdicts[i].at.line != 0;
	return counts;
}

void policy_print_idle(const struct policy *p, FILE *to)
{
	unsigned idle = 0;

	for (unsigned i = 0; i < p->symbol_count; i++)
		idle += is_rule(&p->symbols[i]) && p->symbols[i].idle;
	if (idle)
		fprintf(to,
			"rules: %u, of which %u are not looked for, for nothing hangs on them "
			"(rules { run = all } has them looked for, and scan does)\n",
			policy_counts(p).rules, idle);
}
