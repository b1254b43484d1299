/* recognize.c - was this message delivered before?  See duplicate.h. */
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "smtp/answer.h"
#include "smtp/digest.h"
#include "smtp/duplicate.h"
#include "smtp/duplicate_inside.h"
#include "smtp/session.h"

/* A look at what was marked for one recipient. */
struct glance {
	struct store_call call;
	struct recipient *recipient;
	char key[LIMIT_STORE_KEY];
};

struct recognition {
	struct smtp_session *session;
	struct duplicate_sender from;
	struct ops ops;
	struct glance *glances; /* the first is also the one at the size */
	struct glance flight;
	struct op op;
	unsigned open; /* answers still to come */
	bool settled, flies;
};

static void ask(struct recognition *c, struct glance *g, struct store_question q, op_done_fn *done)
{
	const struct smtp_server_options *o = &c->session->server->o;

	g->call = (struct store_call){ .question = q,
				       .deadline_ms = LIMIT_DUPLICATE_LOOK_MS,
				       .op = { .done = done, .arg = c } };
	g->call.question.now_ms = loop_unix_ms(o->loop);
	g->call.question.args[1] = o->duplicates->lifetime_ms;
	c->open++;
	store_ask(o->store, &c->ops, &g->call);
}

static void answered(struct recognition *c)
{
	if (--c->open == 0)
		session_wake(c->session);
}

/* Mail goes on; that retries are not recognised is said once a while. */
static void complain(struct smtp_server *server)
{
	const int64_t now = loop_now_ms(server->o.loop);

	if (server->duplicates.said_ms &&
	    now - server->duplicates.said_ms < LIMIT_STORE_COMPLAIN_MS)
		return;
	server->duplicates.said_ms = now ? now : 1;
	log_note("duplicate", "unavailable",
		 "the store fails: mail that comes again after a lost answer is not recognised");
}

/* ---- the digest, recipient by recipient ---- */

static void glanced(struct op *op, enum err err, const void *result)
{
	struct glance *g = (struct glance *)op;
	struct recognition *c = op->arg;
	const struct store_answer *answer = result;

	(void)err; /* the status says it */
	g->recipient->known = answer->status != STORE_FAILED && answer->results[0];
	answered(c);
}

static void looked_up(struct op *op, enum err err, const void *result)
{
	struct recognition *c = op->arg;
	const struct store_answer *answer = result;

	(void)err; /* the status says it */
	c->flies = answer->status != STORE_FAILED && answer->results[0];
	answered(c);
}

static void digested(struct op *op, enum err err, const void *result)
{
	struct recognition *c = op->arg;
	struct transaction *tx = c->session->tx;
	struct digest *d = (struct digest *)(uintptr_t)result;
	char hex[DIGEST_HEX];
	struct glance *g = c->glances;

	tx->spool = d->spool;
	if (err == ERR_OK)
		for (struct recipient *r = tx->first; r; r = r->next, g++) {
			g->recipient = r;
			ask(c, g, duplicate_mail(&c->from, digest_hex(d, hex), r->address, g->key),
			    glanced);
		}
	mem_free(d);
	answered(c);
}

static void drop(void *arg)
{
	struct digest *d = arg;

	spool_free(d->spool);
	mem_free(d);
}

static void start_digest(struct recognition *c)
{
	struct transaction *tx = c->session->tx;
	struct digest *d = mem_new(sizeof(*d));

	d->spool = tx->spool; /* the job's, should the transaction end before it */
	tx->spool = NULL;
	c->op = (struct op){ .label = "digest", .done = digested, .arg = c };
	c->open++;
	job_start(c->session->server->o.jobs, &c->ops, &c->op, digest_job, drop, d);
}

/* ---- the size ---- */

static void ask_flight(struct recognition *c)
{
	struct glance *g = &c->flight;

	ask(c, g, duplicate_flight(&c->from, spool_size(c->session->tx->spool), g->key), looked_up);
}

static void looked(struct op *op, enum err err, const void *result)
{
	struct recognition *c = op->arg;
	const struct store_answer *answer = result;

	(void)err; /* the status says it */
	if (answer->status == STORE_FAILED) {
		complain(c->session->server);
	} else if (answer->results[0]) {
		ask_flight(c);
		start_digest(c);
	}
	answered(c);
}

/* Without the memory for it the message is one like any other. */
void duplicate_look(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	struct arena *arena = session_arena(s);
	char bytes[DUPLICATE_WHO];
	struct out who = OUT(bytes);
	struct recognition *c;

	if (!duplicate_conf(s))
		return;
	c = arena_new(arena, struct recognition);
	if (!c)
		return;
	c->glances = arena_alloc(arena, tx->recipient_count * sizeof(*c->glances));
	c->from.who = arena_str(arena, duplicate_who(s, &who));
	c->from.from = tx->from;
	if (!c->glances || !c->from.who.p)
		return;
	c->session = s;
	tx->recognition = c;
	ask(c, c->glances, duplicate_size(&c->from, spool_size(tx->spool), c->glances->key),
	    looked);
}

void recognition_end(struct smtp_session *s)
{
	if (s->tx->recognition)
		ops_cancel_all(&s->tx->recognition->ops);
	s->tx->recognition = NULL;
}

/* ---- what follows ---- */

static unsigned known_of(const struct transaction *tx, const struct group *g)
{
	unsigned known = 0;

	for (const struct recipient *r = tx->first; r; r = r->next)
		known += r->group == g && r->known;
	return known;
}

static void forget_mark(const struct smtp_server_options *o, const struct glance *g)
{
	struct store_question q = g->call.question;

	q.args[0] = 1;
	q.args[1] = 1; /* ms: it is over */
	store_note(o->store, &q);
}

static void say(const struct smtp_session *s, unsigned recipients)
{
	const struct transaction *tx = s->tx;
	struct log_line l;

	log_begin(&l, "duplicate", id_str(&tx->id));
	log_ip(&l, "ip", &s->client_ip);
	log_said(&l, "helo", s->inspection.facts.helo);
	log_said(&l, "from", tx->from);
	log_u64(&l, "recipients", recipients);
	log_u64(&l, "size", tx->received);
	log_end(&l);
}

static bool all_known(const struct transaction *tx)
{
	for (const struct recipient *r = tx->first; r; r = r->next)
		if (!r->known)
			return false;
	return true;
}

enum duplicate_word duplicate_settle(struct smtp_session *s)
{
	struct recognition *c = s->tx->recognition;

	if (!c || c->settled)
		return DUPLICATE_SETTLED;
	if (c->open)
		return DUPLICATE_OPEN;
	if (c->flies && !all_known(s->tx))
		return DUPLICATE_FLIES;
	c->settled = true;
	for (struct group *g = &s->tx->group; g; g = g->next) {
		const unsigned known = known_of(s->tx, g);

		if (!known)
			continue;
		say(s, known);
		outcome_known(s, g);
	}
	return DUPLICATE_SETTLED;
}

/* Who was deferred with others comes again with them. */
void duplicate_use_up(struct smtp_session *s)
{
	const struct transaction *tx = s->tx;
	const struct recognition *c = tx->recognition;
	const struct glance *at;

	if (!c || !c->settled)
		return;
	at = c->glances;
	for (const struct recipient *r = tx->first; r; r = r->next, at++)
		if (r->known &&
		    (tx->prdr || r->group->count == 0 || filter_outcome_delivered(&tx->outcome)))
			forget_mark(&s->server->o, at);
}
