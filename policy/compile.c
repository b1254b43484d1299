/* From what was read to what is judged with. */
#include "policy/globs.h"
#include "policy/match.h"
#include "policy/measure.h"
#include "policy/score.h"

#include "base/limits.h"

/* The hot copies: what a judgement walks over lies together. */
static void lay_out(struct policy *p)
{
	p->sources = policy_keep(p, p->symbol_count * sizeof(*p->sources));
	p->most = policy_keep(p, p->symbol_count * sizeof(*p->most));
	p->scores = policy_keep(p, p->symbol_count * sizeof(*p->scores));
	p->listed = policy_keep(p, p->symbol_count * sizeof(*p->listed));
	for (unsigned i = 0; i < p->symbol_count; i++) {
		const struct symbol *s = &p->symbols[i];

		p->sources[i] = symbol_is_measured(s) || s->kind == SYMBOL_MATCH ? s->sources : 0;
		p->most[i] = symbol_is_measured(s) && s->most ? s->most : 1;
		p->scores[i] = s->score;
		p->listed[i] = (s->score != 0 || s->in_verdict) && !symbol_is_sub(s);
	}
}

bool policy_compile(struct policy *p, const struct conf *conf, struct conf_report *report)
{
	const unsigned errors = report->errors;

	if (p->too_many) {
		conf_error(report, &(struct conf_place){ 0 }, "more than %d symbols",
			   LIMIT_SYMBOLS);
		return false;
	}
	globs_expand(p);
	pattern_settle(p);
	match_link(p);
	if (!meta_compile(p, report) || !recipients_compile(p, conf, report) ||
	    !verdict_compile(p, conf, report))
		return false;
	score_compile(p, report);
	lay_out(p);
	measure_compile(p);
	alike_compile(p);
	return report->errors == errors && !p->refused;
}
