#include "filters/dmarc/eval.h"

#include "mail/domain.h"

void dmarc_eval_begin(struct dmarc_eval *e, struct dmarc_tree *tree, struct str author,
		      const struct suffixes *psl, bool walk)
{
	*e = (struct dmarc_eval){ .tree = tree, .author = author };
	if (walk)
		e->methods[e->method_count++] = (struct dmarc_method){ 0 };
	if (psl)
		e->methods[e->method_count++] = (struct dmarc_method){ .psl = psl };
	for (unsigned i = 0; i < e->method_count; i++)
		dmarc_tree_want(e->tree, e->methods[i], author);
}

static enum dmarc_next ask_or_go_on(const struct dmarc_eval *e)
{
	return e->tree->open ? DMARC_ASK : DMARC_OVER;
}

/* ---- the policy (RFC 9989 4.10.1) ---- */

struct policy {
	const struct dmarc_name *name; /* NULL: there is none */
	bool failed;
};

static struct policy find_policy(struct dmarc_eval *e, struct dmarc_method method)
{
	const struct dmarc_name *own = dmarc_tree_name(e->tree, e->author);
	struct dmarc_organization o;

	if (!own || own->found == DMARC_FAILED)
		return (struct policy){ .failed = true };
	if (own->found == DMARC_RECORD)
		return (struct policy){ .name = own };
	o = dmarc_tree_organization(e->tree, method, e->author);
	if (!o.known || (o.policy && o.policy->found == DMARC_FAILED))
		return (struct policy){ .failed = true };
	return (struct policy){ .name = o.policy };
}

/* Of a domain without a record of its own it matters whether it exists (RFC 9989 3.2.13), if np says otherwise than sp. */
static bool wants_existence(const struct dmarc_eval *e, struct policy policy)
{
	const struct dmarc_record *r = policy.name ? &policy.name->record : NULL;

	return r && r->applies && r->np != r->sp && !str_eq(policy.name->domain, e->author);
}

enum dmarc_next dmarc_eval_policy(struct dmarc_eval *e)
{
	if (e->tree->open)
		return DMARC_ASK;
	for (unsigned i = 0; i < e->method_count && !e->asked_existence; i++) {
		if (!wants_existence(e, find_policy(e, e->methods[i])))
			continue;
		e->asked_existence = true;
		e->existence = (struct dmarc_question){ .name = e->author, .type = RR_A };
		dmarc_tree_ask(e->tree, &e->existence);
	}
	return ask_or_go_on(e);
}

/* ---- alignment (RFC 9989 4.10.2) ---- */

enum aligned { ALIGNED_NO, ALIGNED_PERHAPS, ALIGNED_YES };

static bool share_top(struct str a, struct str b)
{
	while (domain_labels(a) > 1)
		a = domain_parent(a);
	return domain_has(a, b);
}

/* Could it be of this organization?  An organization's domain is its own, or above it. */
static enum aligned could_align(struct dmarc_eval *e, struct dmarc_method method, struct str domain)
{
	const struct dmarc_organization o = dmarc_tree_organization(e->tree, method, e->author);

	if (str_eq(domain, e->author))
		return ALIGNED_YES;
	if (!share_top(domain, e->author) || (o.known && !domain_has(o.domain, domain)))
		return ALIGNED_NO;
	return ALIGNED_PERHAPS;
}

static enum aligned align(struct dmarc_eval *e, struct dmarc_method method,
			  const struct dmarc_identifier *id, bool strict)
{
	const enum aligned could = could_align(e, method, id->domain);
	struct dmarc_organization ours, theirs;

	if (could != ALIGNED_PERHAPS)
		return could;
	if (strict)
		return ALIGNED_NO;
	ours = dmarc_tree_organization(e->tree, method, e->author);
	theirs = dmarc_tree_organization(e->tree, method, id->domain);
	if (!ours.known || !theirs.known)
		return ALIGNED_PERHAPS;
	return str_eq(ours.domain, theirs.domain) ? ALIGNED_YES : ALIGNED_NO;
}

void dmarc_eval_add(struct dmarc_eval *e, struct dmarc_identifier identifier)
{
	if (e->identifier_count < LIMIT_DMARC_IDENTIFIERS && identifier.domain.n)
		e->identifiers[e->identifier_count++] = identifier;
}

static bool is_strict(const struct dmarc_record *r, const struct dmarc_identifier *id)
{
	return id->dkim ? r->dkim_strict : r->spf_strict;
}

enum dmarc_next dmarc_eval_align(struct dmarc_eval *e)
{
	for (unsigned m = 0; m < e->method_count; m++) {
		const struct dmarc_method method = e->methods[m];
		const struct policy policy = find_policy(e, method);

		if (!policy.name || method.psl)
			continue; /* nothing to compare, or nothing to ask */
		for (unsigned i = 0; i < e->identifier_count; i++) {
			const struct dmarc_identifier *id = &e->identifiers[i];

			if (!is_strict(&policy.name->record, id) &&
			    could_align(e, method, id->domain) == ALIGNED_PERHAPS)
				dmarc_tree_want(e->tree, method, id->domain);
		}
	}
	return ask_or_go_on(e);
}

/* ---- the outcome ---- */

static struct dmarc_outcome undecided(struct dmarc_outcome out, enum auth_result result,
				      const char *reason)
{
	out.result = result;
	out.reason = reason;
	return out;
}

/* p of its own record; sp or np of one above (RFC 9989 4.10.1).  False: it depends on what DNS did not answer. */
static bool choose_policy(const struct dmarc_eval *e, struct policy policy,
			  enum auth_policy *chosen)
{
	const struct dmarc_record *r = &policy.name->record;

	*chosen = r->p;
	if (str_eq(policy.name->domain, e->author))
		return true;
	*chosen = r->sp;
	if (!wants_existence(e, policy))
		return true;
	if (e->existence.answer.status == DNS_NXDOMAIN)
		*chosen = r->np;
	if (e->existence.answer.status != DNS_FAILED)
		return true;
	*chosen = r->np > r->sp ? r->np : r->sp;
	return false;
}

/* What the nearest name above asks of those below it, where the author's own does not answer: a part of a zone that is
 * out of order is no way around the zone's policy. */
static void inherit(struct dmarc_eval *e, struct dmarc_outcome *out)
{
	struct str at = e->author;

	while ((at = domain_parent(at)).n) {
		const struct dmarc_name *name = dmarc_tree_name(e->tree, at);

		if (!name || name->found != DMARC_RECORD || !name->record.applies)
			continue;
		out->policy = name->record.sp;
		out->test = name->record.test;
		return;
	}
}

static void compare(struct dmarc_eval *e, struct dmarc_method method,
		    const struct dmarc_record *record, struct dmarc_outcome *out)
{
	bool doubt = false;

	for (unsigned i = 0; i < e->identifier_count; i++) {
		const struct dmarc_identifier *id = &e->identifiers[i];
		const enum aligned aligned = align(e, method, id, is_strict(record, id));
		struct str *which = id->dkim ? &out->dkim_aligned : &out->spf_aligned;

		if (aligned == ALIGNED_YES && !id->doubtful)
			*which = which->n ? *which : id->domain;
		else
			doubt |= aligned != ALIGNED_NO;
	}
	out->result = AUTH_FAIL;
	if (out->dkim_aligned.n || out->spf_aligned.n) {
		out->result = AUTH_PASS;
	} else if (doubt) {
		out->result = AUTH_TEMPERROR;
		out->reason = "a domain that may be aligned could not be checked";
	}
}

struct dmarc_outcome dmarc_eval_outcome(struct dmarc_eval *e, unsigned method)
{
	const struct policy policy = find_policy(e, e->methods[method]);
	const struct dmarc_organization o =
		dmarc_tree_organization(e->tree, e->methods[method], e->author);
	struct dmarc_outcome out = { .organization = o.domain };

	if (policy.failed) {
		inherit(e, &out);
		return undecided(out, AUTH_TEMPERROR, "the policy could not be looked up");
	}
	if (!policy.name)
		return undecided(out, AUTH_NONE, "no policy published");
	if (!policy.name->record.applies)
		return undecided(out, AUTH_NONE, "the record has no valid policy");
	out.published = policy.name->domain;
	out.test = policy.name->record.test;
	if (!choose_policy(e, policy, &out.policy))
		return undecided(out, AUTH_TEMPERROR, "it is not known whether the domain exists");
	compare(e, e->methods[method], &policy.name->record, &out);
	return out;
}
