/* transfer.c - a question (RCPT, or the message) leads from wherever the connection stands to the step
 * that answers it (delivery/envelope.h): on a leased connection that is one command, on another one the
 * whole envelope again.  Decided here:
 *   - A connection that was not made for this question and turns out dead is replaced once, up to the
 *     moment the final dot is handed over.  After that nobody knows, and the question ends with an error.
 *   - A recipient who was accepted and is refused when the envelope is said again: when each has his own answer (PRDR)
 *     that is his.  Otherwise nobody gets the message: with several recipients there is no reply that is true for
 *     all, so ERR_REFUSED.
 *   - What is given up with DATA under way is closed: only a connection without a message in it is reset.
 *   - 421 ends the connection (RFC 5321 3.8), not the client's session: it is passed on as 451. */
#include "delivery/transfer_inside.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "delivery/as_client.h"
#include "delivery/lane.h"
#include "mail/path.h"

static struct transfer *transfer_of(struct delivery *delivery)
{
	return (struct transfer *)delivery;
}

enum next transfer_finish(struct transfer *t, enum err err, const struct reply *reply)
{
	struct op *op = t->op;

	CHECK(op != NULL);
	if (t->goal == GOAL_RCPT && (err != ERR_OK || !is_2xx(reply)))
		envelope_drop_last(&t->envelope);
	wake_clear(&t->wake);
	t->op = NULL;
	t->goal = GOAL_NONE;
	op_finish(op, err, reply);
	return OVER;
}

void transfer_log(const struct transfer *t, const char *what, const struct reply *reply)
{
	struct log_line l;

	log_begin(&l, "backend_odd", t->envelope.sender->id);
	log_z(&l, "server", t->server->name);
	log_z(&l, "what", what);
	if (reply) {
		log_u64(&l, "code", reply->code);
		log_str(&l, "text", str_head(reply->text, 512));
	}
	log_end(&l);
}

unsigned transfer_unanswered(const struct transfer *t)
{
	return t->script.sent - t->script.answered;
}

struct upstream *transfer_detach(struct transfer *t)
{
	struct upstream *u = t->up;

	t->up = NULL;
	t->incomplete = false;
	return u;
}

/* Only a connection that stands between commands which may be repeated can be reset. */
static bool resettable(const struct transfer *t)
{
	if (t->up->state != UPSTREAM_HELD && t->up->state != UPSTREAM_ENVELOPE)
		return false;
	for (unsigned i = t->script.answered; i < t->script.sent; i++) {
		unsigned nth;
		const enum step step = script_step(&t->script, &t->envelope, i, &nth);

		if (step == STEP_XCLIENT || step == STEP_EHLO || step == STEP_DATA ||
		    step == STEP_BDAT)
			return false;
	}
	return true;
}

void transfer_give_up(struct transfer *t)
{
	const bool begun = t->script.sent > script_first(&t->script, STEP_MAIL);

	if (!resettable(t))
		upstream_close(transfer_detach(t));
	else if (begun || transfer_unanswered(t))
		upstream_reset(transfer_detach(t), transfer_unanswered(t));
	else
		upstream_release(transfer_detach(t));
}

enum next transfer_hold(struct transfer *t, const struct reply *reply)
{
	upstream_wait(t->up, UPSTREAM_HELD, pool_lease_ms(t->pool));
	return transfer_finish(t, ERR_OK, reply);
}

enum next transfer_lose(struct transfer *t, enum err err, const struct reply *reply)
{
	const bool broken = err == ERR_CLOSED || err == ERR_IO || err == ERR_TLS;
	const bool stale =
		broken && !t->fresh && !t->replaced && !t->ended && !envelope_lacks(&t->envelope);
	struct upstream *u = transfer_detach(t);

	if (u->state != UPSTREAM_CLOSED)
		upstream_close(u);
	if (!t->op)
		return OVER;
	if (stale) {
		wake_clear(&t->wake);
		t->replaced = true;
		pool_distrust(t->pool, t->server);
		transfer_acquire(t);
		return OVER;
	}
	if (reply) {
		const struct reply busy = { .code = 451, .text = reply->text };

		return transfer_finish(t, ERR_OK, &busy);
	}
	return transfer_finish(t, err, NULL);
}

/* --- saying the next steps --- */

static int64_t step_patience(const struct transfer *t)
{
	static const int64_t limits[] = {
		[STEP_XCLIENT] = LIMIT_BACKEND_GREETING_MS, [STEP_EHLO] = LIMIT_BACKEND_GREETING_MS,
		[STEP_XFORWARD] = LIMIT_BACKEND_MAIL_MS,    [STEP_MAIL] = LIMIT_BACKEND_MAIL_MS,
		[STEP_RCPT] = LIMIT_BACKEND_RCPT_MS,        [STEP_DATA] = LIMIT_BACKEND_DATA_MS,
		[STEP_BDAT] = LIMIT_BACKEND_END_MS,
	};
	unsigned nth;
	const enum step step = script_step(&t->script, &t->envelope, t->script.answered, &nth);

	CHECK(step != STEP_NONE);
	return upstream_patience(t->up, limits[step]);
}

/* Behind XCLIENT it is the client that greets: Postfix takes this name for the client's, whatever
 * XCLIENT said.  One that is no name stays in XCLIENT's encoding, and ours is said. */
static struct str ehlo_name(const struct transfer *t)
{
	const struct str helo = t->envelope.sender->helo;

	return path_domain_ok(helo) ? helo : t->pool->hostname;
}

static void say(struct transfer *t)
{
	char line[ENVELOPE_LINE_MAX];
	struct out o = OUT(line);
	unsigned nth;

	if (script_step(&t->script, &t->envelope, t->script.sent, &nth) == STEP_EHLO) {
		out_str(&o, STR("EHLO "));
		out_str(&o, ehlo_name(t));
		out_str(&o, STR("\r\n"));
	} else {
		script_print(&t->script, &t->envelope, t->script.sent, &t->up->caps, &o);
	}
	CHECK(!o.full); /* paths and parameters came in a command line of the client */
	upstream_write(t->up, out_text(&o));
	t->script.sent++;
}

/* How many steps the question takes; what is said outside of a transaction comes behind them. */
static unsigned steps_needed(const struct transfer *t)
{
	if (t->goal == GOAL_SAY)
		return script_first(&t->script, STEP_MAIL);
	return script_first(&t->script, STEP_RCPT) + t->envelope.count +
	       (t->goal == GOAL_SEND ? 1 : 0);
}

void transfer_proceed(struct transfer *t)
{
	const bool pipelining = caps_has(&t->up->caps, CAP_PIPELINING);
	const unsigned last = steps_needed(t);

	if (transfer_unanswered(t) == 0 && !upstream_in_step(t->up)) {
		transfer_log(t, "it speaks out of turn", NULL);
		transfer_lose(t, ERR_PROTOCOL, NULL);
		return;
	}
	while (t->script.sent < last && script_may_say(&t->script, &t->envelope, pipelining))
		say(t);
	if (t->goal == GOAL_SAY && t->script.answered == last) {
		upstream_write(t->up, t->line);
		upstream_wait(t->up, UPSTREAM_ASKED,
			      upstream_patience(t->up, LIMIT_BACKEND_MAIL_MS));
		return;
	}
	upstream_wait(t->up, UPSTREAM_ENVELOPE, step_patience(t));
	if (t->goal == GOAL_SEND && t->script.sent == last && t->script.message == STEP_BDAT) {
		transfer_begin(t, BODY_CHUNK);
	}
}

/* --- getting a connection --- */

/* XCLIENT costs two exchanges and a connection per client: not for a server that does not let it say
 * the address, when XFORWARD may. */
static bool wants_xclient(const struct transfer *t, const struct caps *caps)
{
	const uint32_t address = 1u << XATTR_ADDR;

	if (t->pool->conf->identity != IDENTITY_AUTO)
		return t->pool->conf->identity == IDENTITY_XCLIENT;
	return (caps->xclient & address) || !(caps->xforward & address);
}

static bool choose_identity(const struct transfer *t, uint32_t *xclient, uint32_t *xforward)
{
	const int mode = t->pool->conf->identity;
	const bool again = loop_now_ms(t->pool->loop) >= t->server->no_xclient_until_ms;

	*xclient = 0;
	*xforward = 0;
	if (t->up->client)
		return true; /* told already */
	if (wants_xclient(t, &t->up->caps) && (again || mode == IDENTITY_XCLIENT))
		*xclient = t->up->caps.xclient;
	if (mode == IDENTITY_XFORWARD || (mode == IDENTITY_AUTO && !*xclient))
		*xforward = t->up->caps.xforward;
	if (loop_now_ms(t->pool->loop) < t->server->no_ipv6_until_ms) {
		*xclient |= *xclient ? IDENTITY_NO_IPV6 : 0;
		*xforward |= *xforward ? IDENTITY_NO_IPV6 : 0;
	}
	return mode != IDENTITY_XCLIENT || *xclient;
}

static void remember_client(struct transfer *t)
{
	char bytes[IDENTITY_MAX];
	struct out o = OUT(bytes);

	t->up->client = mem_strdup(identity_client(&o, t->envelope.sender));
}

static void on_news(struct upstream *u, const struct upstream_news *news, void *arg);

static void attach(struct transfer *t, struct upstream *u)
{
	uint32_t xclient, xforward;

	t->server = u->server;
	if (envelope_needs(&t->envelope) & ~u->caps.set) {
		/* It would refuse for good what the next try can say without. */
		transfer_log(t, "it offers less than was offered to the client", NULL);
		pool_rests(t->pool, u);
		transfer_finish(t, ERR_REFUSED, NULL);
		return;
	}
	if (t->envelope.sender->lane)
		lane_adopt(t->envelope.sender->lane, u);
	t->up = u;
	t->fresh = !u->used;
	u->used = true;
	upstream_take(u, on_news, t);
	if (!choose_identity(t, &xclient, &xforward)) {
		/* The backend would take every client for us. */
		transfer_log(t, "identity = xclient, and XCLIENT is not offered", NULL);
		upstream_close(transfer_detach(t));
		transfer_finish(t, ERR_REFUSED, NULL);
		return;
	}
	if (xclient)
		remember_client(t);
	script_begin(&t->script, &t->envelope, xclient, xforward,
		     caps_has(&u->caps, CAP_CHUNKING) ? STEP_BDAT : STEP_DATA);
	transfer_proceed(t);
}

static void on_waited(struct waiter *w, struct upstream *u, enum err err)
{
	struct transfer *t = (struct transfer *)((char *)w - offsetof(struct transfer, waiter));

	if (u)
		attach(t, u);
	else
		transfer_finish(t, err, NULL);
}

void transfer_acquire(struct transfer *t)
{
	struct lane *lane = t->envelope.sender->lane;
	struct upstream *u = lane ? lane_take(lane, &t->waiter) : pool_take(t->pool, &t->waiter);

	if (u)
		attach(t, u);
}

static void on_news(struct upstream *u, const struct upstream_news *news, void *arg)
{
	struct transfer *t = arg;

	CHECK(u == t->up);
	switch (news->event) {
	case UPSTREAM_REPLY:
		transfer_reply(t, news->reply);
		break;
	case UPSTREAM_DRAINED:
		transfer_write(t);
		break;
	case UPSTREAM_LEASE:
		transfer_give_up(t);
		break;
	case UPSTREAM_GONE:
		transfer_lose(t, news->err, NULL);
		break;
	}
}

/* --- what was answered before --- */

static uint64_t memory_key(const struct transfer *t, const struct delivery_rcpt *r)
{
	const struct caps *caps = &t->pool->caps;

	return accepted_key(t->envelope.sender, r->path, r->params,
			    as_client(t->pool->conf) || (caps->xclient && wants_xclient(t, caps)));
}

void transfer_remember(struct transfer *t, const struct delivery_rcpt *r, const struct reply *reply)
{
	const int64_t remember_ms = t->pool->conf->remember_ms;

	if (remember_ms && !t->envelope.sender->lane)
		accepted_note(&t->pool->accepted, memory_key(t, r), reply,
			      loop_now_ms(t->pool->loop) + remember_ms);
}

void transfer_forget(struct transfer *t)
{
	for (unsigned i = 0; i < t->envelope.count; i++)
		accepted_forget(&t->pool->accepted, memory_key(t, &t->envelope.rcpts[i].as));
}

/* What was answered to one login says nothing to another, or to none.  Only the first recipient: should a single one
 * be refused after all, that is the answer to the message; with several there would be none that is true for all.
 * And only while a connection rests, so that a backend that is gone is noticed at RCPT. */
static bool recall(const struct transfer *t, struct reply *reply)
{
	return t->goal == GOAL_RCPT && !t->up && !t->envelope.sender->lane &&
	       t->envelope.count == 1 && t->pool->idle &&
	       accepted_find(&t->pool->accepted, memory_key(t, &t->envelope.rcpts[0].as),
			     loop_now_ms(t->pool->loop), reply);
}

/* --- what a session asks --- */

static void cancel(struct op *op)
{
	struct transfer *t = op->provider;
	const enum goal goal = t->goal;

	t->op = NULL;
	t->goal = GOAL_NONE;
	wake_clear(&t->wake);
	pool_forget(&t->waiter, t->pool);
	if (t->envelope.sender->lane)
		lane_forget(t->envelope.sender->lane, &t->waiter);
	if (t->up)
		transfer_give_up(t);
	if (goal == GOAL_RCPT)
		envelope_drop_last(&t->envelope);
}

static void on_wake(struct wake *w, void *arg)
{
	struct transfer *t = arg;
	struct reply reply;

	(void)w;
	if (recall(t, &reply)) {
		transfer_finish(t, ERR_OK, &reply);
		return;
	}
	if (t->up && t->goal == GOAL_SEND && t->incomplete)
		transfer_give_up(t);
	if (t->up)
		transfer_proceed(t);
	else
		transfer_acquire(t);
}

static void ask(struct transfer *t, enum goal goal, struct ops *ops, struct op *op)
{
	CHECK(t->op == NULL);
	t->op = op;
	t->goal = goal;
	t->fresh = false;
	t->replaced = false;
	t->ended = false;
	op->label = "backend";
	op->cancel = cancel;
	op->provider = t;
	op_start(ops, op);
	wake_set(&t->wake);
}

struct delivery *transfer_open(struct backend *b, struct pool *pool,
			       const struct delivery_sender *sender)
{
	struct transfer *t = mem_new(sizeof(*t));

	t->delivery.backend = b;
	t->pool = pool;
	t->envelope.sender = sender;
	t->envelope.size = sender->size ? sender->size + LIMIT_BACKEND_SIZE_HEADROOM : 0;
	t->waiter.fn = on_waited;
	t->waiter.sender = sender;
	wake_init(&t->wake, pool->loop, on_wake, t);
	return &t->delivery;
}

/* A response is the answer to this connection's challenge: no other one can take it. */
void transfer_say(struct delivery *delivery, struct ops *ops, struct op *op, struct str line)
{
	struct transfer *t = transfer_of(delivery);

	t->line = line;
	ask(t, GOAL_SAY, ops, op);
	t->fresh = t->up != NULL;
}

void transfer_rcpt(struct delivery *delivery, struct ops *ops, struct op *op,
		   const struct delivery_rcpt *rcpt)
{
	struct transfer *t = transfer_of(delivery);

	envelope_add(&t->envelope, rcpt);
	ask(t, GOAL_RCPT, ops, op);
}

void transfer_drop(struct delivery *delivery, const void *who)
{
	struct transfer *t = transfer_of(delivery);

	CHECK(t->op == NULL);
	envelope_drop(&t->envelope, who);
	t->incomplete = t->up != NULL;
}

void transfer_send(struct delivery *delivery, struct ops *ops, struct op *op,
		   const struct delivery_message *message)
{
	struct transfer *t = transfer_of(delivery);

	CHECK(t->envelope.count > 0);
	CHECK(message->each ||
	      (t->envelope.count == 1 ? !t->envelope.sender->prdr
				      : !backend_one_recipient(delivery->backend)));
	t->each = message->each;
	body_set(&t->body, message->headers, message->spool, message->from);
	t->envelope.size = body_size(&t->body);
	ask(t, GOAL_SEND, ops, op);
}

struct str transfer_server(const struct delivery *delivery)
{
	const struct transfer *t = (const struct transfer *)delivery;

	return t->server ? str_z(t->server->name) : STR("");
}

void transfer_close(struct delivery *delivery)
{
	struct transfer *t = transfer_of(delivery);

	if (t->op)
		op_cancel(t->op);
	if (t->up)
		transfer_give_up(t);
	envelope_free(&t->envelope);
	mem_free(t);
}
