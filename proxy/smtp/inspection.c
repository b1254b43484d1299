#include "smtp/inspection.h"

#include "base/check.h"
#include "base/limits.h"
#include "filters/auth.h"
#include "mail/domain.h"
#include "mail/path.h"
#include "smtp/lookup.h"

static const size_t ceilings[SCOPE_COUNT] = {
	[SCOPE_CONNECTION] = LIMIT_SESSION_ARENA,
	[SCOPE_GREETING] = LIMIT_SESSION_ARENA,
	[SCOPE_TRANSACTION] = LIMIT_TRANSACTION_ARENA,
};

/* ---- services for filters: ctx is the scope ---- */

static int64_t now_ms(void *ctx)
{
	const struct inspection_scope *s = ctx;

	return loop_now_ms(s->owner->o->loop);
}

static int64_t unix_ms(void *ctx)
{
	const struct inspection_options *o = ((const struct inspection_scope *)ctx)->owner->o;

	return o->unix_ms ? o->unix_ms : loop_unix_ms(o->loop);
}

static struct op *ask_dns(void *ctx, const struct filter_question *question)
{
	const struct inspection_scope *s = ctx;

	return lookup_dns(s->owner->o->dns, question);
}

static struct op *ask_store(void *ctx, const struct filter_store_question *question)
{
	const struct inspection_scope *s = ctx;

	return lookup_store(s->owner->o->store, question);
}

static void note(void *ctx, const struct store_question *question)
{
	const struct inspection_scope *s = ctx;

	store_note(s->owner->o->store, question);
}

static void report(void *ctx, enum filter_scope scope, filter_symbol symbol, struct str detail)
{
	struct inspection_scope *s = ctx;

	(void)scope;
	findings_add(&s->findings, &s->arena, symbol, detail);
}

static void finished(void *ctx, unsigned source)
{
	const struct inspection_scope *s = ctx;

	s->owner->outstanding &= ~(UINT64_C(1) << source);
}

static void progress(void *ctx)
{
	const struct inspection_scope *s = ctx;

	s->owner->o->progress(s->owner->arg);
}

/* ---- scopes ---- */

static void open_scope(struct inspection *i, enum filter_scope scope)
{
	struct inspection_scope *s = &i->scopes[scope];

	*s = (struct inspection_scope){
		.owner = i,
		.services = { .ctx = s,
			      .now_ms = now_ms,
			      .unix_ms = unix_ms,
			      .dns = ask_dns,
			      .store = ask_store,
			      .note = note,
			      .report = report,
			      .finished = finished,
			      .progress = progress },
	};
	arena_init(&s->arena, ceilings[scope]);
}

/* What the scope's runner has found is gone, and outstanding again. */
static void clear(struct inspection *i, enum filter_scope scope)
{
	struct inspection_scope *s = &i->scopes[scope];

	if (s->runner)
		filter_runner_cancel(s->runner);
	i->outstanding |= filter_set_scope_sources(i->o->filters, scope);
	s->runner = NULL;
	s->findings = (struct findings){ 0 };
	arena_reset(&s->arena);
}

/* A scope in which no filter can say anything has no runner and costs no memory. */
static enum err start(struct inspection *i, enum filter_scope scope, enum filter_phase phase)
{
	struct inspection_scope *s = &i->scopes[scope];

	if (filter_set_scope_sources(i->o->filters, scope) == 0)
		return ERR_OK;
	s->runner = filter_runner_new(i->o->filters, scope, &s->arena, &s->services, &i->facts);
	if (!s->runner)
		return ERR_NOMEM;
	filter_runner_reach(s->runner, phase);
	return ERR_OK;
}

void inspection_fact_of(struct inspection *i, enum filter_scope scope, enum smtp_fact fact,
			struct str detail)
{
	struct inspection_scope *s = &i->scopes[scope];

	findings_add(&s->findings, &s->arena, (symbol_id)fact, detail);
}

void inspection_fact(struct inspection *i, enum filter_scope scope, enum smtp_fact fact)
{
	inspection_fact_of(i, scope, fact, (struct str){ 0 });
}

void inspection_open(struct inspection *i, const struct inspection_options *o, void *arg)
{
	*i = (struct inspection){ .o = o, .arg = arg };
	i->outstanding = filter_set_sources(o->filters);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		open_scope(i, (enum filter_scope)scope);
}

void inspection_close(struct inspection *i)
{
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		clear(i, (enum filter_scope)scope);
}

enum err inspection_connect(struct inspection *i, const struct ip *client, uint16_t port)
{
	i->client_ip = i->facts.client_ip = *client;
	i->facts.client_port = port;
	return start(i, SCOPE_CONNECTION, PHASE_CONNECT);
}

void inspection_hide_address(struct inspection *i)
{
	i->facts.client_ip = (struct ip){ 0 };
	inspection_fact(i, SCOPE_CONNECTION, FACT_WRONG_VANTAGE);
}

enum err inspection_greet(struct inspection *i, struct str helo, bool esmtp, bool tls)
{
	clear(i, SCOPE_GREETING);
	i->facts.helo = arena_str(&i->scopes[SCOPE_GREETING].arena, helo);
	i->facts.helo_spf = arena_new(&i->scopes[SCOPE_GREETING].arena, struct auth_spf);
	if (!i->facts.helo.p || !i->facts.helo_spf)
		return ERR_NOMEM;
	i->facts.esmtp = esmtp;
	i->facts.tls = tls;
	if (tls)
		inspection_fact(i, SCOPE_GREETING, FACT_CLIENT_TLS);
	return start(i, SCOPE_GREETING, PHASE_HELO);
}

void inspection_forget_client(struct inspection *i)
{
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		clear(i, (enum filter_scope)scope);
	i->facts = (struct filter_facts){ .client_port = 0 };
}

void inspection_authenticated(struct inspection *i, struct str login)
{
	i->facts.authenticated = true;
	inspection_fact_of(i, SCOPE_CONNECTION, FACT_AUTHENTICATED, login);
}

void inspection_forget_greeting(struct inspection *i)
{
	clear(i, SCOPE_GREETING);
	i->facts.helo = (struct str){ 0 };
	i->facts.helo_spf = NULL;
	i->facts.esmtp = false;
}

enum err inspection_mail(struct inspection *i, struct str mail_from)
{
	inspection_reset(i);
	i->facts.mail_from = arena_str(&i->scopes[SCOPE_TRANSACTION].arena, mail_from);
	i->facts.auth = arena_new(&i->scopes[SCOPE_TRANSACTION].arena, struct auth);
	i->mail_domain = path_domain(i->facts.mail_from);
	if (domain_is_utf8(i->mail_domain))
		i->mail_domain = domain_ascii(&i->scopes[SCOPE_TRANSACTION].arena, i->mail_domain);
	if (!i->facts.mail_from.p || !i->facts.auth)
		return ERR_NOMEM;
	if (mail_from.n == 0)
		inspection_fact(i, SCOPE_TRANSACTION, FACT_NULL_SENDER);
	return start(i, SCOPE_TRANSACTION, PHASE_MAIL);
}

void inspection_header(struct inspection *i, struct str header)
{
	i->facts.header = header;
	if (i->scopes[SCOPE_TRANSACTION].runner)
		filter_runner_reach(i->scopes[SCOPE_TRANSACTION].runner, PHASE_HEADER);
}

bool inspection_wants_body(const struct inspection *i)
{
	return filter_set_wants_body(i->o->filters);
}

void inspection_body(struct inspection *i, struct str bytes)
{
	if (i->scopes[SCOPE_TRANSACTION].runner)
		filter_runner_body(i->scopes[SCOPE_TRANSACTION].runner, bytes);
}

void inspection_end(struct inspection *i, uint64_t size)
{
	struct filter_runner *r = i->scopes[SCOPE_TRANSACTION].runner;

	i->facts.message_size = size;
	if (!r)
		return;
	filter_runner_reach(r, PHASE_END);
	filter_runner_reach(r, PHASE_ALIGN); /* the runner sees to who waits for whom */
}

void inspection_outcome(struct inspection *i, const struct filter_outcome *outcome)
{
	if (i->scopes[SCOPE_TRANSACTION].runner)
		filter_runner_outcome(i->scopes[SCOPE_TRANSACTION].runner, outcome);
}

void inspection_reset(struct inspection *i)
{
	clear(i, SCOPE_TRANSACTION);
	i->facts.mail_from = i->mail_domain = (struct str){ 0 };
	i->facts.header = (struct str){ 0 };
	i->facts.message_size = 0;
	i->facts.auth = NULL;
}

bool inspection_turn(struct inspection *i)
{
	bool complete = true;

	for (size_t scope = 0; scope < SCOPE_COUNT; scope++)
		if (i->scopes[scope].runner && !filter_runner_turn(i->scopes[scope].runner))
			complete = false;
	return complete;
}

struct arena *inspection_arena(struct inspection *i, enum filter_scope scope)
{
	return &i->scopes[scope].arena;
}

void inspection_find_symbols(struct inspection_options *o)
{
	o->symbols = (struct inspection_symbols){
		.confirmed = policy_find(o->policy, STR("RDNS_CONFIRMED")),
		.unconfirmed = policy_find(o->policy, STR("RDNS_UNCONFIRMED")),
		.nameless = policy_find(o->policy, STR("RDNS_NONE")),
		.country = policy_find(o->policy, STR("LOCATION_COUNTRY")),
		.as = policy_find(o->policy, STR("LOCATION_AS")),
	};
}

/* What was found of the connection under a symbol, or NULL. */
static const struct finding *find(const struct inspection *i, symbol_id symbol)
{
	const struct finding *f =
		symbol == SYMBOL_NONE ? NULL : i->scopes[SCOPE_CONNECTION].findings.first;

	while (f && f->symbol != symbol)
		f = f->next;
	return f;
}

static struct str detail_of(const struct inspection *i, symbol_id symbol)
{
	const struct finding *f = find(i, symbol);

	return f ? f->detail : (struct str){ 0 };
}

struct str inspection_client_name(const struct inspection *i)
{
	if (i->facts.client_name.n)
		return i->facts.client_name;
	return detail_of(i, i->o->symbols.confirmed);
}

bool inspection_found(const struct inspection *i, symbol_id symbol)
{
	return find(i, symbol) != NULL;
}

struct str inspection_country(const struct inspection *i)
{
	return detail_of(i, i->o->symbols.country);
}

struct str inspection_as(const struct inspection *i)
{
	return detail_of(i, i->o->symbols.as);
}

/* ---- policy ---- */

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
		return detail_of(i, (symbol_id)FACT_AUTHENTICATED);
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

struct lists {
	const struct findings *of[SCOPE_COUNT];
};

static struct lists lists_of(const struct inspection *i)
{
	struct lists l;

	for (size_t scope = 0; scope < SCOPE_COUNT; scope++)
		l.of[scope] = &i->scopes[scope].findings;
	return l;
}

static struct evidence evidence_of(const struct inspection *i, const struct lists *lists,
				   enum stage stage, struct policy_names names)
{
	return (struct evidence){ .lists = lists->of,
				  .list_count = SCOPE_COUNT,
				  .outstanding = i->outstanding,
				  .stage = stage,
				  .names = names,
				  .client_ip = i->facts.client_ip,
				  .shown_ip = i->client_ip,
				  .text = text_of,
				  .texts = i };
}

void inspection_judge(struct inspection *i, enum stage stage, uint64_t class, unsigned canary,
		      struct policy_names names, struct judgement *j)
{
	const struct lists lists = lists_of(i);
	const struct evidence e = evidence_of(i, &lists, stage, names);

	policy_judge(i->o->policy, &e, class, canary, &i->scopes[SCOPE_TRANSACTION].arena, j);
}

/* The filters that look at the address have found nothing, and nothing has failed. */
static bool is_blind(const struct inspection *i)
{
	return i->client_ip.family != IP_NONE && i->facts.client_ip.family == IP_NONE;
}

void inspection_degraded(const struct inspection *i, struct out *o)
{
	if (is_blind(i))
		out_str(o, STR("vantage"));
	for (size_t scope = 0; scope < SCOPE_COUNT; scope++)
		if (i->scopes[scope].runner)
			filter_runner_degraded(i->scopes[scope].runner, o);
}

void inspection_each_symbol(struct inspection *i, policy_symbol_fn *fn, void *arg)
{
	const struct lists lists = lists_of(i);
	const struct evidence e =
		evidence_of(i, &lists, STAGE_END, (struct policy_names){ .rcpt = { .n = 0 } });

	policy_each_symbol(i->o->policy, &e, &i->scopes[SCOPE_TRANSACTION].arena, fn, arg);
}
