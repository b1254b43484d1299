/* What is known so far, as evidence for policy. */
#include "inspection/inspection.h"

#include "base/check.h"
#include "filters/auth.h"

/* Those that have one at most; empty: none. */
static struct str one_text(const struct inspection *i, enum policy_text text)
{
	const struct auth *auth = i->facts.auth;

	switch (text) {
	case POLICY_TEXT_CLIENT_NAME:
		return inspection_client_name(i);
	case POLICY_TEXT_CLIENT_COUNTRY:
		return inspection_country(i);
	case POLICY_TEXT_CLIENT_AS:
		return inspection_as(i);
	case POLICY_TEXT_LOGIN:
		return inspection_detail(i, (symbol_id)FACT_AUTHENTICATED);
	case POLICY_TEXT_HELO:
		return i->facts.helo;
	case POLICY_TEXT_MAIL_FROM:
		return i->facts.mail_from;
	case POLICY_TEXT_MAIL_FROM_DOMAIN:
		return i->mail_domain;
	case POLICY_TEXT_SPF_DOMAIN:
		return auth && auth->spf.result == AUTH_PASS ? auth->spf.domain : (struct str){ 0 };
	case POLICY_TEXT_FROM_DOMAIN:
		return auth ? auth->from_domain : (struct str){ 0 };
	case POLICY_TEXT_DKIM_DOMAINS:
	case POLICY_TEXT_CLIENT_IP:
	case POLICY_TEXT_RCPT:
	case POLICY_TEXT_RCPT_DOMAIN:
	case POLICY_TEXT_ID:
	case POLICY_TEXT_SCORE:
	case POLICY_TEXT_COUNT:
		break;
	}
	UNREACHABLE();
}

/* d= of the signature with this number among those that are good for alignment. */
static bool trusted_domain(const struct auth *auth, unsigned number, struct str *domain)
{
	for (const struct auth_dkim *d = auth ? auth->dkim : NULL; d; d = d->next) {
		if (!d->trusted || number--)
			continue;
		*domain = d->domain;
		return true;
	}
	return false;
}

static bool text_of(const void *ctx, enum policy_text text, unsigned number, struct str *value)
{
	const struct inspection *i = ctx;

	if (text == POLICY_TEXT_DKIM_DOMAINS)
		return trusted_domain(i->facts.auth, number, value);
	if (number)
		return false;
	*value = one_text(i, text);
	return value->n > 0;
}

struct scopes {
	const struct findings *lists[SCOPE_COUNT];
	size_t count;
	uint64_t outstanding;
};

static struct scopes scopes_of(const struct inspection *i, const struct inspection_recipient *r)
{
	struct scopes s = { .count = SCOPE_RECIPIENT };

	for (size_t scope = 0; scope < SCOPE_RECIPIENT; scope++) {
		s.lists[scope] = &i->scopes[scope].findings;
		s.outstanding |= i->scopes[scope].outstanding;
	}
	if (!r)
		return s;
	s.lists[s.count++] = &r->scope.findings;
	s.outstanding |= r->scope.outstanding;
	return s;
}

static struct evidence evidence_of(const struct inspection *i, const struct scopes *scopes,
				   enum stage stage, struct policy_names names)
{
	return (struct evidence){ .lists = scopes->lists,
				  .list_count = scopes->count,
				  .outstanding = scopes->outstanding,
				  .stage = stage,
				  .names = names,
				  .client_ip = i->facts.client_ip,
				  .shown_ip = i->client_ip,
				  .text = text_of,
				  .texts = i };
}

void inspection_judge(struct inspection *i, enum stage stage,
		      const struct inspection_subject *subject, struct judgement *j)
{
	const struct scopes scopes = scopes_of(i, subject->recipient);
	struct evidence e = evidence_of(i, &scopes, stage, subject->names);

	e.seen = subject->seen;
	policy_judge(i->o->policy, &e, subject->class, subject->canary,
		     &i->arenas[SCOPE_TRANSACTION], j);
}

bool inspection_is_same(const struct inspection_recipient *a, const struct inspection_recipient *b)
{
	if (!a || !b)
		return a == b;
	return a->scope.outstanding == b->scope.outstanding &&
	       findings_equal(&a->scope.findings, &b->scope.findings);
}

bool inspection_is_alike(const struct inspection *i, const struct inspection_recipient *a,
			 const struct inspection_recipient *b, unsigned canary, bool greylisted)
{
	if (!a || !b)
		return a == b;
	return policy_is_alike(i->o->policy, &a->scope.findings, &b->scope.findings, canary,
			       greylisted);
}

/* The filters that look at the address have found nothing, and nothing has failed. */
static bool is_blind(const struct inspection *i)
{
	return i->client_ip.family != IP_NONE && i->facts.client_ip.family == IP_NONE;
}

void inspection_degraded(const struct inspection *i, const struct inspection_recipient *r,
			 struct out *o)
{
	if (is_blind(i))
		out_str(o, STR("vantage"));
	for (size_t scope = 0; scope < SCOPE_RECIPIENT; scope++)
		if (i->scopes[scope].runner)
			filter_runner_degraded(i->scopes[scope].runner, o);
	if (r)
		filter_runner_degraded(r->scope.runner, o);
}

void inspection_each_symbol(struct inspection *i, const struct inspection_recipient *r,
			    policy_symbol_fn *fn, void *arg)
{
	const struct scopes scopes = scopes_of(i, r);
	const struct evidence e =
		evidence_of(i, &scopes, STAGE_END, (struct policy_names){ .rcpt = { .n = 0 } });

	policy_each_symbol(i->o->policy, &e, fn, arg);
}
