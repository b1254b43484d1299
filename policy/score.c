#include "policy/score.h"

#include "base/limits.h"
#include "policy/inside.h"
#include "policy/lex.h"

void policy_choose_scores(struct policy *p, enum conf_scores scores)
{
	p->choice = scores;
}

bool score_parse(struct str text, int64_t *score)
{
	const bool negative = str_starts(text, STR("-"));
	struct decimal d;
	uint64_t v;

	if (negative || str_starts(text, STR("+")))
		text = str_from(text, 1);
	if (!decimal_parse(text, &d))
		return false;
	for (; d.decimals > 6; d.decimals--)
		d.digits /= 10;
	v = d.digits;
	for (unsigned i = d.decimals; i < 6; i++) {
		if (v > (uint64_t)LIMIT_SCORE * SCORE_UNIT)
			return false;
		v *= 10;
	}
	if (v > (uint64_t)LIMIT_SCORE * SCORE_UNIT)
		return false;
	*score = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

void score_print(struct out *o, int64_t score)
{
	const uint64_t size = (uint64_t)(score < 0 ? -score : score);
	uint64_t rest = size % SCORE_UNIT;

	if (score < 0)
		out_char(o, '-');
	out_u64(o, size / SCORE_UNIT);
	if (rest)
		out_char(o, '.');
	for (uint64_t digit = SCORE_UNIT / 10; rest; digit /= 10) {
		out_char(o, (char)('0' + rest / digit));
		rest %= digit;
	}
}

/* A `score` for a name nobody defines is common (the filter is off, the plugin is not ours), so it
 * is told only when it looks like the misspelling of a symbol that has no score of its own there:
 * an override that silently does nothing costs an operator hours. */
static void warn_of_misspelt(const struct policy *p, const struct symbol *s,
			     struct conf_report *report)
{
	for (unsigned i = 0; i < p->symbol_count; i++) {
		const struct symbol *other = &p->symbols[i];

		if (!symbol_is_measured(other) && other->kind != SYMBOL_META)
			continue;
		if (other->name.n + 1 < s->name.n || other->name.n > s->name.n + 1)
			continue;
		if (other->scored && other->score_at.file == s->score_at.file)
			continue;
		if (str_distance(s->name, other->name, 2) < 2) {
			conf_warn(report, &s->score_at,
				  "score of " STR_FMT
				  ", which nobody defines; did you mean " STR_FMT "?",
				  STR_ARG(s->name), STR_ARG(other->name));
			return;
		}
	}
}

/* As SpamAssassin: a rule without a score line weighs 1, one whose name begins with T_ (being
 * tried) 0.01, both negative with `tflags nice`.  What filters measure weighs nothing by itself. */
static int64_t default_score(const struct symbol *s)
{
	const int64_t score = str_starts(s->name, STR("T_")) ? SCORE_UNIT / 100 : SCORE_UNIT;

	if (s->kind != SYMBOL_META && s->kind != SYMBOL_PATTERN)
		return 0;
	return s->nice ? -score : score;
}

/* looks: so many names are still looked up, each beside all others. */
static void settle(struct policy *p, struct symbol *s, unsigned *looks, struct conf_report *report)
{
	if (s->kind == SYMBOL_NAMED && s->scored && *looks) {
		warn_of_misspelt(p, s, report);
		--*looks;
	}
	if (s->kind == SYMBOL_NAMED || s->kind == SYMBOL_OFF || symbol_is_sub(s))
		s->score = 0;
	else if (!s->scored)
		s->score = default_score(s);
}

void score_compile(struct policy *p, struct conf_report *report)
{
	unsigned looks = 1000;

	for (unsigned i = 0; i < p->symbol_count; i++)
		settle(p, &p->symbols[i], &looks, report);
}

void score_add(struct weights *w, struct interval value, int times, int64_t score)
{
	const int64_t weight = times * score;

	if (interval_false(value))
		return;
	if (interval_true(value))
		w->sum += weight;
	if (interval_true(value) || score < 0)
		w->low += weight;
	if (interval_true(value) || score > 0)
		w->high += weight;
}

struct weights score_sum(const struct weights *a, const struct weights *b)
{
	return (struct weights){ .sum = a->sum + b->sum,
				 .low = a->low + b->low,
				 .high = a->high + b->high };
}

struct interval score_bounds(const struct weights *w)
{
	return (struct interval){ .low = (double)w->low / SCORE_UNIT,
				  .high = (double)w->high / SCORE_UNIT };
}
