/* The steps are one table: each looks at the answers that the one before has asked for, asks, and names the next.
 * Decided here:
 *   - An ill-formed name is never asked: as a mechanism's target it does not match, as that of include or redirect
 *     it has no record (RFC 7208 4.8, 4.3).
 *   - %{p} and ptr share one look at the client's names. */
#include "filters/spf/eval.h"

#include "base/check.h"
#include "filters/spf/macro.h"
#include "filters/spf/name.h"

typedef enum spf_next step_fn(struct spf_eval *e);

#define STEPS(X)                                                                                   \
	X(RECORD, ask_record)                                                                      \
	X(CHOOSE, choose_record)                                                                   \
	X(TERM, next_term)                                                                         \
	X(TARGET, begin_term)                                                                      \
	X(ADDRESS, read_address)                                                                   \
	X(EXISTS, read_exists)                                                                     \
	X(MX_HOSTS, ask_mx_hosts)                                                                  \
	X(MX, read_mx)                                                                             \
	X(PTR, match_ptr)                                                                          \
	X(REDIRECT, redirect)                                                                      \
	X(NAMES, ask_names)                                                                        \
	X(NAME_HOSTS, ask_name_hosts)                                                              \
	X(NAME_ADDRESSES, read_names)                                                              \
	X(EXPLAIN, ask_explanation)                                                                \
	X(EXPLANATION, read_explanation)                                                           \
	X(EXPAND, expand_explanation)

enum step {
#define X(ID, FN) STEP_##ID,
	STEPS(X)
#undef X
};

#define X(ID, FN) static step_fn FN;
STEPS(X)
#undef X

static struct spf_frame *frame_of(struct spf_eval *e)
{
	return &e->frames[e->depth];
}

static enum spf_next go(struct spf_eval *e, enum step step)
{
	e->step = step;
	return SPF_AGAIN;
}

/* ---- names ---- */

/* RFC 7208 7.3: the domain itself, else one below it, else any. */
static struct str best_name(const struct spf_eval *e, struct str domain)
{
	struct str best = { 0 };
	unsigned rank = 0;

	for (unsigned i = 0; i < e->client.count; i++) {
		const struct str name = e->client.names[i];
		const unsigned good = str_ieq(name, domain)          ? 3
				      : spf_name_below(name, domain) ? 2
								     : 1;

		if (e->client.valid[i] && good > rank) {
			rank = good;
			best = name;
		}
	}
	return best;
}

static struct spf_macro_values values(struct spf_eval *e)
{
	const struct str domain = frame_of(e)->domain;

	return (struct spf_macro_values){
		.sender = e->who.sender,
		.domain = domain,
		.ip = e->who.ip,
		.helo = e->who.helo,
		.p = best_name(e, domain),
		.unix_s = e->who.unix_s,
	};
}

/* Empty: it cannot be a name. */
static struct str expand_name(struct spf_eval *e, struct str spec)
{
	const struct spf_macro_values v = values(e);
	char bytes[2048];
	struct out o = OUT(bytes);
	struct str name;

	if (spec.n == 0)
		return frame_of(e)->domain;
	spf_macro_expand(&o, spec, &v);
	name = spf_name_shorten(out_text(&o));
	if (o.full || !spf_name_ok(name))
		return (struct str){ 0 };
	return arena_str(e->arena, name); /* over the ceiling: no name */
}

/* ---- results ---- */

static enum spf_next over(struct spf_eval *e, enum auth_result result, struct str reason)
{
	e->result->result = result;
	e->result->reason = reason;
	return SPF_OVER;
}

static enum spf_next permerror(struct spf_eval *e, const char *reason)
{
	return over(e, AUTH_PERMERROR, str_z(reason));
}

static enum spf_next temperror(struct spf_eval *e)
{
	return over(e, AUTH_TEMPERROR, STR("DNS did not answer"));
}

/* The record at work has no say: what include and redirect make of it (RFC 7208 5.2, 6.1). */
static enum spf_next no_record(struct spf_eval *e)
{
	if (e->depth || frame_of(e)->redirected)
		return permerror(e, "an included domain has no record");
	return over(e, AUTH_NONE, STR("no record"));
}

static enum spf_next matched(struct spf_eval *e);

/* The record at work says this of the client. */
static enum spf_next conclude(struct spf_eval *e, enum auth_result result, struct str reason)
{
	if (e->depth == 0) {
		over(e, result, reason);
		if (result == AUTH_FAIL && frame_of(e)->record.exp.p)
			return go(e, STEP_EXPLAIN);
		return SPF_OVER;
	}
	e->depth--;
	return result == AUTH_PASS ? matched(e) : go(e, STEP_TERM);
}

static enum spf_next matched(struct spf_eval *e)
{
	static const enum auth_result results[] = {
		[SPF_Q_PASS] = AUTH_PASS,
		[SPF_Q_FAIL] = AUTH_FAIL,
		[SPF_Q_SOFTFAIL] = AUTH_SOFTFAIL,
		[SPF_Q_NEUTRAL] = AUTH_NEUTRAL,
	};
	const struct spf_term *term = &frame_of(e)->term;

	return conclude(e, results[term->qualifier], term->whole);
}

/* ---- questions ---- */

/* What was answered is read: other questions follow. */
static void begin_questions(struct spf_eval *e)
{
	e->question_count = 0;
	e->forgive = false;
}

static void ask(struct spf_eval *e, struct str name, enum rr_type type)
{
	CHECK(e->question_count < LIMIT_SPF_NAMES);
	e->questions[e->question_count++] = (struct spf_question){ .name = name, .type = type };
}

static enum spf_next wait(struct spf_eval *e, enum step then)
{
	e->step = then;
	return SPF_ASK;
}

static enum spf_next ask_one(struct spf_eval *e, struct str name, enum rr_type type, enum step then)
{
	begin_questions(e);
	ask(e, name, type);
	e->questions[0].for_record = type == RR_TXT;
	return wait(e, then);
}

static enum rr_type address_type(const struct spf_eval *e)
{
	return e->who.ip.family == IP_V6 ? RR_AAAA : RR_A;
}

/* RFC 7208 4.6.4.  False: too many. */
static bool count_voids(struct spf_eval *e)
{
	for (unsigned i = 0; i < e->question_count; i++) {
		const enum dns_status status = e->questions[i].answer.status;

		e->voids += status == DNS_NODATA || status == DNS_NXDOMAIN;
	}
	return e->voids <= LIMIT_SPF_VOIDS;
}

static bool any_failed(const struct spf_eval *e)
{
	unsigned i = 0;

	while (i < e->question_count && e->questions[i].answer.status != DNS_FAILED)
		i++;
	return i < e->question_count;
}

static bool any_address(struct spf_eval *e)
{
	const struct spf_term *term = &frame_of(e)->term;
	struct ip_net net = { .bits = (uint8_t)(e->who.ip.family == IP_V6 ? term->bits6
									  : term->bits4) };

	for (unsigned q = 0; q < e->question_count; q++) {
		const struct dns_answer *a = &e->questions[q].answer;

		for (unsigned i = 0; i < a->count; i++) {
			net.base = a->records[i].ip;
			if (ip_net_has(&net, &e->who.ip))
				return true;
		}
	}
	return false;
}

/* ---- records ---- */

static enum spf_next ask_record(struct spf_eval *e)
{
	const struct str domain = frame_of(e)->domain;

	return spf_name_has_policy(domain) ? ask_one(e, domain, RR_TXT, STEP_CHOOSE) : no_record(e);
}

static enum spf_next choose_record(struct spf_eval *e)
{
	const struct dns_answer *a = &e->questions[0].answer;
	struct spf_frame *f = frame_of(e);
	struct str found = { 0 }, where;
	unsigned count = 0;

	if (a->status == DNS_FAILED)
		return temperror(e);
	for (unsigned i = 0; i < a->count; i++) {
		if (!spf_record_is(a->records[i].text))
			continue;
		found = a->records[i].text;
		count++;
	}
	if (count == 0)
		return a->cut ? permerror(e, "more records than are read") : no_record(e);
	if (count > 1)
		return permerror(e, "more than one record");
	if (spf_record_parse(found, &f->record, &where) != NULL)
		return over(e, AUTH_PERMERROR, where);
	f->rest = f->record.text;
	return go(e, STEP_TERM);
}

/* RFC 7208 4.6.4.  False: too many. */
static bool spend(struct spf_eval *e)
{
	return ++e->terms <= LIMIT_SPF_TERMS;
}

static enum spf_next next_term(struct spf_eval *e)
{
	struct spf_frame *f = frame_of(e);

	if (!spf_record_next(&f->rest, &f->term)) {
		if (!f->record.redirect.p)
			return conclude(e, AUTH_NEUTRAL, STR("no mechanism matched"));
		return spend(e) ? go(e, STEP_REDIRECT) : permerror(e, "too many lookups");
	}
	if (spf_mechanism_costs(f->term.mechanism) && !spend(e))
		return permerror(e, "too many lookups");
	return go(e, STEP_TARGET);
}

/* True: the spec's %{p} is not known yet, and is being found out. */
static bool wants_names(struct spf_eval *e, struct str spec)
{
	if (e->client.known || !spf_macro_asks_p(spec))
		return false;
	e->back = e->step;
	return true;
}

static enum spf_next redirect(struct spf_eval *e)
{
	struct spf_frame *f = frame_of(e);

	if (wants_names(e, f->record.redirect))
		return go(e, STEP_NAMES);
	*f = (struct spf_frame){ .domain = expand_name(e, f->record.redirect), .redirected = true };
	return go(e, STEP_RECORD);
}

static enum spf_next begin_term(struct spf_eval *e)
{
	const struct spf_term *term = &frame_of(e)->term;
	const enum spf_mechanism mechanism = term->mechanism;

	if (mechanism == SPF_ALL)
		return matched(e);
	if (mechanism == SPF_IP4 || mechanism == SPF_IP6)
		return ip_net_has(&term->net, &e->who.ip) ? matched(e) : go(e, STEP_TERM);
	if (wants_names(e, term->domain))
		return go(e, STEP_NAMES);
	e->target = expand_name(e, term->domain);
	if (mechanism == SPF_INCLUDE) {
		CHECK(e->depth < LIMIT_SPF_TERMS);
		e->frames[++e->depth] = (struct spf_frame){ .domain = e->target };
		return go(e, STEP_RECORD);
	}
	if (!e->target.n)
		return go(e, STEP_TERM);
	if (mechanism == SPF_PTR) {
		e->back = STEP_PTR;
		return go(e, e->client.known ? STEP_PTR : STEP_NAMES);
	}
	if (mechanism == SPF_MX)
		return ask_one(e, e->target, RR_MX, STEP_MX_HOSTS);
	if (mechanism == SPF_EXISTS)
		return ask_one(e, e->target, RR_A, STEP_EXISTS);
	return ask_one(e, e->target, address_type(e), STEP_ADDRESS);
}

/* ---- mechanisms ---- */

static enum spf_next decide(struct spf_eval *e, bool match)
{
	if (any_failed(e))
		return temperror(e);
	if (!count_voids(e))
		return permerror(e, "too many lookups without an answer");
	return match ? matched(e) : go(e, STEP_TERM);
}

static enum spf_next read_address(struct spf_eval *e)
{
	return decide(e, any_address(e));
}

static enum spf_next read_exists(struct spf_eval *e)
{
	return decide(e, e->questions[0].answer.count > 0);
}

static enum spf_next ask_mx_hosts(struct spf_eval *e)
{
	const struct dns_answer a = e->questions[0].answer;

	if (a.status == DNS_FAILED)
		return temperror(e);
	if (!count_voids(e))
		return permerror(e, "too many lookups without an answer");
	if (a.count > LIMIT_SPF_NAMES)
		return permerror(e, "too many mail exchangers");
	begin_questions(e);
	for (unsigned i = 0; i < a.count; i++)
		if (spf_name_ok(a.records[i].text))
			ask(e, a.records[i].text, address_type(e));
	return e->question_count ? wait(e, STEP_MX) : go(e, STEP_TERM);
}

/* One exchanger that has the address decides, whatever became of the others. */
static enum spf_next read_mx(struct spf_eval *e)
{
	return any_address(e) ? matched(e) : decide(e, false);
}

static enum spf_next match_ptr(struct spf_eval *e)
{
	const struct str best = best_name(e, e->target);

	return best.n && spf_name_below(best, e->target) ? matched(e) : go(e, STEP_TERM);
}

/* ---- the client's names; failures count as none (RFC 7208 5.5) ---- */

static enum spf_next ask_names(struct spf_eval *e)
{
	char bytes[LIMIT_DNS_NAME];
	struct out name = OUT(bytes);

	ip_print_reversed(&name, &e->who.ip);
	out_str(&name, e->who.ip.family == IP_V4 ? STR(".in-addr.arpa") : STR(".ip6.arpa"));
	CHECK(!name.full);
	e->client.known = true;
	begin_questions(e);
	e->forgive = true;
	ask(e, arena_str(e->arena, out_text(&name)), RR_PTR);
	return wait(e, STEP_NAME_HOSTS);
}

static enum spf_next ask_name_hosts(struct spf_eval *e)
{
	const struct dns_answer a = e->questions[0].answer;

	begin_questions(e);
	e->forgive = true;
	for (unsigned i = 0; i < a.count && i < LIMIT_SPF_NAMES; i++) {
		if (!spf_name_ok(a.records[i].text))
			continue;
		e->client.names[e->client.count++] = a.records[i].text;
		ask(e, a.records[i].text, address_type(e));
	}
	return e->question_count ? wait(e, STEP_NAME_ADDRESSES) : go(e, (enum step)e->back);
}

static enum spf_next read_names(struct spf_eval *e)
{
	for (unsigned q = 0; q < e->question_count; q++) {
		const struct dns_answer *a = &e->questions[q].answer;

		for (unsigned i = 0; i < a->count; i++)
			if (ip_eq(&a->records[i].ip, &e->who.ip))
				e->client.valid[q] = true;
	}
	return go(e, (enum step)e->back);
}

/* ---- why it failed (RFC 7208 6.2): what is wrong with that is not the sender's result ---- */

static enum spf_next ask_explanation(struct spf_eval *e)
{
	const struct str spec = frame_of(e)->record.exp;
	struct str name;

	if (wants_names(e, spec))
		return go(e, STEP_NAMES);
	name = expand_name(e, spec);
	if (!name.n)
		return SPF_OVER;
	begin_questions(e);
	e->forgive = true;
	ask(e, name, RR_TXT);
	return wait(e, STEP_EXPLANATION);
}

static enum spf_next read_explanation(struct spf_eval *e)
{
	const struct dns_answer *a = &e->questions[0].answer;

	if (a->count != 1 || !spf_macro_explanation_ok(a->records[0].text))
		return SPF_OVER;
	e->target = a->records[0].text;
	return go(e, STEP_EXPAND);
}

static enum spf_next expand_explanation(struct spf_eval *e)
{
	const struct spf_macro_values v = values(e);
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	if (wants_names(e, e->target))
		return go(e, STEP_NAMES);
	spf_macro_expand(&o, e->target, &v);
	for (size_t i = 0; i < o.n; i++)
		if (bytes[i] < ' ' || bytes[i] >= 0x7f)
			return SPF_OVER;
	if (!o.full)
		e->result->explanation = arena_str(e->arena, out_text(&o));
	return SPF_OVER;
}

/* ---- from begin to end ---- */

void spf_eval_begin(struct spf_eval *e, struct arena *arena, const struct spf_identity *who,
		    struct auth_spf *result)
{
	*e = (struct spf_eval){ .who = *who, .arena = arena, .result = result };
	e->frames[0].domain = who->domain;
	*result = (struct auth_spf){ .checked = true, .domain = who->domain };
}

enum spf_next spf_eval_step(struct spf_eval *e)
{
	static step_fn *const steps[] = {
#define X(ID, FN) [STEP_##ID] = FN,
		STEPS(X)
#undef X
	};
	enum spf_next next;

	do
		next = steps[e->step](e);
	while (next == SPF_AGAIN);
	return next;
}
