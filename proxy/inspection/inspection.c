#include "inspection/inspection.h"

#include "base/check.h"
#include "base/limits.h"
#include "filters/auth.h"
#include "filters/bulk/facts.h"
#include "filters/content/attachments.h"
#include "filters/content/text.h"
#include "filters/received/relays.h"
#include "filters/recipients.h"
#include "filters/uri/uris.h"
#include "inspection/lookup.h"
#include "mail/domain.h"
#include "mail/path.h"

static const size_t ceilings[SCOPE_RECIPIENT] = {
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
	findings_add(&s->findings, s->arena, symbol, detail);
}

static void hit(void *ctx, filter_symbol symbol, unsigned hits)
{
	struct inspection_scope *s = ctx;

	findings_hit(&s->findings, s->arena, symbol, hits);
}

static void finished(void *ctx, unsigned source)
{
	struct inspection_scope *s = ctx;

	s->outstanding &= ~(UINT64_C(1) << source);
}

static void progress(void *ctx)
{
	const struct inspection_scope *s = ctx;

	s->owner->o->progress(s->owner->arg);
}

/* ---- scopes ---- */

static void open_scope(struct inspection *i, enum filter_scope scope, struct inspection_scope *s,
		       struct arena *arena)
{
	*s = (struct inspection_scope){
		.owner = i,
		.arena = arena,
		.outstanding = filter_set_scope_sources(i->o->filters, scope),
		.services = { .ctx = s,
			      .now_ms = now_ms,
			      .unix_ms = unix_ms,
			      .dns = ask_dns,
			      .store = ask_store,
			      .note = note,
			      .report = report,
			      .hit = hit,
			      .finished = finished,
			      .progress = progress },
	};
}

static void clear_recipients(struct inspection *i)
{
	for (struct inspection_recipient *r = i->recipients; r; r = r->next)
		filter_runner_cancel(r->scope.runner);
	i->recipients = i->at_work = NULL;
}

/* What the scope's runner has found is gone, and outstanding again. */
static void clear(struct inspection *i, enum filter_scope scope)
{
	struct inspection_scope *s = &i->scopes[scope];

	if (s->runner)
		filter_runner_cancel(s->runner);
	s->outstanding = filter_set_scope_sources(i->o->filters, scope);
	s->runner = NULL;
	s->findings = (struct findings){ 0 };
	if (scope == SCOPE_TRANSACTION)
		clear_recipients(i);
	arena_reset(s->arena);
}

/* A scope in which no filter can say anything has no runner and costs no memory. */
static enum err start(struct inspection *i, enum filter_scope scope, enum filter_phase phase)
{
	struct inspection_scope *s = &i->scopes[scope];

	if (filter_set_scope_sources(i->o->filters, scope) == 0)
		return ERR_OK;
	s->runner = filter_runner_new(i->o->filters, scope, s->arena, &s->services, &i->facts);
	if (!s->runner)
		return ERR_NOMEM;
	filter_runner_reach(s->runner, phase);
	return ERR_OK;
}

void inspection_fact_of(struct inspection *i, enum filter_scope scope, enum smtp_fact fact,
			struct str detail)
{
	struct inspection_scope *s = &i->scopes[scope];

	findings_add(&s->findings, s->arena, (symbol_id)fact, detail);
}

void inspection_fact(struct inspection *i, enum filter_scope scope, enum smtp_fact fact)
{
	inspection_fact_of(i, scope, fact, (struct str){ 0 });
}

void inspection_open(struct inspection *i, const struct inspection_options *o, void *arg)
{
	*i = (struct inspection){ .o = o, .arg = arg };
	for (unsigned scope = 0; scope < SCOPE_RECIPIENT; scope++) {
		arena_init(&i->arenas[scope], ceilings[scope]);
		open_scope(i, (enum filter_scope)scope, &i->scopes[scope], &i->arenas[scope]);
	}
}

void inspection_close(struct inspection *i)
{
	for (unsigned scope = 0; scope < SCOPE_RECIPIENT; scope++)
		clear(i, (enum filter_scope)scope);
}

enum err inspection_connect(struct inspection *i, const struct ip *client, uint16_t port)
{
	i->client_ip = i->facts.client_ip = *client;
	i->facts.client_port = port;
	i->facts.client = arena_new(&i->arenas[SCOPE_CONNECTION], struct auth_client);
	if (!i->facts.client)
		return ERR_NOMEM;
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
	i->facts.helo = arena_str(&i->arenas[SCOPE_GREETING], helo);
	i->facts.helo_spf = arena_new(&i->arenas[SCOPE_GREETING], struct auth_spf);
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
	for (unsigned scope = 0; scope < SCOPE_RECIPIENT; scope++)
		clear(i, (enum filter_scope)scope);
	i->facts = (struct filter_facts){ .client_port = 0 };
}

void inspection_authenticated(struct inspection *i, struct str login)
{
	i->facts.authenticated = true;
	i->facts.login = login;
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
	i->facts.mail_from = arena_str(&i->arenas[SCOPE_TRANSACTION], mail_from);
	i->facts.auth = arena_new(&i->arenas[SCOPE_TRANSACTION], struct auth);
	i->facts.text = arena_new(&i->arenas[SCOPE_TRANSACTION], struct text);
	i->facts.relays = arena_new(&i->arenas[SCOPE_TRANSACTION], struct relays);
	i->facts.attachments = arena_new(&i->arenas[SCOPE_TRANSACTION], struct attachments);
	i->facts.uris = arena_new(&i->arenas[SCOPE_TRANSACTION], struct uris);
	i->facts.recipients = arena_new(&i->arenas[SCOPE_TRANSACTION], struct filter_recipients);
	i->facts.bulk = arena_new(&i->arenas[SCOPE_TRANSACTION], struct bulk_facts);
	i->mail_domain = path_domain(i->facts.mail_from);
	if (domain_is_utf8(i->mail_domain))
		i->mail_domain = domain_ascii(&i->arenas[SCOPE_TRANSACTION], i->mail_domain);
	if (!i->facts.mail_from.p || !i->facts.auth || !i->facts.text || !i->facts.attachments ||
	    !i->facts.uris || !i->facts.recipients || !i->facts.bulk || !i->facts.relays)
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

static void put_to_work(struct inspection *i, struct inspection_recipient *r)
{
	if (r->at_work)
		return;
	r->at_work = true;
	r->next_at_work = i->at_work;
	i->at_work = r;
}

static void take_from_work(struct inspection_recipient **at)
{
	(*at)->at_work = false;
	*at = (*at)->next_at_work;
}

void inspection_end(struct inspection *i, uint64_t size)
{
	struct filter_runner *r = i->scopes[SCOPE_TRANSACTION].runner;

	i->facts.message_size = size;
	i->ended = true;
	for (struct inspection_recipient *rcpt = i->recipients; rcpt; rcpt = rcpt->next)
		if (!rcpt->settled)
			put_to_work(i, rcpt);
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
	i->ended = false;
	i->facts.auth = NULL;
	i->facts.text = NULL;
	i->facts.attachments = NULL;
	i->facts.uris = NULL;
	i->facts.recipients = NULL;
	i->facts.bulk = NULL;
	i->facts.relays = NULL;
}

/* ---- recipients ---- */

enum err inspection_rcpt(struct inspection *i, struct str address, struct inspection_recipient **r)
{
	struct arena *arena = &i->arenas[SCOPE_TRANSACTION];
	struct filter_recipients *all = i->facts.recipients;
	struct inspection_recipient *new;

	*r = NULL;
	if (all->count < FILTER_RECIPIENTS)
		all->addresses[all->count++] = address;
	if (filter_set_scope_sources(i->o->filters, SCOPE_RECIPIENT) == 0)
		return ERR_OK;
	new = arena_new(arena, struct inspection_recipient);
	if (!new)
		return ERR_NOMEM;
	open_scope(i, SCOPE_RECIPIENT, &new->scope, arena);
	new->address = address;
	new->scope.runner = filter_runner_new(i->o->filters, SCOPE_RECIPIENT, arena,
					      &new->scope.services, &i->facts);
	if (!new->scope.runner)
		return ERR_NOMEM;
	new->next = i->recipients;
	i->recipients = *r = new;
	put_to_work(i, new);
	return ERR_OK;
}

void inspection_rcpt_outcome(struct inspection_recipient *r, enum filter_fate fate)
{
	struct filter_outcome outcome = { .recipients = { 0 } };
	struct inspection_recipient **at;

	if (!r)
		return;
	outcome.recipients[fate] = 1;
	r->settled = true;
	at = &r->scope.owner->at_work;
	while (r->at_work)
		if (*at == r)
			take_from_work(at);
		else
			at = &(*at)->next_at_work;
	r->scope.owner->facts.rcpt_to = r->address;
	filter_runner_outcome(r->scope.runner, &outcome);
	r->scope.owner->facts.rcpt_to = (struct str){ 0 };
}

/* True: all phases that have been reached are complete. */
static bool turn_phase(struct inspection *i, struct inspection_recipient *r)
{
	bool through;

	i->facts.rcpt_to = r->address;
	through = filter_runner_turn(r->scope.runner);
	i->facts.rcpt_to = (struct str){ 0 };
	return through;
}

/* True: through with all that may begin. */
static bool turn_recipient(struct inspection *i, struct inspection_recipient *r, bool known)
{
	static const enum filter_phase phases[] = { PHASE_RCPT, PHASE_RCPT_END };
	const unsigned due = i->ended ? 2 : 1;

	while (turn_phase(i, r)) {
		if (r->phases == due)
			return true;
		if (!known)
			return false;
		filter_runner_reach(r->scope.runner, phases[r->phases++]);
	}
	return false;
}

/* known: all of client, sender and message that can be by now. */
static bool turn_recipients(struct inspection *i, bool known)
{
	struct inspection_recipient **at = &i->at_work;

	while (*at) {
		if (turn_recipient(i, *at, known))
			take_from_work(at);
		else
			at = &(*at)->next_at_work;
	}
	return !i->at_work;
}

bool inspection_turn(struct inspection *i)
{
	bool complete = true;

	for (size_t scope = 0; scope < SCOPE_RECIPIENT; scope++)
		if (i->scopes[scope].runner && !filter_runner_turn(i->scopes[scope].runner))
			complete = false;
	return turn_recipients(i, complete) && complete;
}

struct arena *inspection_arena(struct inspection *i, enum filter_scope scope)
{
	return &i->arenas[scope];
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

struct str inspection_detail(const struct inspection *i, symbol_id symbol)
{
	const struct finding *f = find(i, symbol);

	return f ? f->detail : (struct str){ 0 };
}

struct str inspection_client_name(const struct inspection *i)
{
	if (i->facts.client_name.n)
		return i->facts.client_name;
	return inspection_detail(i, i->o->symbols.confirmed);
}

bool inspection_found(const struct inspection *i, symbol_id symbol)
{
	return find(i, symbol) != NULL;
}

struct str inspection_country(const struct inspection *i)
{
	return inspection_detail(i, i->o->symbols.country);
}

struct str inspection_as(const struct inspection *i)
{
	return inspection_detail(i, i->o->symbols.as);
}
