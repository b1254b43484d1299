/* reputation.c - how was mail of this sender judged lately?  Counted in the store, halved each half life.
 *
 * A sender is known by the domain it has authenticated: that of a trusted DKIM signature (the author's own before
 * another's), and the one SPF vouches for; and by its network.  All of them are counted, once for each mail; a
 * domain without proof is never counted, for better or worse.  Of what was found, the most telling decides:
 *   - SEEN_BEFORE and SENDER_GOOD are earned by the domain itself.  A newcomer at a large provider, or one who signs
 *     with a name of his own there, has not earned what others did.  Only mail without any authenticated domain is
 *     known by its network.
 *   - SENDER_BAD is said of the first of them that much is known of.
 * Mail that was deferred or greylisted, and recipients whom the backend does not know, say nothing of the sender. */
#include "base/check.h"
#include "base/units.h"
#include "filters/auth.h"
#include "filters/filter.h"
#include "filters/outcome.h"
#include "mail/domain.h"

enum { IDENTITIES = 3, UNIT = 1000, HALF = UNIT / 2 };
enum { NETWORK_V4_BITS = 24, NETWORK_V6_BITS = 48 };

struct reputation_conf {
	struct filter_common common;
	int64_t half_life_ms, mails, good, bad;
};

struct reputation {
	const struct reputation_conf *conf;
	filter_symbol seen, good, bad;
};

/* The first says most. */
struct identity {
	struct str name;
	struct store_answer answer;
};

struct reputation_state {
	enum { ASK, READ } step;
	unsigned count;
	struct identity identities[IDENTITIES];
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(reputation_conf),
	{ .name = "half_life",
	  .type = CONF_TIME,
	  .offset = offsetof(struct reputation_conf, half_life_ms),
	  .fallback = "14d",
	  .min = HOUR_MS,
	  .max = 40 * DAY_MS,
	  .about = "after such a time a mail counts half" },
	{ .name = "mails",
	  .type = CONF_INT,
	  .offset = offsetof(struct reputation_conf, mails),
	  .fallback = "5",
	  .min = 1,
	  .max = 100000,
	  .about = "fewer say nothing of their sender" },
	{ .name = "good",
	  .type = CONF_INT,
	  .offset = offsetof(struct reputation_conf, good),
	  .fallback = "5",
	  .max = 100,
	  .about =
		  "SENDER_GOOD: of its mail at most so many percent were rejected or tagged (these "
		  "count half)" },
	{ .name = "bad",
	  .type = CONF_INT,
	  .offset = offsetof(struct reputation_conf, bad),
	  .fallback = "50",
	  .min = 1,
	  .max = 100,
	  .about = "SENDER_BAD: at least so many" },
};

const struct conf_block block_reputation = {
	.name = "reputation",
	.about = "how was the sender's mail judged lately?  Off without this block",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct reputation_conf),
	.sample = "#reputation {\n\t#half_life = 14d\n#}\n",
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	const struct reputation_conf *conf = section->values;
	struct reputation *c = arena_new(filter_setup_arena(s), struct reputation);

	if (!c)
		return NULL;
	c->conf = conf;
	if (conf->good >= conf->bad)
		conf_error(filter_setup_report(s), &section->at,
			   "good is not below bad: a sender would be both");
	c->seen = filter_define(s, STR("SEEN_BEFORE"), PHASE_ALIGN,
				"mail of this sender was accepted before");
	c->good = filter_define(s, STR("SENDER_GOOD"), PHASE_ALIGN,
				"nearly all mail of this sender was accepted");
	c->bad = filter_define(s, STR("SENDER_BAD"), PHASE_ALIGN,
			       "much of this sender's mail was rejected or tagged");
	return c;
}

/* ---- who it is ---- */

static void add(struct reputation_state *state, struct str name)
{
	if (name.n == 0)
		return;
	for (unsigned i = 0; i < state->count; i++)
		if (str_eq(state->identities[i].name, name))
			return;
	state->identities[state->count++].name = name;
}

/* The author's own domain, or the first that signed. */
static struct str signer(struct arena *arena, const struct auth *auth)
{
	struct str first = { 0 }, domain;

	for (const struct auth_dkim *d = auth->dkim; d; d = d->next) {
		if (!d->trusted)
			continue;
		domain = domain_ascii(arena, d->domain);
		if (domain.n && auth->from_domain.n && domain_has(domain, auth->from_domain))
			return domain;
		if (first.n == 0)
			first = domain;
	}
	return first;
}

static struct str network(struct arena *arena, const struct ip *ip)
{
	struct ip_net net = { .base = *ip };
	char bytes[IP_TEXT_MAX + 8];
	struct out o = OUT(bytes);

	if (ip->family == IP_NONE)
		return (struct str){ 0 };
	net.bits = ip->family == IP_V4 ? NETWORK_V4_BITS : NETWORK_V6_BITS;
	net.base = ip_net_first(&net);
	ip_net_print(&o, &net);
	return arena_str(arena, out_text(&o));
}

/* Our own users are no strangers. */
static void identify(struct filter_run *run, const struct filter_facts *facts,
		     struct reputation_state *state)
{
	struct arena *arena = filter_arena(run);
	const struct auth *auth = facts->auth;

	state->count = 0;
	if (facts->authenticated)
		return;
	add(state, signer(arena, auth));
	if (auth->spf.result == AUTH_PASS)
		add(state, domain_ascii(arena, auth->spf.domain));
	add(state, network(arena, &facts->client_ip));
}

/* ---- the store ---- */

enum { ACCEPTED, TAGGED, REJECTED, COUNTS };

static struct store_question question(const struct reputation *c, const struct identity *i,
				      char key[LIMIT_STORE_KEY])
{
	struct store_question q = {
		.procedure = STORE_REPUTATION,
		.key = store_key(key, LIMIT_STORE_KEY, &i->name, 1),
		.args = { c->conf->half_life_ms },
	};

	if (!str_eq(q.key, i->name))
		q.label = i->name;
	return q;
}

static int64_t total(const struct identity *i)
{
	const int64_t *n = i->answer.results;

	return i->answer.status == STORE_FAILED ? 0 : n[ACCEPTED] + n[TAGGED] + n[REJECTED];
}

static bool is_known(const struct reputation *c, const struct identity *i)
{
	return total(i) >= c->conf->mails * UNIT;
}

/* Percent, rounded down. */
static int64_t blame(const struct identity *i)
{
	const int64_t *n = i->answer.results;

	return (n[REJECTED] + n[TAGGED] / 2) * 100 / total(i);
}

/* ---- what is told ---- */

static void print_count(struct out *o, int64_t thousandths)
{
	const uint64_t tenths = (uint64_t)thousandths / (UNIT / 10);

	out_u64(o, tenths / 10);
	out_char(o, '.');
	out_u64(o, tenths % 10);
}

/* "example.org: 12.5 accepted, 0.3 tagged, 1.0 rejected" */
static void report(struct filter_run *run, filter_symbol symbol, const struct identity *i)
{
	static const struct str words[COUNTS] = { STR_INIT(" accepted"), STR_INIT(" tagged"),
						  STR_INIT(" rejected") };
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	out_str(&o, i->name);
	for (unsigned n = 0; n < COUNTS; n++) {
		out_str(&o, n ? STR(", ") : STR(": "));
		print_count(&o, i->answer.results[n]);
		out_str(&o, words[n]);
	}
	filter_report(run, symbol, out_text(&o));
}

static void judge(struct filter_run *run, const struct reputation_state *state)
{
	const struct reputation *c = filter_conf(run);
	const struct identity *first = state->identities, *i = first;
	const struct identity *end = first + state->count;

	if (first->answer.status != STORE_FAILED && first->answer.results[ACCEPTED] >= HALF)
		report(run, c->seen, first);
	while (i < end && !is_known(c, i))
		i++;
	if (i == end)
		return;
	if (blame(i) >= c->conf->bad)
		report(run, c->bad, i);
	else if (i == first && blame(i) <= c->conf->good)
		report(run, c->good, i);
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *arg)
{
	const struct reputation *c = filter_conf(run);
	struct reputation_state *state = arg;
	char key[LIMIT_STORE_KEY];

	if (state->step == READ) {
		judge(run, state);
		return FILTER_DONE;
	}
	state->step = READ;
	identify(run, facts, state);
	for (unsigned i = 0; i < state->count; i++) {
		const struct store_question q = question(c, &state->identities[i], key);

		filter_store(run, &q, &state->identities[i].answer);
	}
	return state->count ? FILTER_WAIT : FILTER_DONE;
}

/* ---- what is noted ---- */

/* COUNTS: nothing that says something of the sender. */
static unsigned kind_of(const struct filter_outcome *o)
{
	if (o->recipients[FATE_ACCEPTED])
		return ACCEPTED;
	if (o->recipients[FATE_TAGGED])
		return TAGGED;
	return o->recipients[FATE_REJECTED] ? REJECTED : COUNTS;
}

/* Mail that was refused early never came to PHASE_ALIGN. */
static void on_outcome(struct filter_run *run, const struct filter_facts *facts,
		       const struct filter_outcome *outcome, void *arg)
{
	const struct reputation *c = filter_conf(run);
	struct reputation_state *state = arg;
	const unsigned kind = kind_of(outcome);
	char key[LIMIT_STORE_KEY];

	if (kind == COUNTS)
		return;
	if (state->step == ASK)
		identify(run, facts, state);
	for (unsigned i = 0; i < state->count; i++) {
		struct store_question q = question(c, &state->identities[i], key);

		q.args[1 + kind] = 1;
		filter_store_note(run, &q);
	}
}

const struct filter filter_reputation = {
	.name = "reputation",
	.about = "how was the sender's mail judged lately?",
	.block = &block_reputation,
	.remembers = true,
	.state_size = sizeof(struct reputation_state),
	.setup = setup,
	.on = { [PHASE_ALIGN] = on_align },
	.outcome = on_outcome,
};
