/* Recipient classes: which `recipients` blocks an address belongs to.  Local parts are compared
 * without case: RFC 5321 2.4 lets them differ by it, no mail system in use does. */
#include "policy/inside.h"

#include "base/check.h"
#include "base/limits.h"

struct conf_recipients {
	struct conf_list match;
};

static const struct conf_option options[] = {
	{ .name = "match",
	  .type = CONF_LIST,
	  .offset = offsetof(struct conf_recipients, match),
	  .about = "addresses: user@domain, @domain, @*.domain (its subdomains)" },
};

const struct conf_block block_recipients = {
	.name = "recipients",
	.about = "A class of recipients, for the `for` of verdicts.",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct conf_recipients),
	.title = CONF_TITLED,
	.repeated = true,
	.sample = "recipients \"vip\" { match = [\"ceo@example.com\", \"@vip.example.com\"] }\n",
};

/* At the last '@': a quoted local part may have one of its own. */
static bool split(struct str address, struct str *local, struct str *domain)
{
	size_t i = address.n;

	while (i > 0 && address.p[i - 1] != '@')
		i--;
	if (i == 0) {
		*local = address;
		*domain = (struct str){ 0 };
		return false;
	}
	*local = str_head(address, i - 1);
	*domain = str_from(address, i);
	return true;
}

static bool compile_match(struct policy *p, const struct conf_text *text,
			  struct recipient_match *to, struct conf_report *report)
{
	struct str local, domain;

	*to = (struct recipient_match){ 0 };
	if (split(text->text, &local, &domain) && str_starts(domain, STR("*."))) {
		to->subdomains = true;
		domain = str_from(domain, 1); /* with the dot */
	}
	if (domain.n <= to->subdomains || memchr(domain.p, '*', domain.n) ||
	    (local.n && memchr(local.p, '*', local.n))) {
		conf_error(report, &text->at,
			   "'" STR_FMT "' is not user@domain, @domain or @*.domain",
			   STR_ARG(text->text));
		return false;
	}
	to->local = policy_keep_str(p, local);
	to->domain = policy_keep_str(p, domain);
	return true;
}

static bool compile_class(struct policy *p, const struct conf_section *section,
			  struct recipient_class *to, struct conf_report *report)
{
	const struct conf_recipients *c = section->values;
	bool ok = true;

	to->name = policy_keep_str(p, section->title.text).p;
	to->matches = policy_keep(p, c->match.count * sizeof(*to->matches));
	to->count = c->match.count;
	for (size_t i = 0; i < to->count; i++)
		ok &= compile_match(p, &c->match.items[i], &to->matches[i], report);
	return ok;
}

bool recipients_compile(struct policy *p, const struct conf *conf, struct conf_report *report)
{
	const struct conf_section *s = conf_first(conf, &block_recipients);
	bool ok = true;

	p->classes = policy_keep(p, LIMIT_RECIPIENT_CLASSES * sizeof(*p->classes));
	for (; s; s = conf_next(s)) {
		if (p->class_count == LIMIT_RECIPIENT_CLASSES) {
			conf_error(report, &s->at, "more than %d recipients blocks",
				   LIMIT_RECIPIENT_CLASSES);
			return false;
		}
		ok &= compile_class(p, s, &p->classes[p->class_count++], report);
	}
	return ok;
}

static bool matches(const struct recipient_match *m, struct str local, struct str domain)
{
	if (m->local.n && !str_ieq(m->local, local))
		return false;
	return m->subdomains ? domain.n > m->domain.n && str_iends(domain, m->domain)
			     : str_ieq(domain, m->domain);
}

uint64_t recipients_match(const struct policy *p, struct str rcpt)
{
	uint64_t classes = 0;
	struct str local, domain;

	if (!split(rcpt, &local, &domain))
		return 0;
	for (unsigned i = 0; i < p->class_count; i++)
		for (size_t j = 0; j < p->classes[i].count; j++)
			if (matches(&p->classes[i].matches[j], local, domain))
				classes |= UINT64_C(1) << i;
	return classes;
}
