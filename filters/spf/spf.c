/* spf.c - SPF (RFC 7208) of the name in the greeting and of the sender: lookups for eval.c, findings.
 *
 * The greeting is checked once, when it is said (RFC 7208 2.3 recommends it); a sender at MAIL, so that the result
 * is there when RCPT is answered.  Whoever has logged in is not judged by where he connects from. */
#include "filters/spf/eval.h"

#include "base/check.h"
#include "filters/filter.h"
#include "mail/domain.h"
#include "mail/path.h"

/* what the sender's result is called, what it means (RFC 7208 2.6) */
#define RESULTS(X)                                                                                 \
	X(NONE, "the domain publishes no SPF record")                                              \
	X(PASS, "the client may send for the domain (SPF)")                                        \
	X(FAIL, "the client may not send for the domain (SPF)")                                    \
	X(SOFTFAIL, "the client probably may not send for the domain (SPF)")                       \
	X(NEUTRAL, "the domain says nothing of the client (SPF)")                                  \
	X(TEMPERROR, "DNS did not answer an SPF lookup")                                           \
	X(PERMERROR, "the domain's SPF record is wrong")

struct spf_conf {
	struct filter_common common;
	bool helo;
};

struct spf {
	const struct spf_conf *conf;
	filter_symbol of_helo[AUTH_RESULT_COUNT], of_sender[AUTH_RESULT_COUNT];
};

struct spf_state {
	struct spf_eval *eval; /* NULL: not begun */
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(spf_conf),
	{ .name = "helo",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct spf_conf, helo),
	  .fallback = "yes",
	  .about = "check the name of the greeting too" },
};

const struct conf_block block_spf = {
	.name = "spf",
	.about = "may the client send for this domain (SPF, RFC 7208)",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct spf_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct spf *c = arena_new(filter_setup_arena(s), struct spf);

	if (!c)
		return NULL;
	c->conf = section->values;
#define X(ID, ABOUT)                                                                               \
	c->of_helo[AUTH_##ID] =                                                                    \
		filter_define(s, STR("SPF_HELO_" #ID), PHASE_HELO, "of the greeting: " ABOUT);     \
	c->of_sender[AUTH_##ID] = filter_define(s, STR("SPF_" #ID), PHASE_MAIL, ABOUT);
	RESULTS(X)
#undef X
	return c;
}

static void report(struct filter_run *run, filter_symbol symbol, const struct auth_spf *result)
{
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	out_str(&o, str_head(result->domain, LIMIT_DOMAIN));
	if (result->reason.n) {
		out_str(&o, STR(": "));
		out_str(&o, str_head(result->reason, LIMIT_FINDING_DETAIL / 2 - 4));
	}
	filter_report(run, symbol, out_text(&o));
}

static void ask(struct filter_run *run, struct spf_question *q)
{
	if (q->for_record)
		filter_dns_txt(run, q->name, spf_record_is, &q->answer);
	else
		filter_dns(run, q->name, q->type, &q->answer);
}

/* symbols: by result. */
static enum filter_step go_on(struct filter_run *run, struct spf_eval *e,
			      const filter_symbol *symbols)
{
	if (e->forgive)
		filter_forgive(run);
	if (spf_eval_step(e) == SPF_OVER) {
		report(run, symbols[e->result->result], e->result);
		return FILTER_DONE;
	}
	for (unsigned i = 0; i < e->question_count; i++)
		ask(run, &e->questions[i]);
	return FILTER_WAIT;
}

/* Who is asked for (RFC 7208 4.3): without a local part it is the postmaster; the domain as DNS has it. */
static struct str sender_at(struct arena *arena, struct str sender, struct str domain)
{
	struct str local = sender;

	if (str_iends(sender, domain) && sender.n > domain.n + 1)
		return sender;
	local.n -= sender.n ? path_domain(sender).n + 1 : 0;
	if (local.n == 0)
		local = STR("postmaster");
	return arena_printf(arena, STR_FMT "@" STR_FMT, STR_ARG(local), STR_ARG(domain));
}

/* RFC 7208 4.3: U-labels are asked as A-labels. */
static struct str ascii_of(struct arena *arena, struct str domain)
{
	return domain_is_utf8(domain) ? domain_ascii(arena, domain) : domain;
}

/* sender empty: the postmaster of the greeting.  False: no memory. */
static bool begin(struct filter_run *run, struct spf_state *state, const struct filter_facts *facts,
		  struct str sender, struct auth_spf *result)
{
	struct arena *arena = filter_arena(run);
	struct spf_identity who = { .ip = facts->client_ip,
				    .helo = facts->helo,
				    .domain = ascii_of(arena, sender.n ? path_domain(sender)
								       : facts->helo),
				    .unix_s = filter_unix_ms(run) / 1000 };

	who.sender = sender_at(arena, sender, who.domain);
	state->eval = arena_new(arena, struct spf_eval);
	if (!state->eval || !who.sender.p) {
		filter_unavailable(run, STR("no memory"));
		return false;
	}
	spf_eval_begin(state->eval, arena, &who, result);
	return true;
}

/* Also without a name to ask about: a scan that was told neither a sender nor a greeting. */
static bool has_no_say(const struct filter_facts *facts, struct str sender)
{
	return facts->client_ip.family == IP_NONE || facts->authenticated ||
	       (sender.n == 0 && facts->helo.n == 0);
}

static enum filter_step on_helo(struct filter_run *run, const struct filter_facts *facts,
				void *state)
{
	const struct spf *c = filter_conf(run);
	const struct str nobody = { 0 };
	struct spf_state *s = state;

	if (has_no_say(facts, nobody) || !c->conf->helo)
		return FILTER_DONE;
	if (!s->eval && !begin(run, s, facts, nobody, facts->helo_spf))
		return FILTER_DONE;
	return go_on(run, s->eval, c->of_helo);
}

static enum filter_step on_mail(struct filter_run *run, const struct filter_facts *facts,
				void *state)
{
	const struct spf *c = filter_conf(run);
	struct spf_state *s = state;

	if (has_no_say(facts, facts->mail_from))
		return FILTER_DONE;
	if (!s->eval && !begin(run, s, facts, facts->mail_from, &facts->auth->spf))
		return FILTER_DONE;
	return go_on(run, s->eval, c->of_sender);
}

const struct filter filter_spf = {
	.name = "spf",
	.about = "may the client send for this domain (SPF, RFC 7208)",
	.block = &block_spf,
	.strangers = true,
	.state_size = sizeof(struct spf_state),
	.setup = setup,
	.on = { [PHASE_HELO] = on_helo, [PHASE_MAIL] = on_mail },
};
