/* What recipients hear of the message: one answer for all, or with PRDR each his own.
 *
 * PRDR (draft-hall-prdr-00, and Exim): behind the message comes 353, a reply for each accepted recipient in the
 * order of RCPT, and one for the message.  With a single recipient there is just his.  Exim, as a client, takes
 * each 2xx for void when the last reply is none, and with a 5xx there gives up also those who heard 4xx: so it is
 * positive when somebody has the message, and 5xx only when nobody may be tried again. */
#include "smtp/session.h"

#include "base/mem.h"
#include "smtp/answer.h"
#include "smtp/record.h"

static bool is_2xx(unsigned code)
{
	return code / 100 == 2;
}

enum filter_fate outcome_fate(const struct judgement *j, unsigned code)
{
	if (is_2xx(code))
		return j->action == ACTION_TAG ? FATE_TAGGED : FATE_ACCEPTED;
	if (code >= 500)
		return FATE_REJECTED;
	return j->action == ACTION_GREYLIST ? FATE_GREYLISTED : FATE_DEFERRED;
}

void outcome_tell(struct smtp_session *s, const struct recipient *r, enum filter_fate fate)
{
	s->tx->outcome.recipients[fate]++;
	inspection_rcpt_outcome(r->inspected, fate);
}

/* Heard, and logged. */
static void settle(struct smtp_session *s, const struct recipient *r, unsigned code,
		   struct str text)
{
	if (r->known)
		return;
	outcome_tell(s, r, outcome_fate(&r->judgement, code));
	record_verdict(s, r, code, text);
}

/* Whom the greylist would let pass waits for the others: one more try, and then it passes for all.  Where they differ
 * otherwise (one was let pass before all of him was known), the message cannot be for some: it is deferred, as one who
 * would have been told to come separately at RCPT. */
static void unite(struct judgement *j, const struct judgement *with)
{
	const bool waits = j->action == ACTION_GREYLIST;

	if (with->action == ACTION_GREYLIST && (!waits || with->wait_s > j->wait_s))
		*j = *with;
	if (waits || j->action == with->action)
		return;
	j->action = ACTION_DEFER;
	j->name = "";
	j->verdict = 0;
	j->reply = STR("4.5.3 its recipients have different policies, send separately");
}

void outcome_unite(const struct transaction *tx, struct group *g)
{
	g->judgement = g->first->judgement;
	for (const struct recipient *r = tx->first; r; r = r->next)
		if (r->group == g)
			unite(&g->judgement, &r->judgement);
	for (struct recipient *r = tx->first; r; r = r->next) {
		if (r->group != g || r->judgement.action == g->judgement.action)
			continue;
		r->judgement.action = g->judgement.action;
		r->judgement.name = g->judgement.name;
		r->judgement.verdict = g->judgement.verdict;
	}
}

/* Not into the transaction's memory: what the backend has confirmed must not be forgotten for want of it. */
static void keep(struct recipient *r, const struct reply *reply)
{
	mem_free(r->text);
	r->text = mem_strdup(reply->text);
	r->code = reply->code;
}

static struct reply reply_for(const struct recipient *r)
{
	return (struct reply){ .code = r->code, .text = str_z(r->text) };
}

/* 250 is the only word for a message that was taken (RFC 5321 4.3.2): 221 or 235 would be another one to the client. */
static struct reply of_message(const struct reply *reply)
{
	return (struct reply){ .code = is_2xx(reply->code) ? 250 : reply->code,
			       .text = reply->text };
}

void outcome_each(void *who, const struct reply *reply, bool final)
{
	struct recipient *r = who;
	const struct reply said = of_message(reply);

	keep(r, &said);
	r->provisional = !final && is_2xx(reply->code);
}

static void for_all(struct smtp_session *s, const struct reply *reply)
{
	answer_backend(s, reply, "2.0.0");
	for (const struct recipient *r = s->tx->first; r; r = r->next)
		settle(s, r, reply->code, reply->text);
	if (reply_positive(reply))
		s->server->o.counters->accepted++;
}

void outcome_group(struct smtp_session *s, struct group *g, const struct reply *reply)
{
	const struct reply said = of_message(reply);

	if (!s->tx->prdr) {
		for_all(s, &said);
		return;
	}
	for (struct recipient *r = s->tx->first; r; r = r->next) {
		const bool open = !r->code || (r->provisional && !is_2xx(reply->code));

		if (r->group == g && open)
			keep(r, &said);
	}
}

void outcome_known(struct smtp_session *s, struct group *g)
{
	const struct reply reply = {
		.code = 250,
		.text = STR_INIT("2.0.0 delivered before, when the connection was lost"),
	};

	for (struct recipient *r = s->tx->first; r; r = r->next) {
		if (r->group != g || !r->known)
			continue;
		if (s->tx->prdr)
			keep(r, &reply);
		delivery_drop(g->delivery, r);
		g->count--;
	}
	g->first = s->tx->first;
	while (g->count && (g->first->group != g || g->first->known))
		g->first = g->first->next;
	if (!g->count && !s->tx->prdr)
		answer_backend(s, &reply, "2.0.0");
	s->server->o.counters->duplicates++;
}

/* The reply for the message as a whole. */
static void sum_up(struct smtp_session *s, unsigned taken, unsigned deferred)
{
	char text[96];
	struct out o = OUT(text);

	if (taken)
		out_printf(&o, "2.0.0 accepted for %u of %u recipients", taken,
			   s->tx->recipient_count);
	else if (deferred)
		out_printf(&o, "4.0.0 accepted for nobody, %u of %u may be tried again later",
			   deferred, s->tx->recipient_count);
	else
		out_str(&o, STR("5.0.0 refused for all recipients"));
	answer_end(s, taken ? 250 : deferred ? 451 : 550, out_text(&o));
}

void outcome_end(struct smtp_session *s)
{
	const struct transaction *tx = s->tx;
	const bool block = tx->recipient_count > 1;
	unsigned taken = 0, deferred = 0;

	if (!tx->prdr)
		return;
	if (block)
		answer(s, 353, "a reply for each recipient, and one for the message");
	for (const struct recipient *r = tx->first; r; r = r->next) {
		const struct reply reply = reply_for(r);

		taken += is_2xx(r->code);
		deferred += r->code / 100 == 4;
		if (block)
			answer_part(s, &reply, "2.0.0");
		else
			answer_backend(s, &reply, "2.0.0");
		settle(s, r, r->code, reply.text);
	}
	if (block)
		sum_up(s, taken, deferred);
	s->server->o.counters->accepted += taken > 0;
}

void outcome_cut(struct smtp_session *s)
{
	const struct reply reply = {
		.code = 451,
		.text = STR_INIT(
			"4.3.2 shutting down, the mail server behind this gate has not answered"),
	};

	for (struct group *g = s->tx->at; g; g = g->next)
		if (g->count)
			outcome_group(s, g, &reply);
	outcome_end(s);
	duplicate_keep(s);
	transaction_end(s);
}
