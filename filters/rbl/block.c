/* block.c - zones that say that they do not answer us (dns_block_rule), left alone for a while. */
#include "filters/rbl/rbl.h"

#include "base/check.h"

void rbl_block_read(struct filter_setup *s, struct rbl *c, const struct patterns *patterns)
{
	for (const struct rule_setting *line = patterns->settings; line; line = line->next) {
		struct str rest = line->text, rule, zone, more;

		if (line->setting->kind != SETTING_BLOCK)
			continue;
		if (!str_word(&rest, &rule) || !str_word(&rest, &zone) || str_word(&rest, &more)) {
			conf_error(filter_setup_report(s), &line->at,
				   "dns_block_rule: expected a rule and a zone");
			continue;
		}
		for (unsigned i = 0; i < c->rule_count; i++)
			if (str_eq(c->rules[i].name, rule))
				c->rules[i].blocks = zone;
	}
}

/* In any case, with or without a final dot. */
static bool is_below(struct str zone, struct str name)
{
	while (str_ends(zone, STR(".")))
		zone.n--;
	return str_iends(name, zone) && (name.n == zone.n || name.p[name.n - zone.n - 1] == '.');
}

void rbl_block(struct filter_run *run, const struct rbl_rule *rule)
{
	const struct rbl *c = filter_conf(run);

	for (unsigned i = 0; rule->blocks.n && i < c->list_count; i++)
		if (c->lists[i].zone.n && is_below(rule->blocks, c->lists[i].zone))
			c->scratch->blocked_until_ms[i] = filter_now_ms(run) + LIMIT_RBL_BLOCK_MS;
}

bool rbl_is_blocked(const struct filter_run *run, unsigned list)
{
	const struct rbl *c = filter_conf(run);

	return c->scratch->blocked_until_ms[list] > filter_now_ms(run);
}
