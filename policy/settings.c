/* Settings of rule files that are for a filter: kept for it, and told of where no rule looks at what they fill. */
#include "policy/rules.h"

#include "base/check.h"

static void keep_expression(struct rules_reader *r, struct str *text)
{
	const struct str expression = rules_keep_regex(r->policy, *text);

	if (expression.n == 0)
		conf_error(r->report, &r->at, "expected an expression, not '" STR_FMT "'",
			   STR_ARG(str_head(*text, 60)));
	*text = expression;
}

bool settings_keep(struct rules_reader *r, struct str word)
{
	struct policy *p = r->policy;
	char bytes[64];
	struct out o = OUT(bytes);
	const struct setting *setting = setting_find(spelled_today(word, &o));
	struct rule_setting *kept;

	if (!setting)
		return false;
	kept = policy_keep(p, sizeof(*kept));
	*kept = (struct rule_setting){ .setting = setting };
	kept->text = policy_keep_str(p, rules_rest(r));
	kept->at = r->at;
	if (setting->kind == SETTING_EXPRESSION)
		keep_expression(r, &kept->text);
	*(p->settings ? p->settings_last : &p->settings) = kept;
	p->settings_last = &kept->next;
	return true;
}

static bool fits(struct str function, struct str pattern)
{
	char bytes[64];
	struct out o = OUT(bytes);

	function = spelled_today(function, &o);
	if (str_ends(pattern, STR("*")))
		return str_starts(function, str_head(pattern, pattern.n - 1));
	return str_eq(function, pattern);
}

static bool looks(const struct symbol *s, struct str functions)
{
	struct str pattern;

	if (s->kind != SYMBOL_PATTERN || !s->call || s->idle)
		return false;
	while (str_word(&functions, &pattern))
		if (fits(s->call->function, pattern))
			return true;
	return false;
}

static bool is_looked_at(const struct policy *p, const struct setting *setting)
{
	if (setting->functions.n == 0)
		return true;
	for (unsigned i = 0; i < p->symbol_count; i++)
		if (looks(&p->symbols[i], setting->functions))
			return true;
	return false;
}

/* Whoever comes from SpamAssassin has its rules in mind, which look at these. */
void settings_check(const struct policy *p, struct conf_report *report)
{
	bool seen[SETTING_COUNT] = { false };

	for (const struct rule_setting *s = p->settings; s; s = s->next) {
		const size_t number = setting_number(s->setting);

		if (!seen[number] && !is_looked_at(p, s->setting))
			conf_warn(report, &s->at,
				  "%s does nothing: no rule that counts asks " STR_FMT
				  "; have one, as 'header NAME eval:FUNCTION()', with its score",
				  s->setting->word, STR_ARG(s->setting->functions));
		seen[number] = true;
	}
}
