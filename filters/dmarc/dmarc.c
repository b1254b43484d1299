/* dmarc.c - DMARC (RFC 9989): lookups for eval.c, the operator's word, findings.
 *
 * The policy is looked up while the body arrives; what SPF and DKIM have found is compared when all of it is there.
 * Whoever has logged in is not judged: his mail has yet to be signed. */
#include "filters/dmarc/eval.h"
#include "filters/dmarc/override.h"
#include "filters/dmarc/rules.h"

#include "base/check.h"
#include "filters/filter.h"
#include "mail/domain.h"

#define SYMBOLS(X)                                                                                 \
	X(DMARC_PASS, "SPF or DKIM vouch for the author's domain (DMARC)")                         \
	X(DMARC_FAIL, "neither SPF nor DKIM vouch for the author's domain (DMARC)")                \
	X(DMARC_QUARANTINE, "DMARC fails, and the author's domain asks for quarantine")            \
	X(DMARC_REJECT, "DMARC fails, and the author's domain asks for rejection")                 \
	X(DMARC_NONE, "the author's domain publishes no DMARC policy")                             \
	X(DMARC_TEMPERROR, "DNS did not answer a DMARC lookup")                                    \
	X(DMARC_UNDECIDED,                                                                         \
	  "DNS did not tell whether DMARC fails; if so, the mail is to be rejected")               \
	X(DMARC_PERMERROR, "DMARC cannot be applied: there is not one author's domain")            \
	X(DMARC_OVERRIDE, "DMARC fails, and other is done than the domain's policy says")          \
	X(DMARC_METHODS_DIFFER, "the tree walk and the public suffix list differ about it")        \
	X(DKIM_ALIGNED, "a DKIM signature is of the author's organization")                        \
	X(SPF_ALIGNED, "SPF has passed a domain of the author's organization")

enum symbol {
#define X(ID, ABOUT) SYMBOL_##ID,
	SYMBOLS(X)
#undef X
		SYMBOL_COUNT
};

enum method { METHOD_WALK, METHOD_PSL, METHOD_COMPARE };

struct dmarc_conf {
	struct filter_common common;
	int method;
	bool trust_arc;
	struct conf_list override;
};

struct dmarc {
	const struct suffixes *psl; /* NULL: not wanted */
	bool walk;
	struct dmarc_overrides overrides;
	filter_symbol symbols[SYMBOL_COUNT];
	struct dmarc_rules rules;
};

struct dmarc_state {
	struct dmarc_tree tree;
	struct dmarc_eval *evals; /* of each domain that the author may be of; NULL: not begun */
	bool added;               /* what SPF and DKIM have found */
};

static const char *const method_words[] = { "walk", "psl", "compare", NULL };

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(dmarc_conf),
	{ .name = "method",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct dmarc_conf, method),
	  .fallback = "walk",
	  .choices = method_words,
	  .about =
		  "what tells an organization: walk (RFC 9989), psl (the public suffix list, RFC 7489), or compare: "
		  "walk decides, DMARC_METHODS_DIFFER says where psl would not" },
	{ .name = "trust_arc",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct dmarc_conf, trust_arc),
	  .fallback = "yes",
	  .about = "a failure does not count when a trusted sealer vouches for the mail (ARC)" },
	{ .name = "override",
	  .type = CONF_LIST,
	  .offset = offsetof(struct dmarc_conf, override),
	  .fallback = "[]",
	  .example = "[\"example.org none\"]",
	  .about =
		  "what becomes of mail that fails, whatever its domain asks for: a domain, which covers those below, "
		  "and none, quarantine or reject" },
};

const struct conf_block block_dmarc = {
	.name = "dmarc",
	.about = "does the author's domain stand behind the message (DMARC, RFC 9989)",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct dmarc_conf),
	.always = true,
};

/* ---- setup ---- */

static bool read_overrides(struct filter_setup *s, const struct conf_list *list,
			   struct dmarc_overrides *o)
{
	struct dmarc_override *rows;

	rows = arena_alloc(filter_setup_arena(s), (list->count + 1) * sizeof(rows[0]));
	if (!rows)
		return false;
	o->rows = rows;
	o->count = list->count;
	for (size_t i = 0; i < list->count; i++)
		if (!dmarc_override_parse(filter_setup_arena(s), list->items[i].text, &rows[i]))
			conf_error(filter_setup_report(s), &list->items[i].at,
				   "\"" STR_FMT "\" is not a domain and none, quarantine or reject",
				   STR_ARG(list->items[i].text));
	return true;
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	const struct dmarc_conf *conf = section->values;
	struct dmarc *c = arena_new(filter_setup_arena(s), struct dmarc);

	if (!c || !read_overrides(s, &conf->override, &c->overrides))
		return NULL;
	c->walk = conf->method != METHOD_PSL;
	c->overrides.trust_arc = conf->trust_arc;
	if (conf->method != METHOD_WALK) {
		c->psl = filter_setup_suffixes(s, &section->at);
		if (!c->psl)
			return NULL;
	}
#define X(ID, ABOUT) c->symbols[SYMBOL_##ID] = filter_define(s, STR(#ID), PHASE_ALIGN, ABOUT);
	SYMBOLS(X)
#undef X
	return c;
}

static void patterns(struct filter_setup *s, void *conf, const struct patterns *patterns)
{
	dmarc_rules_read(s, &((struct dmarc *)conf)->rules, patterns);
}

/* ---- findings ---- */

static void report(struct filter_run *run, enum symbol symbol, struct str domain, struct str reason)
{
	const struct dmarc *c = filter_conf(run);
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	out_str(&o, domain);
	if (domain.n && reason.n)
		out_str(&o, STR(": "));
	out_str(&o, str_head(reason, o.cap - o.n));
	filter_report(run, c->symbols[symbol], out_text(&o));
}

static void report_result(struct filter_run *run, const struct auth_dmarc *d)
{
	static const enum symbol symbols[AUTH_RESULT_COUNT] = {
		[AUTH_PASS] = SYMBOL_DMARC_PASS,
		[AUTH_FAIL] = SYMBOL_DMARC_FAIL,
		[AUTH_NONE] = SYMBOL_DMARC_NONE,
		[AUTH_TEMPERROR] = SYMBOL_DMARC_TEMPERROR,
		[AUTH_PERMERROR] = SYMBOL_DMARC_PERMERROR,
	};

	report(run, symbols[d->result], d->domain, d->reason);
	if (d->disposition == AUTH_POLICY_REJECT)
		report(run, SYMBOL_DMARC_REJECT, d->domain, d->reason);
	if (d->disposition == AUTH_POLICY_QUARANTINE)
		report(run, SYMBOL_DMARC_QUARANTINE, d->domain, d->reason);
	if (d->undecided == AUTH_POLICY_REJECT && d->disposition != AUTH_POLICY_REJECT)
		report(run, SYMBOL_DMARC_UNDECIDED, d->domain, d->reason);
	if (d->result == AUTH_FAIL && d->disposition != d->policy)
		report(run, SYMBOL_DMARC_OVERRIDE, d->domain, d->reason);
}

static void describe(struct out *o, const struct dmarc_outcome *outcome)
{
	out_str(o, str_z(auth_result_name(outcome->result)));
	out_char(o, ' ');
	out_str(o, outcome->organization);
	out_char(o, ' ');
	out_str(o, str_z(auth_policy_name(outcome->policy)));
}

/* Without a record there is no organization that would matter. */
static void report_difference(struct filter_run *run, const struct dmarc_outcome *walk,
			      const struct dmarc_outcome *list)
{
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	if (walk->result == list->result && walk->policy == list->policy &&
	    (walk->published.n == 0 || str_eq(walk->organization, list->organization)))
		return;
	out_str(&o, STR("walk "));
	describe(&o, walk);
	out_str(&o, STR(", psl "));
	describe(&o, list);
	report(run, SYMBOL_DMARC_METHODS_DIFFER, (struct str){ 0 }, out_text(&o));
}

static void report_alignment(struct filter_run *run, const struct dmarc_outcome *outcome)
{
	if (outcome->dkim_aligned.n)
		report(run, SYMBOL_DKIM_ALIGNED, outcome->dkim_aligned, (struct str){ 0 });
	if (outcome->spf_aligned.n)
		report(run, SYMBOL_SPF_ALIGNED, outcome->spf_aligned, (struct str){ 0 });
}

/* ---- the outcome ---- */

static void explain(struct out *o, const struct dmarc_outcome *outcome)
{
	if (outcome->reason)
		out_str(o, str_z(outcome->reason));
	else if (outcome->result == AUTH_FAIL)
		out_str(o, STR("nothing aligned"));
	if (outcome->dkim_aligned.n) {
		out_str(o, STR("dkim "));
		out_str(o, outcome->dkim_aligned);
	}
	if (outcome->spf_aligned.n) {
		out_str(o, outcome->dkim_aligned.n ? STR(", spf ") : STR("spf "));
		out_str(o, outcome->spf_aligned);
	}
}

/* Of one domain that the author is of. */
static struct auth_dmarc judge(struct filter_run *run, const struct auth *auth, struct str author,
			       const struct dmarc_outcome *outcome)
{
	const struct dmarc *c = filter_conf(run);
	const struct dmarc_wish wish = { .domain = author,
					 .policy = outcome->policy,
					 .test = outcome->test };
	struct auth_dmarc d = { .checked = true,
				.result = outcome->result,
				.domain = author,
				.organization = outcome->organization,
				.policy = outcome->policy };
	char bytes[LIMIT_FINDING_DETAIL];
	struct out reason = OUT(bytes);

	explain(&reason, outcome);
	if (outcome->result == AUTH_FAIL)
		d.disposition = dmarc_disposition(&c->overrides, auth, wish, &reason);
	if (outcome->result == AUTH_TEMPERROR)
		d.undecided = dmarc_disposition(&c->overrides, auth, wish, &reason);
	d.reason = arena_str(filter_arena(run), out_text(&reason));
	if (outcome->result == AUTH_TEMPERROR)
		filter_unavailable(run, d.reason);
	return d;
}

static void conclude(struct filter_run *run, struct auth *auth, const struct auth_dmarc *d)
{
	const struct dmarc *c = filter_conf(run);

	auth->dmarc = *d;
	report_result(run, d);
	dmarc_rules_hit(run, &c->rules, auth);
}

/* ---- at work ---- */

static enum filter_step ask(struct filter_run *run, struct dmarc_tree *tree)
{
	struct dmarc_question *q;

	while ((q = dmarc_tree_open(tree))) {
		if (q->type == RR_TXT)
			filter_dns_txt(run, q->name, dmarc_record_is, &q->answer);
		else
			filter_dns(run, q->name, q->type, &q->answer);
	}
	return FILTER_WAIT;
}

static bool begin(struct filter_run *run, const struct auth *auth, struct dmarc_state *s)
{
	const struct dmarc *c = filter_conf(run);

	s->tree.arena = filter_arena(run);
	s->evals = arena_alloc(s->tree.arena, auth->from_domain_count * sizeof(s->evals[0]));
	for (unsigned i = 0; s->evals && i < auth->from_domain_count; i++)
		dmarc_eval_begin(&s->evals[i], &s->tree, auth->from_domains[i], c->psl, c->walk);
	return s->evals;
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	const struct auth *auth = facts->auth;
	struct dmarc_state *s = state;
	bool asks = false;

	if (facts->authenticated || auth->from_domain_count == 0)
		return FILTER_DONE;
	if (!s->evals && !begin(run, auth, s)) {
		filter_unavailable(run, STR("no memory"));
		return FILTER_DONE;
	}
	filter_forgive(run); /* whether a failure matters is told by the outcome */
	for (unsigned i = 0; i < auth->from_domain_count; i++)
		asks |= dmarc_eval_policy(&s->evals[i]) == DMARC_ASK;
	return asks ? ask(run, &s->tree) : FILTER_DONE;
}

static void add_identifiers(struct filter_run *run, const struct auth *auth, struct dmarc_eval *e)
{
	struct arena *arena = filter_arena(run);

	if (auth->spf.checked &&
	    (auth->spf.result == AUTH_PASS || auth->spf.result == AUTH_TEMPERROR))
		dmarc_eval_add(e, (struct dmarc_identifier){
					  .domain = domain_ascii(arena, auth->spf.domain),
					  .doubtful = auth->spf.result == AUTH_TEMPERROR });
	for (const struct auth_dkim *d = auth->dkim; d; d = d->next)
		if (d->trusted || (d->result == AUTH_TEMPERROR && !d->domainkeys))
			dmarc_eval_add(e, (struct dmarc_identifier){
						  .domain = domain_ascii(arena, d->domain),
						  .dkim = true,
						  .doubtful = !d->trusted });
}

static void conclude_one(struct filter_run *run, struct auth *auth, struct dmarc_eval *e)
{
	const struct dmarc_outcome outcome = dmarc_eval_outcome(e, 0);
	const struct auth_dmarc d = judge(run, auth, auth->from_domain, &outcome);

	conclude(run, auth, &d);
	report_alignment(run, &outcome);
	if (e->method_count > 1) {
		const struct dmarc_outcome other = dmarc_eval_outcome(e, 1);

		report_difference(run, &outcome, &other);
	}
}

static bool is_stricter(const struct auth_dmarc *d, const struct auth_dmarc *than)
{
	return d->disposition > than->disposition ||
	       (d->disposition == than->disposition && d->undecided > than->undecided);
}

/* RFC 9989 11.5: the strictest of the policies of those domains that fail.  None of them makes it pass. */
static void conclude_unclear(struct filter_run *run, struct auth *auth, struct dmarc_eval *evals)
{
	struct auth_dmarc strictest = { .checked = true };
	struct str reason = STR("From has not one domain");

	for (unsigned i = 0; i < auth->from_domain_count; i++) {
		const struct dmarc_outcome outcome = dmarc_eval_outcome(&evals[i], 0);
		const struct auth_dmarc d = judge(run, auth, auth->from_domains[i], &outcome);

		if (is_stricter(&d, &strictest))
			strictest = d;
	}
	strictest.result = AUTH_PERMERROR;
	if (strictest.domain.n)
		reason = arena_printf(filter_arena(run), STR_FMT "; " STR_FMT, STR_ARG(reason),
				      STR_ARG(strictest.reason));
	strictest.reason = reason;
	conclude(run, auth, &strictest);
}

static void conclude_without(struct filter_run *run, struct auth *auth)
{
	const bool none = auth->author == AUTH_AUTHOR_NONE;
	const struct auth_dmarc d = { .checked = true,
				      .result = none ? AUTH_NONE : AUTH_PERMERROR,
				      .reason = none ? STR("From has no domain")
						     : STR("From has no domain that is one") };

	conclude(run, auth, &d);
}

static bool aligns(struct filter_run *run, const struct auth *auth, struct dmarc_state *s)
{
	bool asks = false;

	for (unsigned i = 0; i < auth->from_domain_count; i++) {
		if (!s->added)
			add_identifiers(run, auth, &s->evals[i]);
		asks |= dmarc_eval_align(&s->evals[i]) == DMARC_ASK;
	}
	s->added = true;
	return !asks;
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *state)
{
	struct auth *auth = facts->auth;
	struct dmarc_state *s = state;

	if (facts->authenticated)
		return FILTER_DONE;
	if (auth->from_domain_count == 0) {
		conclude_without(run, auth);
		return FILTER_DONE;
	}
	if (!s->evals)
		return FILTER_DONE; /* no memory for it */
	filter_forgive(run);
	if (!aligns(run, auth, s))
		return ask(run, &s->tree);
	if (auth->author == AUTH_AUTHOR_ONE)
		conclude_one(run, auth, &s->evals[0]);
	else
		conclude_unclear(run, auth, s->evals);
	return FILTER_DONE;
}

const struct filter filter_dmarc = {
	.name = "dmarc",
	.about = "does the author's domain stand behind the message (DMARC, RFC 9989)",
	.block = &block_dmarc,
	.strangers = true,
	.state_size = sizeof(struct dmarc_state),
	.setup = setup,
	.patterns = patterns,
	.answers = dmarc_knows,
	.on = { [PHASE_HEADER] = on_header, [PHASE_ALIGN] = on_align },
};
