/* mailbomb.c - the filter: is a recipient being buried?  Somebody has entered his address in the forms of hundreds of
 * lists and shops, whose confirmations come all at once: each of them honest, and none like another, so that neither
 * scores nor the bulk radar see it.  What shows it is that so many strangers write to one recipient within an hour.
 *
 * For each recipient the store counts, in one period after the other, the domains that write to him, leaving out
 * answers: a cluster of the bulk radar that is found by him alone. */
#include "base/check.h"
#include "base/units.h"
#include "filters/auth.h"
#include "filters/filter.h"
#include "mail/header.h"
#include "mail/path.h"

struct mailbomb_conf {
	struct filter_common common;
	int64_t domains, period_ms;
};

struct mailbomb {
	const struct mailbomb_conf *conf;
	filter_symbol symbol;
};

struct mailbomb_state {
	enum { ASK, READ } step;
	struct bulk_sighting sighting;
	struct store_answer answer;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(mailbomb_conf),
	{ .name = "domains",
	  .type = CONF_INT,
	  .offset = offsetof(struct mailbomb_conf, domains),
	  .fallback = "40",
	  .min = 2,
	  .max = 1000,
	  .about = "that write to one recipient within the period: MAILBOMB" },
	{ .name = "period",
	  .type = CONF_TIME,
	  .offset = offsetof(struct mailbomb_conf, period_ms),
	  .fallback = "1h",
	  .min = MINUTE_MS,
	  .max = DAY_MS,
	  .about = "counted anew in each" },
};

const struct conf_block block_mailbomb = {
	.name = "mailbomb",
	.about = "do very many strangers write to one recipient at once?  Off without this block",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct mailbomb_conf),
	.sample = "#mailbomb {\n"
		  "#    domains = 40\n"
		  "#}\n"
		  "#verdict \"bomb\" { when = MAILBOMB and not SEEN_BEFORE   do = defer }\n",
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct mailbomb *c = arena_new(filter_setup_arena(s), struct mailbomb);

	if (!c)
		return NULL;
	c->conf = section->values;
	c->symbol = filter_define(s, STR("MAILBOMB"), PHASE_RCPT_END,
				  "very many domains write to this recipient at once");
	return c;
}

/* In lower case; with what tells one period from another. */
static uint64_t hash_of(struct str text, int64_t number)
{
	char bytes[LIMIT_PATH + 24];
	struct out o = OUT(bytes);

	out_u64(&o, (uint64_t)number);
	out_char(&o, ' ');
	out_lower(&o, text);
	return bulk_hash(out_text(&o));
}

static enum filter_step ask(struct filter_run *run, const struct filter_facts *facts,
			    struct mailbomb_state *state)
{
	const struct mailbomb_conf *conf = ((const struct mailbomb *)filter_conf(run))->conf;
	const struct str envelope = path_domain(facts->mail_from);
	const struct str domain = envelope.n ? envelope : facts->auth->from_domain;
	struct bulk_sighting *s = &state->sighting;
	char key[BULK_KEY];
	struct store_question q = { .procedure = STORE_BULK, .sighting = s };

	if (facts->authenticated || domain.n == 0 ||
	    header_has_either(facts->header, STR("In-Reply-To"), STR("References")))
		return FILTER_DONE;
	s->sign_count = 1;
	s->signs[0] = (struct bulk_sign){
		.kind = BULK_RECIPIENT,
		.hash = hash_of(facts->rcpt_to, filter_unix_ms(run) / conf->period_ms),
	};
	s->envelope = s->from = hash_of(domain, 0);
	q.key = bulk_mail_key(s, key);
	q.label = facts->rcpt_to;
	memcpy(q.args, (int64_t[]){ BULK_NOTE, conf->period_ms, conf->period_ms, BULK_VALUES },
	       4 * sizeof(q.args[0]));
	filter_store(run, &q, &state->answer);
	state->step = READ;
	return FILTER_WAIT;
}

static enum filter_step on_rcpt_end(struct filter_run *run, const struct filter_facts *facts,
				    void *arg)
{
	const struct mailbomb *c = filter_conf(run);
	struct mailbomb_state *state = arg;
	const struct bulk_seen *seen = &state->answer.bulk;
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	if (state->step == ASK)
		return ask(run, facts, state);
	if (state->answer.status == STORE_FAILED ||
	    seen->distinct[BULK_OF_ENVELOPES] < c->conf->domains)
		return FILTER_DONE;
	out_printf(&o, "%u mails of %u domains", seen->messages, seen->distinct[BULK_OF_ENVELOPES]);
	filter_report(run, c->symbol, out_text(&o));
	return FILTER_DONE;
}

const struct filter filter_mailbomb = {
	.name = "mailbomb",
	.about = "do very many strangers write to one recipient at once?",
	.block = &block_mailbomb,
	.remembers = true,
	.state_size = sizeof(struct mailbomb_state),
	.setup = setup,
	.on = { [PHASE_RCPT_END] = on_rcpt_end },
};
