/* rate.c - has there been too much of something?  Buckets in the store (STORE_BUCKET), so that all workers, and all
 * machines of a shared store, count together.
 *
 * What is counted is taken from the bucket when it begins: a connection, a MAIL, a RCPT.  Only of recipients who are
 * refused nobody knows before: they are taken when it is settled what became of them, and at RCPT is looked whether
 * one more would be too many.  What is over the limit is not taken, so that who keeps trying is not kept out
 * by it. */
#include "base/check.h"
#include "base/units.h"
#include "filters/auth.h"
#include "filters/filter.h"
#include "filters/outcome.h"
#include "filters/symbolname.h"
#include "mail/domain.h"
#include "mail/path.h"

enum { NAMED = LIMIT_PATH + IP_TEXT_MAX }; /* whose bucket it is, as text */

/* as the option has it, when one is taken, whether at once */
#define COUNTS(X)                                                                                  \
	X(CONNECTIONS, "connections", CONNECT, true)                                               \
	X(MESSAGES, "messages", MAIL, true)                                                        \
	X(RECIPIENTS, "recipients", RCPT, true)                                                    \
	X(REJECTED, "rejected_recipients", RCPT, false)

enum counts {
#define X(ID, TEXT, PHASE, AT_ONCE) COUNT_##ID,
	COUNTS(X)
#undef X
		COUNT_COUNT
};

/* as the option has it, from which phase on it is known, who writes it */
#define PERS(X)                                                                                    \
	X(ADDRESS, "address", CONNECT, print_address)                                              \
	X(NETWORK, "network", CONNECT, print_network)                                              \
	X(ALL, "all", CONNECT, print_nothing)                                                      \
	X(LOGIN, "login", MAIL, print_login)                                                       \
	X(MAIL_FROM, "mail_from", MAIL, print_sender)                                              \
	X(MAIL_FROM_DOMAIN, "mail_from.domain", MAIL, print_sender_domain)                         \
	X(SPF_DOMAIN, "spf.domain", RCPT, print_spf_domain)                                        \
	X(RCPT, "rcpt", RCPT, print_rcpt)                                                          \
	X(RCPT_DOMAIN, "rcpt.domain", RCPT, print_rcpt_domain)

enum per {
#define X(ID, TEXT, PHASE, PRINT) PER_##ID,
	PERS(X)
#undef X
		PER_COUNT
};

static const char *const counts_words[] = {
#define X(ID, TEXT, PHASE, AT_ONCE) TEXT,
	COUNTS(X)
#undef X
		NULL
};
static const char *const per_words[] = {
#define X(ID, TEXT, PHASE, PRINT) TEXT,
	PERS(X)
#undef X
		NULL
};

static const struct {
	enum filter_phase phase;
	bool at_once;
} counts[] = {
#define X(ID, TEXT, PHASE, AT_ONCE) { .phase = PHASE_##PHASE, .at_once = (AT_ONCE) },
	COUNTS(X)
#undef X
};

struct rate_conf {
	struct filter_common common;
	int per;    /* enum per */
	int counts; /* enum counts */
	struct conf_rate limit;
	struct conf_text symbol;
};

struct rate {
	const struct rate_conf *conf;
	struct str title;
	filter_symbol symbol;
};

struct rate_state {
	struct str key, label; /* key.p == NULL: not asked */
	struct store_answer answer;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(rate_conf),
	{ .name = "per",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct rate_conf, per),
	  .fallback = "address",
	  .choices = per_words,
	  .about =
		  "whose are counted together.  An IPv6 address is its /64, a network a /24 or /48" },
	{ .name = "counts",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct rate_conf, counts),
	  .fallback = "messages",
	  .choices = counts_words,
	  .about = "what is counted: messages are those begun by MAIL, recipients those asked for "
		   "by RCPT" },
	{ .name = "limit",
	  .type = CONF_RATE,
	  .offset = offsetof(struct rate_conf, limit),
	  .example = "100/1h",
	  .about = "so many in such a time, and at once" },
	{ .name = "symbol",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct rate_conf, symbol),
	  .optional = true,
	  .example = "RATE_SENDER",
	  .about = "reported when there are more; left out: made of the title" },
};

const struct conf_block block_rate = {
	.name = "rate",
	.about = "has there been too much?  Counted in the store, by all who share it",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct rate_conf),
	.title = CONF_TITLED,
	.repeated = true,
	.sample = "#rate \"sender\" {\n"
		  "\t#per = mail_from.domain   counts = messages   limit = 1000/1h\n"
		  "#}\n"
		  "#verdict \"much\" { when = RATE_SENDER   do = defer   reply = \"4.7.1 too many "
		  "messages, try again in %{RATE_SENDER.detail}\" }\n",
};

/* ---- who is counted ---- */

static void print_bits(const struct filter_facts *facts, uint8_t v4, uint8_t v6, struct out *o)
{
	struct ip_net net = { .base = facts->client_ip };

	if (net.base.family == IP_NONE)
		return;
	net.bits = net.base.family == IP_V4 ? v4 : v6;
	net.base = ip_net_first(&net);
	ip_net_print(o, &net);
}

static void print_address(struct arena *arena, const struct filter_facts *facts, struct out *o)
{
	(void)arena;
	print_bits(facts, 32, 64, o);
}

static void print_network(struct arena *arena, const struct filter_facts *facts, struct out *o)
{
	(void)arena;
	print_bits(facts, 24, 48, o);
}

static void print_nothing(struct arena *arena, const struct filter_facts *facts, struct out *o)
{
	(void)arena;
	(void)facts;
	out_char(o, '*');
}

static void print_login(struct arena *arena, const struct filter_facts *facts, struct out *o)
{
	(void)arena;
	out_str(o, facts->login);
}

static void print_domain(struct arena *arena, struct str address, struct out *o)
{
	out_lower(o, domain_ascii(arena, path_domain(address)));
}

static void print_sender(struct arena *arena, const struct filter_facts *facts, struct out *o)
{
	(void)arena;
	if (facts->mail_from.n)
		out_lower(o, facts->mail_from);
	else
		out_str(o, STR("<>"));
}

static void print_sender_domain(struct arena *arena, const struct filter_facts *facts,
				struct out *o)
{
	print_domain(arena, facts->mail_from, o);
}

static void print_spf_domain(struct arena *arena, const struct filter_facts *facts, struct out *o)
{
	(void)arena;
	if (facts->auth->spf.result == AUTH_PASS)
		out_lower(o, facts->auth->spf.domain);
}

static void print_rcpt(struct arena *arena, const struct filter_facts *facts, struct out *o)
{
	(void)arena;
	out_lower(o, facts->rcpt_to);
}

static void print_rcpt_domain(struct arena *arena, const struct filter_facts *facts, struct out *o)
{
	print_domain(arena, facts->rcpt_to, o);
}

static const struct {
	enum filter_phase phase;
	void (*print)(struct arena *arena, const struct filter_facts *facts, struct out *o);
} pers[] = {
#define X(ID, TEXT, PHASE, PRINT) { .phase = PHASE_##PHASE, .print = (PRINT) },
	PERS(X)
#undef X
};

/* ---- setup ---- */

static unsigned phases(const struct conf_section *section)
{
	const struct rate_conf *conf = section->values;

	return 1u << counts[conf->counts].phase;
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	const struct rate_conf *conf = section->values;
	struct rate *c = arena_new(filter_setup_arena(s), struct rate);

	if (!c || !conf->limit.count) /* off */
		return NULL;
	c->conf = conf;
	c->title = section->title.text;
	/* Of these phases the later one in the enum is the one that knows more. */
	if (pers[conf->per].phase > counts[conf->counts].phase)
		conf_error(filter_setup_report(s), &section->at,
			   "per = %s is not known yet where %s are counted", per_words[conf->per],
			   counts_words[conf->counts]);
	c->symbol = filter_define_named(s, &conf->symbol, STR("RATE"), c->title,
					counts[conf->counts].phase,
					"there has been more than this rate allows");
	return c;
}

/* ---- at run time ---- */

static struct store_question question(const struct rate *c, const struct rate_state *state,
				      bool take)
{
	return (struct store_question){
		.procedure = STORE_BUCKET,
		.key = state->key,
		.label = state->label,
		.args = { take, c->conf->limit.count, c->conf->limit.window_ms, 1 },
	};
}

/* False: nobody to count, or no memory. */
static bool name_bucket(struct filter_run *run, const struct filter_facts *facts,
			struct rate_state *state)
{
	const struct rate *c = filter_conf(run);
	struct arena *arena = filter_arena(run);
	char bytes[NAMED], key[LIMIT_STORE_KEY];
	struct out who = OUT(bytes);

	pers[c->conf->per].print(arena, facts, &who);
	if (who.n == 0)
		return false;
	state->key =
		arena_str(arena, store_key(key, sizeof(key),
					   (const struct str[]){ c->title, out_text(&who) }, 2));
	if (str_ends(state->key, out_text(&who)))
		return true;
	state->label = arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(c->title),
				    STR_ARG(out_text(&who)));
	state->label = str_head(state->label, LIMIT_STORE_LABEL);
	return state->key.p && state->label.p;
}

/* Rounded up: who comes back then has not come too early. */
static void print_wait(int64_t ms, struct out *o)
{
	static const struct {
		int64_t unit, below;
		struct str text;
	} units[] = {
		{ SECOND_MS, 2 * MINUTE_MS, STR_INIT(" s") },
		{ MINUTE_MS, 2 * HOUR_MS, STR_INIT(" min") },
		{ HOUR_MS, INT64_MAX, STR_INIT(" h") },
	};
	size_t i = 0;

	while (ms >= units[i].below)
		i++;
	out_u64(o, (uint64_t)((ms + units[i].unit - 1) / units[i].unit));
	out_str(o, units[i].text);
}

static void report(struct filter_run *run, const struct rate_state *state)
{
	const struct rate *c = filter_conf(run);
	char bytes[32];
	struct out o = OUT(bytes);

	if (state->answer.status == STORE_FAILED || state->answer.results[0])
		return;
	print_wait(state->answer.results[2], &o);
	filter_report(run, c->symbol, out_text(&o));
}

static enum filter_step count(struct filter_run *run, const struct filter_facts *facts, void *arg)
{
	const struct rate *c = filter_conf(run);
	struct rate_state *state = arg;
	struct store_question q;

	if (state->key.p) {
		report(run, state);
		return FILTER_DONE;
	}
	if (!name_bucket(run, facts, state))
		return FILTER_DONE;
	q = question(c, state, counts[c->conf->counts].at_once);
	filter_store(run, &q, &state->answer);
	return FILTER_WAIT;
}

static void on_outcome(struct filter_run *run, const struct filter_facts *facts,
		       const struct filter_outcome *outcome, void *arg)
{
	const struct rate *c = filter_conf(run);
	const struct rate_state *state = arg;
	struct store_question q;

	(void)facts;
	if (c->conf->counts != COUNT_REJECTED || !state->key.p ||
	    outcome->recipients[FATE_REJECTED] + outcome->recipients[FATE_UNKNOWN] == 0)
		return;
	q = question(c, state, true);
	filter_store_note(run, &q);
}

const struct filter filter_rate = {
	.name = "rate",
	.about = "has there been too much?",
	.block = &block_rate,
	.remembers = true,
	.state_size = sizeof(struct rate_state),
	.setup = setup,
	.phases = phases,
	.on = { [PHASE_CONNECT] = count, [PHASE_MAIL] = count, [PHASE_RCPT] = count },
	.outcome = on_outcome,
};
