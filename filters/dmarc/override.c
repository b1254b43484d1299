#include "filters/dmarc/override.h"

#include "base/check.h"
#include "mail/domain.h"

bool dmarc_override_parse(struct arena *arena, struct str text, struct dmarc_override *row)
{
	struct str domain, word;

	str_cut(text, ' ', &domain, &word);
	word = str_trim(word);
	row->domain = domain_ascii(arena, domain);
	for (enum auth_policy p = AUTH_POLICY_NONE; p <= AUTH_POLICY_REJECT; p++) {
		if (!str_eq(word, str_z(auth_policy_name(p))))
			continue;
		row->policy = p;
		return row->domain.n > 0;
	}
	return false;
}

static void say(struct out *reason, struct str text)
{
	if (reason->n)
		out_str(reason, STR("; "));
	out_str(reason, text);
}

/* The longest name that fits; NULL: nothing is said of it. */
static const struct dmarc_override *row_of(const struct dmarc_overrides *o, struct str domain)
{
	const struct dmarc_override *best = NULL;

	for (size_t i = 0; i < o->count; i++)
		if (domain_has(o->rows[i].domain, domain) &&
		    (!best || o->rows[i].domain.n > best->domain.n))
			best = &o->rows[i];
	return best;
}

enum auth_policy dmarc_disposition(const struct dmarc_overrides *o, const struct auth *auth,
				   struct dmarc_wish wish, struct out *reason)
{
	const struct dmarc_override *row = row_of(o, wish.domain);
	enum auth_policy policy = wish.policy;

	if (row) {
		say(reason, STR("local policy: "));
		out_str(reason, row->domain);
		out_char(reason, ' ');
		out_str(reason, str_z(auth_policy_name(row->policy)));
		return row->policy;
	}
	if (policy != AUTH_POLICY_NONE && wish.test) {
		say(reason, STR("t=y"));
		policy--;
	}
	if (policy == AUTH_POLICY_NONE)
		return policy;
	if (!auth->spf.checked) {
		say(reason, STR("local policy: SPF was not checked"));
		return AUTH_POLICY_NONE;
	}
	if (o->trust_arc && auth->arc.trusted && auth->arc.result == AUTH_PASS) {
		say(reason, STR("local policy: ARC of "));
		out_str(reason, auth->arc.domain);
		return AUTH_POLICY_NONE;
	}
	return policy;
}
