/* Metas may stand on metas: they are evaluated in an order in which each comes after what it names.
 * The search keeps its own stack, since a chain of metas may be as long as the rule file. */
#include "policy/match.h"

#include "base/mem.h"

enum colour { UNSEEN, ON_PATH, PLACED };

struct step {
	symbol_id meta;
	unsigned node; /* the next one of its expression to look at */
};

struct search {
	struct policy *policy;
	struct conf_report *report;
	uint8_t *colours; /* by symbol */
	struct step *path;
	unsigned depth;
	bool ok;
};

bool meta_is_whole(const struct policy *p, const struct expr *e)
{
	for (unsigned i = 0; i < e->count; i++) {
		const struct expr_node *n = &e->nodes[i];
		const bool fraction = n->op == EXPR_NUMBER && n->number < INTERVAL_BOUND &&
				      n->number > (double)(int64_t)n->number;

		if (fraction || n->op == EXPR_DIVIDE || n->op == EXPR_SCORE ||
		    n->op == EXPR_ENVELOPE_SCORE)
			return false;
		if (n->op == EXPR_SYMBOL && p->symbols[n->symbol].kind == SYMBOL_META &&
		    !p->symbols[n->symbol].expr.whole)
			return false;
	}
	return true;
}

static void report_cycle(struct search *s, symbol_id again)
{
	const struct symbol *symbols = s->policy->symbols;
	char bytes[300];
	struct out o = OUT(bytes);
	unsigned i = s->depth;

	while (s->path[i - 1].meta != again)
		i--;
	for (; i <= s->depth; i++) {
		out_str(&o, symbols[s->path[i - 1].meta].name);
		out_str(&o, STR(" -> "));
	}
	out_str(&o, symbols[again].name);
	conf_error(s->report, &symbols[again].at,
		   "meta " STR_FMT " depends on itself: " STR_FMT "%s",
		   STR_ARG(symbols[again].name), STR_ARG(out_text(&o)), o.full ? "..." : "");
	s->ok = false;
}

static void warn_undefined(struct search *s, const struct symbol *meta,
			   const struct expr_node *node)
{
	const struct policy *p = s->policy;
	const struct str name = p->symbols[node->symbol].name;
	struct conf_place at = meta->at;
	char bytes[200];
	struct str hint = { .n = 0 };

	at.column += node->at;
	if (!conf_counts(s->report, &at))
		hint = symbol_hint(p, name, meta, bytes, sizeof(bytes));
	conf_note(s->report, CONF_NOTE_UNDEFINED, &at,
		  "meta " STR_FMT ": nobody defines " STR_FMT ", it counts as 0" STR_FMT,
		  STR_ARG(meta->name), STR_ARG(name), STR_ARG(hint));
}

static void warn_missing(struct search *s, const struct symbol *meta, const struct expr_node *node)
{
	const struct policy *p = s->policy;
	struct conf_place at = meta->at;
	char bytes[300];
	struct out o = OUT(bytes);

	at.column += node->at;
	if (match_missing(p, p->symbols[node->symbol].match, &o).n)
		conf_warn(s->report, &at, "meta " STR_FMT ": " STR_FMT "; the text is empty",
			  STR_ARG(meta->name), STR_ARG(out_text(&o)));
}

static void enter(struct search *s, symbol_id meta)
{
	s->colours[meta] = ON_PATH;
	s->path[s->depth++] = (struct step){ .meta = meta };
}

/* A meta is known when all that it names is. */
static void inherit(struct symbol *meta, const struct symbol *from)
{
	meta->sources |= from->sources;
	if (from->stage > meta->stage)
		meta->stage = from->stage;
}

static void note_off(struct policy *p, symbol_id id)
{
	for (unsigned i = 0; i < p->off_count; i++)
		if (p->off[i] == id)
			return;
	p->off[p->off_count++] = id;
}

static void look_at(struct search *s, struct symbol *meta, const struct expr_node *node)
{
	struct policy *p = s->policy;
	const struct symbol *named = &p->symbols[node->symbol];

	if (named->kind == SYMBOL_NAMED)
		warn_undefined(s, meta, node);
	if (named->kind == SYMBOL_MATCH)
		warn_missing(s, meta, node);
	if (named->kind == SYMBOL_OFF)
		note_off(p, node->symbol);
	inherit(meta, named);
}

/* One step on the path: down to a meta not yet placed, on to the next node, or up. */
static void step(struct search *s)
{
	struct policy *p = s->policy;
	struct step *at = &s->path[s->depth - 1];
	struct symbol *meta = &p->symbols[at->meta];

	for (; at->node < meta->expr.count; at->node++) {
		const struct expr_node *node = &meta->expr.nodes[at->node];

		if (node->op != EXPR_SYMBOL)
			continue;
		if (p->symbols[node->symbol].kind == SYMBOL_META) {
			if (s->colours[node->symbol] == UNSEEN) {
				enter(s, node->symbol);
				return;
			}
			if (s->colours[node->symbol] == ON_PATH) {
				report_cycle(s, node->symbol);
				continue;
			}
		}
		look_at(s, meta, node);
	}
	meta->expr.whole = meta_is_whole(p, &meta->expr);
	s->colours[at->meta] = PLACED;
	if (!meta->idle)
		p->metas[p->meta_count++] = at->meta;
	s->depth--;
}

bool meta_compile(struct policy *p, struct conf_report *report)
{
	struct search s = { .policy = p, .report = report, .ok = true };

	p->metas = policy_keep(p, p->symbol_count * sizeof(*p->metas));
	p->off = policy_keep(p, p->symbol_count * sizeof(*p->off));
	s.colours = mem_new(p->symbol_count);
	s.path = mem_array(NULL, p->symbol_count, sizeof(*s.path));
	for (unsigned i = 0; i < p->symbol_count; i++) {
		if (p->symbols[i].kind != SYMBOL_META || s.colours[i] != UNSEEN)
			continue;
		enter(&s, (symbol_id)i);
		while (s.depth)
			step(&s);
	}
	mem_free(s.path);
	mem_free(s.colours);
	return s.ok;
}
