/* When a verdict can fire: what `postern check` says of it.
 *
 * For each expression, what could at best be known at a stage: `low`, the highest lower bound,
 * and `high`, the lowest upper bound that any evidence can give while nothing later is known.
 * It errs to the side of "can": products and quotients are taken as if they could be anything. */
#include "policy/inside.h"

#include "base/limits.h"
#include "base/mem.h"
#include "policy/score.h"

/* Not an interval: low may be above high, when different evidence gives them. */
struct best {
	double low, high;
};

static bool can_be_true(struct best b)
{
	return b.low > 0 || b.high < 0;
}

static bool can_be_false(struct best b)
{
	return !(b.high > 0);
}

static struct best truth(bool true_possible, bool false_possible)
{
	return (struct best){ .low = true_possible ? 1 : 0, .high = false_possible ? 0 : 1 };
}

static struct best less(struct best a, struct best b)
{
	return truth(a.high < b.low, !(a.low < b.high));
}

static struct best swapped(struct best b)
{
	return truth(can_be_false(b), can_be_true(b));
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double greatest(double a, double b)
{
	return a > b ? a : b;
}

/* Where both are true it is b. */
static struct best both(struct best a, struct best b)
{
	const bool true_possible = can_be_true(a) && can_be_true(b);

	return (struct best){ .low = true_possible ? greatest(1, b.low) : 0,
			      .high = can_be_false(a) ? least(0, b.high) : b.high };
}

/* The first of them that is true. */
static struct best either(struct best a, struct best b)
{
	const bool true_possible = can_be_true(a) || can_be_true(b);

	return (struct best){ .low = true_possible ? greatest(1, greatest(a.low, b.low)) : 0,
			      .high = !can_be_false(a)  ? a.high
				      : can_be_false(b) ? least(a.high, b.high)
							: b.high };
}

/* As interval_hit(): what may be below 0 may be 1, and no bound of it is. */
static struct best hit(struct best b)
{
	if (b.high < 0)
		return (struct best){ .low = b.low > 1 ? b.low : 1, .high = 0 };
	return (struct best){ .low = b.low > 0 ? b.low : 0, .high = b.high };
}

static struct best anything(void)
{
	return (struct best){ .low = INTERVAL_BOUND, .high = -INTERVAL_BOUND };
}

static struct best combine(enum expr_op op, struct best a, struct best b)
{
	switch (op) {
	case EXPR_OR:
		return either(a, b);
	case EXPR_AND:
		return both(a, b);
	case EXPR_LESS:
		return less(a, b);
	case EXPR_LESS_EQUAL:
		return swapped(less(b, a));
	case EXPR_MORE:
		return less(b, a);
	case EXPR_MORE_EQUAL:
		return swapped(less(a, b));
	case EXPR_ADD:
		return (struct best){ .low = a.low + b.low, .high = a.high + b.high };
	case EXPR_SUBTRACT:
		return (struct best){ .low = a.low - b.high, .high = a.high - b.low };
	case EXPR_EQUAL:
	case EXPR_UNEQUAL:
	case EXPR_MULTIPLY:
	case EXPR_DIVIDE:
	case EXPR_NUMBER:
	case EXPR_SYMBOL:
	case EXPR_SCORE:
	case EXPR_ENVELOPE_SCORE:
	case EXPR_NOT:
	case EXPR_NEGATE:
		break;
	}
	return anything();
}

struct outlook {
	const struct policy *policy;
	enum stage stage; /* what of it and before it may be known */
	struct best *symbols;
	struct best score, envelope_score;
	struct interval *open; /* by symbol: with nothing known at all */
	struct expr_values values;
};

static struct best leaf(const struct outlook *o, const struct expr_node *node)
{
	if (node->op == EXPR_SYMBOL)
		return o->symbols[node->symbol];
	if (node->op == EXPR_NUMBER)
		return (struct best){ .low = node->number, .high = node->number };
	return node->op == EXPR_SCORE ? o->score : o->envelope_score;
}

static struct best best_of(const struct outlook *o, const struct expr *e)
{
	struct best stack[LIMIT_EXPRESSION_DEPTH];
	unsigned n = 0;

	for (unsigned i = 0; i < e->count; i++) {
		const enum expr_op op = (enum expr_op)e->nodes[i].op;

		if (op < EXPR_NOT) {
			stack[n++] = leaf(o, &e->nodes[i]);
		} else if (op == EXPR_NOT) {
			stack[n - 1] = swapped(stack[n - 1]);
		} else if (op == EXPR_NEGATE) {
			stack[n - 1] = (struct best){ .low = -stack[n - 1].high,
						      .high = -stack[n - 1].low };
		} else {
			n--;
			stack[n - 1] = combine(op, stack[n - 1], stack[n]);
		}
	}
	return stack[0];
}

static void look_at_symbols(struct outlook *o)
{
	const struct policy *p = o->policy;

	for (unsigned i = 0; i < p->symbol_count; i++) {
		const struct symbol *s = &p->symbols[i];
		const bool measured = symbol_is_measured(s) || s->kind == SYMBOL_MATCH;
		const bool known = s->kind != SYMBOL_OFF && (!measured || s->stage <= o->stage);
		const double most = measured || s->kind == SYMBOL_OFF ? p->most[i] : 0;

		o->open[i] = (struct interval){ .low = 0, .high = most };
		o->symbols[i] = (struct best){ .low = measured && known ? most : 0,
					       .high = known ? 0 : most };
	}
	for (unsigned i = 0; i < p->meta_count; i++) {
		const struct symbol *meta = &p->symbols[p->metas[i]];
		struct best *b = &o->symbols[p->metas[i]];

		o->open[p->metas[i]] = interval_hit(expr_eval(&meta->expr, &o->values));
		*b = hit(best_of(o, &meta->expr));
		if (meta->stage <= o->stage && !can_be_true(*b))
			*b = truth(false, true); /* what hangs on a rule that is off is false */
	}
}

static void add_score(struct best *sum, struct best b, int64_t score)
{
	const double s = (double)score / SCORE_UNIT;

	if (s > 0) {
		sum->low += can_be_true(b) ? s : 0;
		sum->high += can_be_false(b) ? 0 : s;
	} else {
		sum->low += can_be_false(b) ? 0 : s;
		sum->high += can_be_true(b) ? s : 0;
	}
}

static void look_at_scores(struct outlook *o)
{
	const struct policy *p = o->policy;
	struct weights w = { 0 };

	for (unsigned stage = 0; stage < STAGE_COUNT; stage++) {
		for (unsigned i = 0; i < p->symbol_count; i++) {
			const struct symbol *s = &p->symbols[i];

			if (s->score == 0 || s->stage != stage)
				continue;
			score_add(&w, o->open[i], 1, s->score);
			add_score(&o->score, o->symbols[i], s->score);
		}
		if (stage == STAGE_RCPT) {
			o->envelope_score = o->score;
			o->values.envelope_score = score_bounds(&w);
		}
	}
	o->values.score = score_bounds(&w);
}

static bool same_outcome(const struct verdict *a, const struct verdict *b)
{
	if (a->action != b->action || a->reply.count != b->reply.count)
		return false;
	for (size_t i = 0; i < a->reply.count; i++) {
		const struct piece *p = &a->reply.pieces[i], *q = &b->reply.pieces[i];

		if (p->kind != q->kind || !str_eq(p->text, q->text) || p->name != q->name ||
		    p->symbol != q->symbol)
			return false;
	}
	return true;
}

/* Does `first`, earlier in the list, bind everybody whom v is for? */
static bool in_the_way(const struct verdict *first, const struct verdict *v)
{
	return first->mode == MODE_ENFORCE && first->classes == 0 && !same_outcome(first, v);
}

/* The verdict before v that keeps it from being reached at all, or NULL. */
static const struct verdict *shut_out(const struct outlook *o, const struct verdict *v)
{
	for (const struct verdict *first = o->policy->verdicts; first < v; first++)
		if (in_the_way(first, v) && interval_true(expr_eval(&first->when, &o->values)))
			return first;
	return NULL;
}

/* The verdict before v that is never false at this stage, or NULL. */
static const struct verdict *held_up(const struct outlook *o, const struct verdict *v)
{
	for (const struct verdict *first = o->policy->verdicts; first < v; first++)
		if (in_the_way(first, v) && !can_be_false(best_of(o, &first->when)))
			return first;
	return NULL;
}

/* Why it never decides; false: it may. */
static bool is_dead(const struct outlook *end, const struct verdict *v, struct out *why)
{
	const struct verdict *before = shut_out(end, v);

	if (before)
		out_printf(why, "never reached: \"%s\" before it is always true", before->name);
	else if (interval_false(expr_eval(&v->when, &end->values)) ||
		 !can_be_true(best_of(end, &v->when)))
		out_str(why, STR("never true"));
	return why->n > 0;
}

static void print_verdict(const struct outlook outlooks[STAGE_COUNT], const struct verdict *v,
			  FILE *to)
{
	const struct outlook *rcpt = &outlooks[STAGE_RCPT], *end = &outlooks[STAGE_END];
	const struct verdict *before;
	char bytes[200];
	struct out why = OUT(bytes);

	fprintf(to, "verdict \"%s\": %s%s, ", v->name, action_name(v->action),
		v->mode == MODE_SHADOW ? " (shadow)" : "");
	if (is_dead(end, v, &why)) {
		fprintf(to, STR_FMT "\n", STR_ARG(out_text(&why)));
	} else if (!can_be_true(best_of(rcpt, &v->when))) {
		fprintf(to, "can fire from stage %s\n", stage_name(STAGE_END));
	} else if ((before = held_up(rcpt, v))) {
		fprintf(to, "can fire from stage %s (\"%s\" before it is open until then)\n",
			stage_name(STAGE_END), before->name);
	} else {
		fprintf(to, "can fire from stage %s\n", stage_name(STAGE_RCPT));
	}
}

static void outlook_open(struct outlook *o, const struct policy *p, enum stage stage)
{
	*o = (struct outlook){ .policy = p, .stage = stage };
	o->symbols = mem_array(NULL, p->symbol_count, sizeof(*o->symbols));
	o->open = mem_array(NULL, p->symbol_count, sizeof(*o->open));
	o->values.symbols = o->open;
	look_at_symbols(o);
	look_at_scores(o);
}

static void outlook_close(struct outlook *o)
{
	mem_free(o->symbols);
	mem_free(o->open);
}

void policy_print_verdicts(const struct policy *p, FILE *to)
{
	struct outlook outlooks[STAGE_COUNT];

	for (unsigned stage = 0; stage < STAGE_COUNT; stage++)
		outlook_open(&outlooks[stage], p, (enum stage)stage);
	for (unsigned i = 0; i < p->verdict_count; i++)
		print_verdict(outlooks, &p->verdicts[i], to);
	fprintf(to, "score: %.1f to %.1f\n", outlooks[STAGE_END].values.score.low,
		outlooks[STAGE_END].values.score.high);
	for (unsigned stage = 0; stage < STAGE_COUNT; stage++)
		outlook_close(&outlooks[stage]);
}

void policy_warn_of_verdicts(const struct policy *p, struct conf_report *report)
{
	struct outlook end;

	outlook_open(&end, p, STAGE_END);
	for (unsigned i = 0; i < p->verdict_count; i++) {
		const struct verdict *v = &p->verdicts[i];
		char bytes[200];
		struct out why = OUT(bytes);

		if (v->at.line && is_dead(&end, v, &why))
			conf_warn(report, &v->at, "verdict \"%s\" is " STR_FMT, v->name,
				  STR_ARG(out_text(&why)));
	}
	outlook_close(&end);
}
