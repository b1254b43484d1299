/* `rules_matching(__A*)` in a meta: how often the rules whose names fit have hit, all of them together.
 *
 * It is a meta of its own, in whose place nobody can write one, and the same one wherever it is written the same: the sum of
 * what is found to fit when all files are read. */
#include "policy/globs.h"

#include "base/limits.h"

#include <stdio.h>

struct glob {
	struct glob *next;
	struct str pattern;
	symbol_id sum;
};

bool glob_in_rule(void *ctx, struct str pattern, struct expr_node *node, struct expr_error *error)
{
	struct policy *p = ctx;
	const struct str name =
		arena_printf(&p->arena, "__rules_matching(" STR_FMT ")", STR_ARG(pattern));
	struct glob *g;

	node->op = EXPR_SYMBOL;
	node->symbol = symbol_find(p, name);
	if (node->symbol != SYMBOL_NONE)
		return true;
	node->symbol = symbol_intern(p, name);
	if (node->symbol == SYMBOL_NONE) {
		snprintf(error->text, sizeof(error->text), "more than %d symbols", LIMIT_SYMBOLS);
		return false;
	}
	p->symbols[node->symbol].kind = SYMBOL_META;
	p->symbols[node->symbol].hidden = true;
	g = policy_keep(p, sizeof(*g));
	*g = (struct glob){ .next = p->globs, .sum = node->symbol };
	g->pattern = policy_keep_str(p, pattern);
	p->globs = g;
	return true;
}

/* The last `*` may stand for more and more. */
static bool fits(struct str name, struct str pattern)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0;

	while (i < name.n) {
		if (k < pattern.n && pattern.p[k] == '*') {
			star = k++;
			from = i;
		} else if (k < pattern.n && (pattern.p[k] == '?' || pattern.p[k] == name.p[i])) {
			i++;
			k++;
		} else if (star == SIZE_MAX) {
			return false;
		} else {
			i = ++from;
			k = star + 1;
		}
	}
	while (k < pattern.n && pattern.p[k] == '*')
		k++;
	return k == pattern.n;
}

static bool names(const struct expr *e, symbol_id id)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->nodes[i].op == EXPR_SYMBOL && e->nodes[i].symbol == id)
			return true;
	return false;
}

/* A meta is not part of what it names. */
static bool is_part(const struct glob *g, const struct symbol *s)
{
	const bool rule =
		s->kind == SYMBOL_PATTERN || s->kind == SYMBOL_META || s->kind == SYMBOL_OFF;

	return rule && symbol_name_ok(s->name) && fits(s->name, g->pattern) &&
	       !(s->kind == SYMBOL_META && names(&s->expr, g->sum));
}

static void expand(struct policy *p, const struct glob *g)
{
	struct expr_node *nodes;
	unsigned parts = 0, count = 0;

	for (unsigned i = 0; i < p->symbol_count; i++)
		parts += is_part(g, &p->symbols[i]);
	nodes = policy_keep(p, (2 * parts + 1) * sizeof(*nodes));
	for (unsigned i = 0; i < p->symbol_count; i++) {
		if (!is_part(g, &p->symbols[i]))
			continue;
		nodes[count] = (struct expr_node){ .op = EXPR_SYMBOL, .symbol = (symbol_id)i };
		if (count++)
			nodes[count++].op = EXPR_ADD;
	}
	if (count == 0)
		nodes[count++].op = EXPR_NUMBER;
	p->symbols[g->sum].expr = (struct expr){ .nodes = nodes, .count = count };
}

/* A place for what is wrong with it: that of a meta which names it. */
static struct conf_place find_place(const struct policy *p, symbol_id sum)
{
	for (unsigned i = 0; i < p->symbol_count; i++)
		if (p->symbols[i].kind == SYMBOL_META && names(&p->symbols[i].expr, sum))
			return p->symbols[i].at;
	return (struct conf_place){ 0 };
}

void globs_expand(struct policy *p)
{
	for (const struct glob *g = p->globs; g; g = g->next)
		p->symbols[g->sum].at = find_place(p, g->sum);
	for (const struct glob *g = p->globs; g; g = g->next)
		expand(p, g);
	p->globs = NULL;
}
