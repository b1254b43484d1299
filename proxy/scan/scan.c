#include "scan/scan.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "inspection/attest.h"
#include "mail/header.h"
#include "mail/noted.h"

/* A verdict in canary mode acts on a share of mail: a scan shows what the rest gets. */
enum { CANARY = 99, SCAN_WORKER = 63, PIECE = 65536 };

struct scanner {
	const struct setup *setup;
	struct scan_envelope envelope;
	struct loop *loop;
	struct dns *dns;
	struct store *store;
	struct wake wake;
	struct inspection_options options;
	struct inspection inspection;
	bool open; /* the inspection */

	/* of the message at hand */
	struct str message;
	uint64_t class;
	struct inspection_recipient *recipient;
	enum stage stage;
	struct scan_result *result;
	bool judged;  /* what filters note of it may be under way */
	bool refused; /* result->judgement is of STAGE_RCPT, and final */
};

static uint64_t cpu_us(void)
{
	return (uint64_t)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000;
}

static void on_progress(void *arg)
{
	struct scanner *s = arg;

	wake_set(&s->wake);
}

static struct str header_of(struct str message)
{
	const struct str most = str_head(message, LIMIT_MESSAGE_HEADER);
	const size_t n = header_length(most);

	return n ? str_head(most, n) : most;
}

static void judge(struct scanner *s, struct judgement *j)
{
	const struct inspection_subject subject = {
		.recipient = s->recipient,
		.class = s->class,
		.canary = CANARY,
		.names = { .rcpt = s->envelope.rcpt, .id = id_str(&s->result->id) },
	};

	inspection_judge(&s->inspection, s->stage, &subject, j);
}

static bool is_refusal(const struct judgement *j)
{
	return j->decided && action_code(j->action) != 0;
}

static void attest(struct scanner *s)
{
	const struct conf_authentication_results *conf =
		conf_values(s->setup->conf, &block_authentication_results);
	const struct auth_report r =
		attest_report(&s->inspection, attest_id(conf, str_z(s->setup->hostname)));

	s->result->authentication_results =
		attest_line(inspection_arena(&s->inspection, SCOPE_TRANSACTION), &r);
}

/* What would have become of it, had it been delivered when it was accepted. */
static void settle(struct scanner *s)
{
	static const enum filter_fate fates[] = {
		[ACTION_ACCEPT] = FATE_ACCEPTED,     [ACTION_TAG] = FATE_TAGGED,
		[ACTION_GREYLIST] = FATE_GREYLISTED, [ACTION_DEFER] = FATE_DEFERRED,
		[ACTION_REJECT] = FATE_REJECTED,
	};
	struct filter_outcome outcome = { { 0 } };

	static_assert(COUNTOF(fates) == ACTION_COUNT, "each action has its fate");
	outcome.recipients[fates[s->result->judgement.action]] = 1;
	inspection_outcome(&s->inspection, &outcome);
	inspection_rcpt_outcome(s->recipient, fates[s->result->judgement.action]);
	s->judged = true;
	wake_set(&s->wake);
}

static void finish(struct scanner *s)
{
	struct judgement whole;

	judge(s, &whole);
	CHECK(whole.decided);
	if (s->refused) {
		s->result->judgement.score = whole.score;
		s->result->judgement.symbols = whole.symbols;
	} else {
		s->result->judgement = whole;
	}
	attest(s);
	settle(s);
}

static void show_message(struct scanner *s)
{
	const struct str header = header_of(s->message);
	struct str rest = inspection_wants_body(&s->inspection) ? str_from(s->message, header.n)
								: (struct str){ 0 };

	inspection_header(&s->inspection, header);
	while (rest.n) /* as a session does */
		inspection_body(&s->inspection, str_take(&rest, PIECE));
	inspection_end(&s->inspection, s->message.n);
}

static void step(struct wake *w, void *arg)
{
	struct scanner *s = arg;

	if (s->judged) {
		if (!store_notes(s->store))
			loop_stop(s->loop);
		return;
	}
	if (!inspection_turn(&s->inspection))
		return;
	if (s->stage == STAGE_END) {
		finish(s);
		return;
	}
	judge(s, &s->result->judgement);
	s->refused = is_refusal(&s->result->judgement);
	s->stage = STAGE_END;
	show_message(s);
	wake_set(w);
}

struct scanner *scanner_new(const struct setup *setup, const struct scan_envelope *envelope)
{
	struct scanner *s = mem_new(sizeof(*s));

	s->setup = setup;
	s->envelope = *envelope;
	s->loop = loop_new();
	s->dns = setup_resolver(setup, s->loop);
	s->store = setup_store_to_judge(setup, s->loop, s->dns);
	s->class = policy_class(setup->policy, envelope->rcpt);
	wake_init(&s->wake, s->loop, step, s);
	store_tell(s->store, &s->wake);
	s->options = (struct inspection_options){
		.filters = setup->filters,
		.policy = setup->policy,
		.loop = s->loop,
		.dns = s->dns,
		.store = s->store,
		.unix_ms = envelope->unix_ms,
		.progress = on_progress,
	};
	inspection_find_symbols(&s->options);
	return s;
}

static void forget(struct scanner *s)
{
	if (s->open)
		inspection_close(&s->inspection);
	s->open = false;
	wake_clear(&s->wake);
}

void scanner_free(struct scanner *s)
{
	forget(s);
	store_free(s->store);
	dns_free(s->dns);
	loop_free(s->loop);
	mem_free(s);
}

static enum err begin(struct scanner *s)
{
	const struct scan_envelope *e = &s->envelope;
	const struct str from = e->mail_from.p ? e->mail_from : noted_sender(header_of(s->message));
	enum err err;

	s->inspection.facts.client_name = e->client_name;
	s->inspection.facts.stored = !e->received_then;
	err = inspection_connect(&s->inspection, &e->client_ip, 0);
	if (err == ERR_OK)
		err = inspection_greet(&s->inspection, e->helo, true, false);
	if (err == ERR_OK)
		err = inspection_mail(&s->inspection, from);
	s->recipient = NULL;
	if (err == ERR_OK && e->rcpt.n)
		err = inspection_rcpt(&s->inspection, e->rcpt, &s->recipient);
	s->result->recipient = s->recipient;
	return err;
}

enum err scanner_judge(struct scanner *s, uint64_t nth, struct str message,
		       struct scan_result *result)
{
	const uint64_t before = cpu_us();
	const struct id session = id_nth(s->envelope.unix_ms, SCAN_WORKER, nth);
	enum err err;

	forget(s);
	*result = (struct scan_result){ .id = id_transaction(&session, 1) };
	s->message = message;
	s->stage = STAGE_RCPT;
	s->result = result;
	s->refused = s->judged = false;
	inspection_open(&s->inspection, &s->options, s);
	s->open = true;
	err = begin(s);
	if (err != ERR_OK)
		return err;
	wake_set(&s->wake);
	loop_run(s->loop);
	result->cpu_us = cpu_us() - before;
	return ERR_OK;
}

struct inspection *scanner_inspection(struct scanner *s)
{
	return &s->inspection;
}
