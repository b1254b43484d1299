/* Judging: evidence in, decision out.
 *
 * The list is read from the top.  A verdict that is false is passed over; one that is true ends the
 * reading; one that is not known yet might end it, so the decision stands now only when it would
 * have been the same there: the same action and, where the client hears one, the same reply.  A
 * reply that quotes what may still change (the detail of an unfinished source, an open score)
 * cannot be the same as anything. */
#include "policy/measure.h"

#include "base/check.h"
#include "base/limits.h"
#include "policy/score.h"

struct reading {
	const struct policy *policy;
	const struct evidence *evidence;
	uint64_t class;
	unsigned canary;
	const struct measured *measured;
	struct expr_values values;
	struct weights weights;
	const struct verdict *candidate; /* the first one that was not false */
	bool agreed;                     /* all candidates so far say the same */
};

static bool stable(const struct reading *r, const struct template *t)
{
	return !(t->sources & r->evidence->outstanding) &&
	       (!t->has_score || r->weights.low == r->weights.high);
}

static struct str expand(const struct reading *r, const struct verdict *v, struct out *o)
{
	template_expand(
		&v->reply,
		&(struct template_values){ .evidence = r->evidence, .score = r->weights.sum }, o);
	return out_text(o);
}

static bool same_reply(const struct reading *r, const struct verdict *a, const struct verdict *b)
{
	char bytes_a[LIMIT_REPLY_TEXT], bytes_b[LIMIT_REPLY_TEXT];
	struct out out_a = OUT(bytes_a), out_b = OUT(bytes_b);

	return str_eq(expand(r, a, &out_a), expand(r, b, &out_b));
}

/* v may be, or is, what decides. */
static void consider(struct reading *r, const struct verdict *v)
{
	const struct verdict *first = r->candidate;

	if (action_code(v->action) && !stable(r, &v->reply))
		r->agreed = false;
	else if (!first)
		r->candidate = v;
	else if (first->action != v->action || (action_code(v->action) && !same_reply(r, first, v)))
		r->agreed = false;
}

static bool applies(const struct reading *r, const struct verdict *v)
{
	return v->bit == UINT64_MAX || (v->bit & r->class);
}

/* The verdict that decides; NULL: none is true.  Means something only while r->agreed. */
static const struct verdict *read_list(struct reading *r)
{
	const struct policy *p = r->policy;

	for (unsigned i = 0; i < p->verdict_count && r->agreed; i++) {
		const struct verdict *v = &p->verdicts[i];
		struct interval truth;

		if (!applies(r, v) || !verdict_acts(v, r->canary))
			continue;
		truth = expr_eval(&v->when, &r->values);
		if (interval_false(truth))
			continue;
		consider(r, v);
		if (interval_true(truth))
			return v;
	}
	if (r->candidate && r->candidate->action != ACTION_ACCEPT)
		r->agreed = false;
	return NULL;
}

static struct str list_symbols(const struct policy *p, const struct measured *m,
			       struct arena *arena)
{
	char bytes[LIMIT_SYMBOLS_TEXT];
	struct out o = { .p = bytes, .cap = sizeof(bytes) - 4 };
	size_t fits = 0;

	for (unsigned i = measured_next(p, m, 0); i < p->symbol_count && !o.full;
	     i = measured_next(p, m, i + 1)) {
		if (!p->listed[i])
			continue;
		fits = o.n;
		if (o.n)
			out_char(&o, ',');
		out_str(&o, p->symbols[i].name);
		out_char(&o, '(');
		score_print(&o, p->scores[i]);
		out_char(&o, ')');
	}
	if (o.full) {
		o = (struct out){ .p = bytes, .cap = sizeof(bytes), .n = fits };
		out_str(&o, STR(",..."));
	}
	return arena_str(arena, out_text(&o));
}

/* Verdicts that only watch, and were true, up to the one that decides: those below it would not have been asked. */
static uint64_t find_would(const struct reading *r, const struct verdict *decided)
{
	const struct policy *p = r->policy;
	const struct verdict *end = decided ? decided : p->verdicts + p->verdict_count;
	uint64_t bits = 0;

	for (const struct verdict *v = p->verdicts; v < end; v++)
		if (applies(r, v) && !verdict_acts(v, r->canary) &&
		    interval_true(expr_eval(&v->when, &r->values)))
			bits |= UINT64_C(1) << (v - p->verdicts);
	return bits;
}

static struct str list_would(const struct policy *p, uint64_t bits, struct arena *arena)
{
	char bytes[LIMIT_SYMBOLS_TEXT];
	struct out o = OUT(bytes);

	for (; bits; bits &= bits - 1) {
		const struct verdict *v = &p->verdicts[__builtin_ctzll(bits)];

		if (o.n)
			out_char(&o, ',');
		out_str(&o, str_z(v->name));
		out_char(&o, ':');
		out_str(&o, str_z(action_name(v->action)));
	}
	return o.n ? arena_str(arena, out_text(&o)) : (struct str){ 0 };
}

/* The detail of what has to wait is a number of seconds (filters/greylist). */
static uint64_t wait_of(const struct reading *r)
{
	const struct policy *p = r->policy;
	uint64_t s;

	if (str_u64(evidence_detail(r->evidence, symbol_find(p, STR("GREYLIST_EARLY"))), UINT32_MAX,
		    &s) ||
	    str_u64(evidence_detail(r->evidence, symbol_find(p, STR("GREYLIST_NEW"))), UINT32_MAX,
		    &s))
		return s;
	return 0;
}

static void decide(const struct reading *r, const struct verdict *v, struct arena *arena,
		   struct judgement *j)
{
	char bytes[LIMIT_REPLY_TEXT];
	struct out o = OUT(bytes);

	j->decided = true;
	j->symbols = list_symbols(r->policy, r->measured, arena);
	j->would_bits = find_would(r, v);
	j->would = list_would(r->policy, j->would_bits, arena);
	if (r->evidence->seen)
		measured_add(r->policy, r->measured, r->evidence->seen);
	if (!v)
		return;
	j->verdict = (unsigned)(v - r->policy->verdicts) + 1;
	j->action = v->action;
	j->name = v->name;
	if (action_code(v->action))
		j->reply = arena_str(arena, expand(r, v, &o));
	if (v->action == ACTION_GREYLIST)
		j->wait_s = wait_of(r);
}

void policy_judge(const struct policy *p, const struct evidence *e, uint64_t class, unsigned canary,
		  struct arena *arena, struct judgement *j)
{
	struct reading r = {
		.policy = p, .evidence = e, .class = class, .canary = canary, .agreed = true
	};
	const struct weights *envelope;
	const struct verdict *v;

	r.measured = policy_measure(p, e);
	envelope = &r.measured->weights[STAGE_RCPT];
	r.weights = score_sum(envelope, &r.measured->weights[STAGE_END]);
	r.values = (struct expr_values){ .symbols = r.measured->values,
					 .score = score_bounds(&r.weights),
					 .envelope_score = score_bounds(envelope) };
	*j = (struct judgement){ .action = ACTION_ACCEPT,
				 .stage = e->stage,
				 .name = "",
				 .score = (double)r.weights.sum / SCORE_UNIT,
				 .score_is_open = r.weights.low != r.weights.high };
	v = read_list(&r);
	CHECK(r.agreed || e->outstanding);
	if (r.agreed)
		decide(&r, v, arena, j);
}

/* Gathered first: fn may judge, which measures anew. */
void policy_each_symbol(const struct policy *p, const struct evidence *e, policy_symbol_fn *fn,
			void *arg)
{
	const struct measured *m = policy_measure(p, e);
	unsigned n = 0;

	for (unsigned i = measured_next(p, m, 0); i < p->symbol_count;
	     i = measured_next(p, m, i + 1)) {
		const struct symbol *s = &p->symbols[i];
		struct held *held = &p->held[n];

		if (s->kind == SYMBOL_MATCH || s->hidden)
			continue;
		*held = (struct held){ .symbol = (symbol_id)i };
		if (symbol_is_measured(s))
			held->detail = m->first[i]->detail;
		n++;
	}
	for (unsigned i = 0; i < n; i++) {
		const struct symbol *s = &p->symbols[p->held[i].symbol];

		fn(arg, s->name, (double)s->score / SCORE_UNIT, p->held[i].detail);
	}
}
