/* The envelope: MAIL begins a transaction, each RCPT is judged and then asked of the backend. */
#include "smtp/session.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "policy/hits.h"
#include "protocol/command.h"
#include "smtp/answer.h"
#include "smtp/ledger.h"
#include "smtp/record.h"

/* The client as it is known by now: its name may have come meanwhile. */
static void fill_sender(struct smtp_session *s, struct transaction *tx)
{
	struct delivery_sender sender = session_sender(s, &tx->id);

	sender.path = tx->sender.path;
	sender.params = tx->sender.params;
	sender.size = tx->sender.size;
	sender.prdr = tx->prdr;
	tx->sender = sender;
}

/* The address as a path: "<a@example.org>"; p == NULL over the ceiling. */
static struct str in_brackets(struct smtp_session *s, struct str address)
{
	struct out o = { .cap = address.n + 2 };

	o.p = arena_alloc(session_arena(s), o.cap);
	if (!o.p)
		return (struct str){ 0 };
	out_char(&o, '<');
	out_str(&o, address);
	out_char(&o, '>');
	return out_text(&o);
}

enum err transaction_begin(struct smtp_session *s, const struct mail_command *m, struct str params)
{
	struct transaction *tx;

	if (inspection_mail(&s->inspection, m->path.address) != ERR_OK)
		return ERR_NOMEM;
	tx = arena_new(session_arena(s), struct transaction);
	if (!tx)
		return ERR_NOMEM;
	tx->id = id_transaction(&s->id, ++s->transactions);
	tx->started_ms = loop_now_ms(s->server->o.loop);
	tx->last = &tx->first;
	tx->from = s->inspection.facts.mail_from;
	tx->utf8 = m->utf8;
	tx->binary = m->binary;
	tx->prdr = m->prdr;
	tx->canary = (unsigned)(str_ihash(id_str(&tx->id)) % 100);
	tx->acting = policy_acting(s->server->o.policy, tx->canary);
	tx->sender.path = in_brackets(s, m->path.address);
	tx->sender.params = arena_str(session_arena(s), params);
	tx->sender.size = m->size;
	tx->seen = arena_alloc(session_arena(s),
			       policy_seen_words(s->server->o.policy) * sizeof(*tx->seen));
	if (!tx->sender.path.p || !tx->sender.params.p || !tx->seen)
		return ERR_NOMEM;
	s->tx = tx;
	ledger_open(s);
	s->server->o.counters->transactions++;
	return ERR_OK;
}

void transaction_end(struct smtp_session *s)
{
	if (!s->tx)
		return;
	if (op_running(&s->op))
		op_cancel(&s->op);
	ledger_close(s);
	hits_add_seen(s->server->o.policy, s->server->o.hits, s->tx->seen);
	duplicate_forget(s);
	for (struct group *g = &s->tx->group; g; g = g->next)
		if (g->delivery)
			delivery_close(g->delivery);
	for (struct recipient *r = s->tx->first; r && s->tx->prdr; r = r->next)
		mem_free(r->text);
	if (s->tx->spool)
		spool_free(s->tx->spool);
	inspection_outcome(&s->inspection, &s->tx->outcome);
	s->tx = NULL;
	inspection_reset(&s->inspection);
}

/* Where the same verdict has decided about both at RCPT, those below it do not matter. */
static bool same_verdicts(const struct transaction *tx, const struct recipient *a,
			  const struct recipient *b)
{
	uint64_t bits = (a->class ^ b->class) & tx->acting;

	if (a->judgement.decided && b->judgement.decided && a->judgement.verdict &&
	    a->judgement.verdict == b->judgement.verdict)
		bits &= UINT64_MAX >> (64 - a->judgement.verdict);
	return bits == 0;
}

static bool belongs(const struct smtp_session *s, const struct group *g, const struct recipient *r)
{
	const struct transaction *tx = s->tx;

	return g->count && same_verdicts(tx, g->first, r) &&
	       inspection_is_alike(&s->inspection, g->first->inspected, r->inspected, tx->canary,
				   tx->prdr);
}

/* Recipients of one transaction share one verdict, but for a client with PRDR; others are told to come separately
 * (RFC 5321 has no other way: one answer to the message for all).  A group without recipients may become any.
 * ERR_LIMIT: he has to come separately. */
static enum err find_group(struct smtp_session *s, struct recipient *r)
{
	struct group *g = &s->tx->group, *empty = NULL, *last = NULL;
	unsigned count = 0;

	for (; g && !belongs(s, g, r); g = g->next) {
		if (!g->count && !empty)
			empty = g;
		last = g;
		count++;
	}
	r->group = g ? g : empty;
	if (r->group)
		return ERR_OK;
	if (!s->tx->prdr || count == LIMIT_RECIPIENT_GROUPS)
		return ERR_LIMIT;
	r->group = last->next = arena_new(session_arena(s), struct group);
	return r->group ? ERR_OK : ERR_NOMEM;
}

/* Half of the memory is left for the message. */
enum err transaction_recipient(struct smtp_session *s, const struct path *to, struct str params)
{
	struct transaction *tx = s->tx;
	struct recipient *r;

	if (session_arena(s)->used > LIMIT_TRANSACTION_ARENA / 2)
		return ERR_NOMEM;
	r = arena_new(session_arena(s), struct recipient);
	if (!r)
		return ERR_NOMEM;
	r->path = in_brackets(s, to->address);
	r->params = arena_str(session_arena(s), params);
	if (!r->path.p || !r->params.p)
		return ERR_NOMEM;
	r->address = (struct str){ .p = r->path.p + 1, .n = r->path.n - 2 };
	r->class = policy_class(s->server->o.policy, r->address);
	if (inspection_rcpt(&s->inspection, r->address, &r->inspected) != ERR_OK)
		return ERR_NOMEM;
	tx->asking = r;
	return ERR_OK;
}

static enum next recipient_done(struct smtp_session *s)
{
	s->tx->asking = NULL;
	return session_go(s, SESSION_COMMAND);
}

/* He takes no part in the message, for a reason that is no verdict's. */
static enum next recipient_refused(struct smtp_session *s, enum ledger_by by, unsigned code,
				   struct str text)
{
	answer_refusal(s, code, text);
	record_recipient(s, s->tx->asking->address, by,
			 &(struct reply){ .code = code, .text = text });
	outcome_tell(s, s->tx->asking, FATE_DEFERRED);
	return recipient_done(s);
}

/* The first answer of a verdict, spoken at RCPT: refused, or nothing said yet. */
static bool refused_by_policy(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	const struct judgement *j = &tx->asking->judgement;
	const unsigned code = action_code(j->action);

	if (!j->decided || !code)
		return false;
	answer_refusal(s, code, j->reply);
	record_verdict(s, tx->asking, code, j->reply);
	outcome_tell(s, tx->asking, outcome_fate(j, code));
	return true;
}

struct inspection_subject transaction_subject(const struct transaction *tx,
					      const struct recipient *r)
{
	return (struct inspection_subject){
		.recipient = r->inspected,
		.class = r->class,
		.canary = tx->canary,
		.names = { .rcpt = r->address, .id = id_str(&tx->id) },
		.seen = tx->seen,
	};
}

static enum next ask_backend(struct smtp_session *s, struct recipient *r)
{
	struct transaction *tx = s->tx;
	const struct delivery_rcpt rcpt = { .path = r->path, .params = r->params, .who = r };

	if (!tx->sender.id.n)
		fill_sender(s, tx);
	if (!r->group->delivery)
		r->group->delivery = delivery_open(s->server->o.backend, &tx->sender);
	delivery_rcpt(r->group->delivery, &s->ops, session_ask(s, "RCPT"), &rcpt);
	return session_go(s, SESSION_ASKING);
}

/* Filters of the connection, the greeting, MAIL and the recipient have their say before he is accepted, unless the
 * outcome cannot depend on what is still outstanding. */
enum next transaction_judge_rcpt(struct smtp_session *s)
{
	struct recipient *r = s->tx->asking;
	const bool complete = inspection_turn(&s->inspection);
	const struct inspection_subject subject = transaction_subject(s->tx, r);
	enum err err;

	inspection_judge(&s->inspection, STAGE_RCPT, &subject, &r->judgement);
	if (!r->judgement.decided && !complete)
		return NEXT_WAIT;
	if (refused_by_policy(s))
		return recipient_done(s);
	err = find_group(s, r);
	if (err == ERR_OK)
		return ask_backend(s, r);
	if (err == ERR_LIMIT)
		return recipient_refused(
			s, LEDGER_GATE, 451,
			STR("4.5.3 this recipient has another policy, send separately"));
	return recipient_refused(s, LEDGER_GATE, 452,
				 STR("4.3.1 out of memory for this transaction"));
}

enum next transaction_asked(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	struct recipient *r = tx->asking;
	enum filter_fate fate;

	if (s->result.err != ERR_OK) {
		char text[128];
		struct out o = OUT(text);

		answer_unavailable(s->result.err, &o);
		return recipient_refused(s, LEDGER_BACKEND, 451, out_text(&o));
	}
	answer_backend(s, &s->result.reply, "2.1.5");
	if (!reply_positive(&s->result.reply)) {
		record_recipient(s, r->address, LEDGER_BACKEND, &s->result.reply);
		fate = s->result.reply.code >= 500 ? FATE_UNKNOWN : FATE_DEFERRED;
		outcome_tell(s, r, fate);
		return recipient_done(s);
	}
	*tx->last = r;
	tx->last = &r->next;
	tx->recipient_count++;
	if (!r->group->count++)
		r->group->first = r;
	return recipient_done(s);
}
