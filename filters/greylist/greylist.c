/* greylist.c - has this client come back with this mail (RFC 6647)?  Looks and reports; that mail is held is a
 * verdict's choice (`do = greylist`), and only then is a mail noted that was new.
 *
 * A mail is known by where it comes from, sender and recipient.  Where it comes from is the domain that SPF has
 * authenticated, or with `dkim` a trusted signature, so that a provider may come back from any of its servers; and
 * otherwise the network.  What a signature is worth is known after the message: then nothing is looked up before.  Each of
 * several recipients is known by himself: a client may come back for them in other company.
 *
 * A source that has come back for several mails need not do so again: it has shown that it does. */
#include "base/check.h"
#include "base/units.h"
#include "filters/auth.h"
#include "filters/filter.h"
#include "filters/greylist/question.h"
#include "filters/greylist/sender.h"
#include "filters/outcome.h"
#include "mail/path.h"

#define SYMBOLS(X)                                                                                 \
	X(NEW, "this mail has not been here before")                                               \
	X(EARLY, "this mail has come back before its time")                                        \
	X(PASSED, "this mail has come back in time")                                               \
	X(KNOWN, "this mail, or where it comes from, has come back before")                        \
	X(BLOCKED, "where this mail comes from was blocked by the operator")

enum symbol {
#define X(ID, ABOUT) SYMBOL_##ID,
	SYMBOLS(X)
#undef X
		SYMBOL_COUNT
};

struct greylist {
	const struct greylist_conf *conf;
	filter_symbol symbols[SYMBOL_COUNT];
};

struct look {
	enum { ASK, READ, TOLD } step;
	struct str source, source_key, mail_key, label;
	struct store_answer of_source, of_mail;
	enum symbol found; /* TOLD: of the mail; SYMBOL_COUNT: nothing */
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(greylist_conf),
	{ .name = "delay",
	  .type = CONF_TIME,
	  .offset = offsetof(struct greylist_conf, delay_ms),
	  .fallback = "5m",
	  .max = DAY_MS,
	  .about = "a mail may pass when it comes back so long after it first came" },
	{ .name = "window",
	  .type = CONF_TIME,
	  .offset = offsetof(struct greylist_conf, window_ms),
	  .fallback = "2d",
	  .min = SECOND_MS,
	  .max = 31 * DAY_MS,
	  .about = "and must have come back by then; later it is new again" },
	{ .name = "lifetime",
	  .type = CONF_TIME,
	  .offset = offsetof(struct greylist_conf, lifetime_ms),
	  .fallback = "35d",
	  .min = SECOND_MS,
	  .max = STORE_LIFETIME_MAX_MS,
	  .about = "what has passed passes at once for so long after its last mail" },
	{ .name = "dkim",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct greylist_conf, dkim),
	  .fallback = "no",
	  .about =
		  "who has no SPF is known by the domain of a good DKIM signature; mail is then held after DATA, "
		  "and never at RCPT" },
	{ .name = "allow_after",
	  .type = CONF_INT,
	  .offset = offsetof(struct greylist_conf, allow_after),
	  .fallback = "5",
	  .max = 1000000,
	  .about =
		  "all mail of a domain or network passes once so many of it came back and were accepted; 0: "
		  "never" },
};

const struct conf_block block_greylist = {
	.name = "greylist",
	.about =
		"has this mail come back (greylisting)?  For verdicts with do = greylist; off without "
		"this block",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct greylist_conf),
	.sample = "#greylist {\n"
		  "#    delay = 5m\n"
		  "#}\n"
		  "#verdict \"unsure\" { when = score >= 4   do = greylist }\n",
};

static unsigned phases(const struct conf_section *section)
{
	const struct greylist_conf *c = section->values;

	return 1u << (c->dkim ? PHASE_RCPT_END : PHASE_RCPT);
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct greylist *c = arena_new(filter_setup_arena(s), struct greylist);
	enum filter_phase phase;

	if (!c)
		return NULL;
	c->conf = section->values;
	phase = c->conf->dkim ? PHASE_RCPT_END : PHASE_RCPT;
	if (c->conf->window_ms <= c->conf->delay_ms)
		conf_error(filter_setup_report(s), &section->at,
			   "window is not longer than delay: nothing could ever pass");
#define X(ID, ABOUT) c->symbols[SYMBOL_##ID] = filter_define(s, STR("GREYLIST_" #ID), phase, ABOUT);
	SYMBOLS(X)
#undef X
	return c;
}

/* ---- what is asked ---- */

/* Of several the author's own, if it is there. */
static struct str signer_of(const struct auth *auth)
{
	struct str first = { 0 };

	for (const struct auth_dkim *d = auth->dkim; d; d = d->next) {
		if (!d->trusted)
			continue;
		if (str_ieq(d->domain, auth->from_domain))
			return d->domain;
		if (!first.n)
			first = d->domain;
	}
	return first;
}

static struct str source_of(struct arena *arena, const struct greylist_conf *conf,
			    const struct filter_facts *facts)
{
	const struct auth_spf *spf = &facts->auth->spf;
	const struct str signer = conf->dkim ? signer_of(facts->auth) : (struct str){ 0 };
	char bytes[LIMIT_DOMAIN + IP_TEXT_MAX];
	struct out o = OUT(bytes);

	if (spf->result == AUTH_PASS)
		out_lower(&o, str_head(spf->domain, LIMIT_DOMAIN));
	else if (signer.n)
		out_lower(&o, str_head(signer, LIMIT_DOMAIN));
	else
		greylist_network(&o, &facts->client_ip);
	return arena_str(arena, out_text(&o));
}

static struct str key_of(struct arena *arena, const struct str *parts, size_t count)
{
	char bytes[LIMIT_STORE_KEY];

	return arena_str(arena, store_key(bytes, sizeof(bytes), parts, count));
}

/* Local parts may differ by case (RFC 5321 2.4), and in no mail system in use do. */
static bool name_mail(struct filter_run *run, const struct filter_facts *facts, struct look *state)
{
	const struct greylist *c = filter_conf(run);
	struct arena *arena = filter_arena(run);
	char sender_bytes[LIMIT_PATH + 2], rcpt_bytes[LIMIT_PATH];
	struct out sender = OUT(sender_bytes), rcpt = OUT(rcpt_bytes);
	struct str parts[3];

	state->source = source_of(arena, c->conf, facts);
	greylist_sender(facts->mail_from, &sender);
	out_lower(&rcpt, facts->rcpt_to);
	parts[0] = state->source;
	parts[1] = out_text(&sender);
	parts[2] = out_text(&rcpt);
	state->source_key = key_of(arena, parts, 1);
	state->mail_key = key_of(arena, parts, COUNTOF(parts));
	state->label = arena_printf(arena, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(parts[0]),
				    STR_ARG(parts[1]), STR_ARG(parts[2]));
	return state->source.p && state->source_key.p && state->mail_key.p && state->label.p;
}

/* What a key says by itself needs no label. */
static struct str label_of(struct str key, struct str text)
{
	return str_eq(key, text) ? (struct str){ 0 } : str_head(text, LIMIT_STORE_LABEL);
}

static struct store_question about_mail(const struct greylist *c, const struct look *state,
					enum greylist_do what)
{
	struct store_question q = greylist_about_mail(c->conf, state->mail_key, what);

	q.label = label_of(q.key, state->label);
	return q;
}

static struct store_question about_source(const struct greylist *c, const struct look *state,
					  enum source_do what)
{
	struct store_question q = greylist_about_source(c->conf, state->source_key, what);

	q.label = label_of(q.key, state->source);
	return q;
}

static enum filter_step ask(struct filter_run *run, const struct filter_facts *facts,
			    struct look *state)
{
	const struct greylist *c = filter_conf(run);
	struct store_question q;

	if (facts->authenticated || facts->client_ip.family == IP_NONE)
		return FILTER_DONE;
	if (!name_mail(run, facts, state)) {
		filter_unavailable(run, STR("no memory"));
		return FILTER_DONE;
	}
	q = about_source(c, state, SOURCE_LOOK);
	filter_store(run, &q, &state->of_source);
	q = about_mail(c, state, GREYLIST_LOOK);
	filter_store(run, &q, &state->of_mail);
	state->step = READ;
	return FILTER_WAIT;
}

/* ---- what is reported ---- */

static void report_source(struct filter_run *run, struct look *state)
{
	const struct greylist *c = filter_conf(run);
	const int64_t said = state->of_source.results[0], came_back = state->of_source.results[1];
	const bool earned = c->conf->allow_after > 0 && came_back >= c->conf->allow_after;

	if (state->of_source.status == STORE_FAILED)
		return;
	if (said == SOURCE_SAID_BLOCK)
		filter_report(run, c->symbols[SYMBOL_BLOCKED], state->source);
	else if (said == SOURCE_SAID_ALLOW || earned)
		state->found = SYMBOL_KNOWN;
	if (state->found == SYMBOL_KNOWN)
		filter_report(run, c->symbols[SYMBOL_KNOWN], state->source);
}

static uint64_t seconds_since(struct filter_run *run, int64_t then_ms)
{
	const int64_t now_ms = filter_unix_ms(run);

	return then_ms > 0 && then_ms < now_ms ? (uint64_t)((now_ms - then_ms) / SECOND_MS) : 0;
}

/* The detail of what has to wait is the number of seconds alone: replies quote it. */
static void report_mail(struct filter_run *run, struct look *state)
{
	static const enum symbol symbols[] = {
		[GREYLIST_STATE_NEW] = SYMBOL_NEW,
		[GREYLIST_STATE_EARLY] = SYMBOL_EARLY,
		[GREYLIST_STATE_PASSED] = SYMBOL_PASSED,
		[GREYLIST_STATE_KNOWN] = SYMBOL_KNOWN,
	};
	const struct greylist *c = filter_conf(run);
	const int64_t *r = state->of_mail.results;
	char bytes[64];
	struct out o = OUT(bytes);

	if (state->of_mail.status == STORE_FAILED || state->found != SYMBOL_COUNT)
		return;
	if (r[0] < 0 || r[0] >= (int64_t)COUNTOF(symbols)) {
		filter_unavailable(run, STR("store: no such state"));
		return;
	}
	state->found = symbols[r[0]];
	if (state->found == SYMBOL_PASSED)
		out_printf(&o, "after %llu s", (unsigned long long)seconds_since(run, r[2]));
	else if (state->found == SYMBOL_KNOWN)
		out_printf(&o, "for %llu s", (unsigned long long)seconds_since(run, r[3]));
	else
		out_u64(&o, r[1] > 0 ? (uint64_t)((r[1] - 1) / SECOND_MS) + 1 : 1);
	filter_report(run, c->symbols[state->found], out_text(&o));
}

static enum filter_step on_rcpt(struct filter_run *run, const struct filter_facts *facts, void *arg)
{
	struct look *state = arg;

	if (state->step == ASK)
		return ask(run, facts, state);
	state->step = TOLD;
	state->found = SYMBOL_COUNT;
	report_source(run, state);
	report_mail(run, state);
	return FILTER_DONE;
}

/* ---- what is noted ---- */

/* What passed counts for its source only when it was worth delivering. */
static void on_outcome(struct filter_run *run, const struct filter_facts *facts,
		       const struct filter_outcome *outcome, void *arg)
{
	const struct greylist *c = filter_conf(run);
	const struct look *state = arg;
	struct store_question q;

	(void)facts;
	if (state->step != TOLD)
		return;
	if (state->found == SYMBOL_NEW && outcome->recipients[FATE_GREYLISTED]) {
		q = about_mail(c, state, GREYLIST_NOTE);
		filter_store_note(run, &q);
	} else if (state->found == SYMBOL_PASSED && filter_outcome_delivered(outcome)) {
		q = about_source(c, state, SOURCE_CREDIT);
		filter_store_note(run, &q);
	}
}

const struct filter filter_greylist = {
	.name = "greylist",
	.about = "has this mail come back (greylisting)?",
	.block = &block_greylist,
	.remembers = true,
	.state_size = sizeof(struct look),
	.setup = setup,
	.on = { [PHASE_RCPT] = on_rcpt, [PHASE_RCPT_END] = on_rcpt },
	.phases = phases,
	.outcome = on_outcome,
};
