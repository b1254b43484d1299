/* bulk.c - the filter: has other mail come that is like this one, how much, from whom, and what became of it?
 *
 * Each mail is asked about once, in PHASE_ALIGN, and counted with the question; what became of it is told to its cluster.
 * What is found says how a mail is sent, which is no judgement: honest mailings are bulk too.  Those are known by a
 * domain that stands behind them, and never by what From says.
 *
 * Mail of our own users counts as well: an account in foreign hands sends the same mail many times. */
#include "base/check.h"
#include "base/units.h"
#include "filters/bulk/facts.h"
#include "filters/bulk/judge.h"
#include "filters/bulk/sighting.h"
#include "filters/filter.h"
#include "filters/outcome.h"

/* Who has been told to come back does so within minutes or hours (RFC 5321 4.5.4.1). */
#define COMES_BACK_MS (12 * HOUR_MS)

struct bulk_conf {
	struct filter_common common;
	int64_t window_ms, lifetime_ms, similar;
	struct bulk_rules rules;
};

struct bulk {
	const struct bulk_conf *conf;
	filter_symbol symbols[BULK_FINDING_COUNT];
};

struct bulk_state {
	enum { ASK, READ, TOLD } step;
	struct sighting sighting;
	struct store_answer answer;
};

#define COUNT(NAME, FIELD, FALLBACK, ABOUT)                                                        \
	{                                                                                          \
		.name = NAME, .type = CONF_INT, .offset = offsetof(struct bulk_conf, rules.FIELD), \
		.fallback = FALLBACK, .max = 1000000000, .about = ABOUT                            \
	}

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(bulk_conf),
	{ .name = "similar",
	  .type = CONF_INT,
	  .offset = offsetof(struct bulk_conf, similar),
	  .fallback = "28",
	  .min = 10,
	  .max = 100,
	  .about = "percent of their pairs of words that two texts must have in common" },
	{ .name = "window",
	  .type = CONF_TIME,
	  .offset = offsetof(struct bulk_conf, window_ms),
	  .fallback = "10m",
	  .min = SECOND_MS,
	  .max = DAY_MS,
	  .about = "for `wave`" },
	{ .name = "lifetime",
	  .type = CONF_TIME,
	  .offset = offsetof(struct bulk_conf, lifetime_ms),
	  .fallback = "7d",
	  .min = MINUTE_MS,
	  .max = 40 * DAY_MS,
	  .about = "such mail is forgotten so long after the last of it" },
	COUNT("few", sizes[BULK_IS_FEW], "5", "mails that are alike: BULK_FEW"),
	COUNT("some", sizes[BULK_IS_SOME], "20", "mails that are alike: BULK_SOME"),
	COUNT("many", sizes[BULK_IS_MANY], "100", "mails that are alike: BULK_MANY"),
	COUNT("mass", sizes[BULK_IS_MASS], "1000", "mails that are alike: BULK_MASS"),
	COUNT("spread", spread, "8",
	      "networks that send them, or domains in whose name they come: BULK_SPREAD"),
	COUNT("wave", wave, "20", "mails within the window: BULK_WAVE; 0: never"),
	{ .name = "hold",
	  .type = CONF_TIME,
	  .offset = offsetof(struct bulk_conf, rules.hold_ms),
	  .fallback = "30m",
	  .max = DAY_MS,
	  .about = "for so long after the first of them it is a wave" },
};

const struct conf_block block_bulk = {
	.name = "bulk",
	.about = "is it the same mail again, however it is varied?  Off without this block",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct bulk_conf),
	.sample = "#bulk {\n"
		  "#    lifetime = 7d\n"
		  "#}\n"
		  "#verdict \"wave\" { when = BULK_WAVE and score >= 2   do = defer }\n",
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct bulk *c = arena_new(filter_setup_arena(s), struct bulk);
	const int64_t *sizes;

	if (!c)
		return NULL;
	c->conf = section->values;
	sizes = c->conf->rules.sizes;
	for (unsigned i = 1; i < BULK_SIZES; i++)
		if (sizes[i] <= sizes[i - 1])
			conf_error(filter_setup_report(s), &section->at,
				   "few, some, many and mass have to grow from one to the next");
#define X(ID, ABOUT)                                                                               \
	c->symbols[BULK_IS_##ID] = filter_define(s, STR("BULK_" #ID), PHASE_ALIGN, ABOUT);
	BULK_FINDINGS(X)
#undef X
	return c;
}

/* ---- what is asked ---- */

/* A little text has to agree nearly as a whole. */
static int64_t enough(const struct bulk_conf *conf, const struct print *p)
{
	enum { FORM_SIMILAR = 62 };
	const int64_t percent = p->kind == PRINT_FORM && conf->similar < FORM_SIMILAR
					? FORM_SIMILAR
					: conf->similar;

	return (percent * BULK_VALUES + 99) / 100;
}

static struct store_question about_mail(const struct bulk *c, const struct sighting *s,
					char key[BULK_KEY])
{
	return (struct store_question){
		.procedure = STORE_BULK,
		.key = bulk_mail_key(&s->asked, key),
		.sighting = &s->asked,
		.label = s->sample,
		.args = { BULK_NOTE, c->conf->window_ms, c->conf->lifetime_ms,
			  enough(c->conf, &s->print) },
	};
}

static enum filter_step ask(struct filter_run *run, const struct filter_facts *facts,
			    struct bulk_state *state)
{
	struct sighting *s = &state->sighting;
	char key[BULK_KEY];
	struct store_question q;

	if (!sighting_make(s, filter_arena(run), facts)) {
		state->step = TOLD;
		return FILTER_DONE;
	}
	facts->bulk->by_form = s->print.kind == PRINT_FORM;
	q = about_mail(filter_conf(run), s, key);
	filter_store(run, &q, &state->answer);
	state->step = READ;
	return FILTER_WAIT;
}

/* ---- what is found ---- */

/* "3f...: 17 mails, 3 networks, 2 domains" */
static struct str describe(const struct bulk_seen *seen, struct out *o)
{
	char id[BULK_ID_TEXT];

	out_str(o, bulk_print_id(seen->id, id));
	out_printf(o, ": %u mails, %u networks, %u domains", seen->messages,
		   seen->distinct[BULK_OF_NETWORKS], seen->distinct[BULK_OF_FROMS]);
	return out_text(o);
}

/* Sizes worth a line in the log. */
static const char *growth(const struct bulk_rules *rules, const struct bulk_seen *seen)
{
	static const char *const names[BULK_SIZES] = {
		[BULK_IS_SOME] = "some",
		[BULK_IS_MANY] = "many",
		[BULK_IS_MASS] = "mass",
	};

	for (unsigned i = BULK_IS_SOME; i < BULK_SIZES && !seen->again; i++)
		if (seen->messages == rules->sizes[i])
			return names[i];
	return NULL;
}

static void judge(struct filter_run *run, struct bulk_state *state)
{
	const struct bulk *c = filter_conf(run);
	const struct bulk_seen *seen = &state->answer.bulk;
	const struct bulk_mail mail = {
		.now_ms = filter_unix_ms(run),
		.by_text = state->sighting.print.kind == PRINT_TEXT,
		.is_list = state->sighting.is_list,
		.is_aligned = state->sighting.asked.domain != 0,
	};
	const unsigned found = bulk_judge(&c->conf->rules, seen, &mail);
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);
	const struct str detail = describe(seen, &o);

	for (unsigned i = 0; i < BULK_FINDING_COUNT; i++)
		if (found & 1u << i)
			filter_report(run, c->symbols[i], detail);
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *arg)
{
	const struct bulk *c = filter_conf(run);
	struct bulk_state *state = arg;

	if (state->step == ASK)
		return ask(run, facts, state);
	state->step = TOLD;
	if (state->answer.status == STORE_FAILED)
		return FILTER_DONE;
	facts->bulk->seen = &state->answer.bulk;
	facts->bulk->grew = growth(&c->conf->rules, &state->answer.bulk);
	judge(run, state);
	return FILTER_DONE;
}

/* ---- what is told ---- */

/* What is told of the mail.  False: nothing. */
static bool outcome_of(const struct filter_outcome *o, int64_t what[2])
{
	what[0] = BULK_TELL;
	if (o->recipients[FATE_ACCEPTED]) {
		what[1] = BULK_ACCEPTED;
	} else if (o->recipients[FATE_TAGGED]) {
		what[1] = BULK_TAGGED;
	} else if (o->recipients[FATE_REJECTED]) {
		what[1] = BULK_REJECTED;
	} else {
		what[0] = BULK_HOLD;
		what[1] = COMES_BACK_MS;
		return o->recipients[FATE_GREYLISTED] || o->recipients[FATE_DEFERRED];
	}
	return true;
}

static void tell_cluster(struct filter_run *run, uint64_t id, const int64_t what[2])
{
	char key[BULK_KEY];
	const struct store_question q = {
		.procedure = STORE_BULK,
		.key = bulk_cluster_key(id, key),
		.args = { what[0], what[1] },
	};

	filter_store_note(run, &q);
}

/* Of a mail that was held; or a verdict did not wait for the store's answer, or not even for the question. */
static void tell_mail(struct filter_run *run, struct bulk_state *state, const int64_t what[2])
{
	char key[BULK_KEY];
	struct store_question q = about_mail(filter_conf(run), &state->sighting, key);

	if (state->step == ASK)
		filter_store_note(run, &q);
	q.args[0] = what[0];
	q.args[1] = what[1];
	q.args[2] = 0;
	filter_store_note(run, &q);
}

/* Mail that was refused before it came has nothing it could be known by. */
static void on_outcome(struct filter_run *run, const struct filter_facts *facts,
		       const struct filter_outcome *outcome, void *arg)
{
	struct bulk_state *state = arg;
	const struct bulk_seen *seen = facts->bulk->seen;
	int64_t what[2];

	if (!outcome_of(outcome, what))
		return;
	if (state->step == TOLD && (!seen || !seen->id))
		return;
	if (state->step == TOLD && what[0] == BULK_TELL)
		tell_cluster(run, seen->id, what);
	else if (state->step != ASK || sighting_make(&state->sighting, filter_arena(run), facts))
		tell_mail(run, state, what);
}

const struct filter filter_bulk = {
	.name = "bulk",
	.about = "is it the same mail again, however it is varied?",
	.block = &block_bulk,
	.remembers = true,
	.state_size = sizeof(struct bulk_state),
	.setup = setup,
	.on = { [PHASE_ALIGN] = on_align },
	.outcome = on_outcome,
};
