/* transfer_reply.c - what a backend's reply leads to, step by step. */
#include "base/check.h"
#include "delivery/lane.h"
#include "delivery/transfer_inside.h"

/* Having heard XCLIENT the server greets anew, and may refuse the client as it would a caller
 * (Postfix with smtpd_delay_reject = no).  The client hears that. */
static enum next on_unwelcome(struct transfer *t, const struct reply *reply)
{
	upstream_close(transfer_detach(t));
	return transfer_finish(t, ERR_OK, reply);
}

/* 500 to 504 object to the command, 550 to who says it (XCLIENT_README); all else is about the client.  So is
 * anything on a server that has taken XCLIENT before: a client must not be able to end it for all others
 * (with a name the server does not like, or a reply an operator chose for it). */
static bool is_about_xclient(const struct transfer *t, const struct reply *reply)
{
	if (is_refusal(reply) && t->server->xclient_works)
		return false;
	return !is_refusal(reply) || (reply->code >= 500 && reply->code <= 504) ||
	       reply->code == 550;
}

/* A Postfix with inet_protocols = ipv4 takes no IPv6 address for one.  It is asked again without: neither is
 * the client to blame, nor may it be taken for us. */
static bool is_about_ipv6(const struct transfer *t, const struct reply *reply)
{
	return reply->code == 501 && identity_has_ipv6(t->envelope.sender) &&
	       !(t->script.xclient_attributes & IDENTITY_NO_IPV6);
}

static enum next on_xclient(struct transfer *t, const struct reply *reply, unsigned nth)
{
	(void)nth;
	if (is_2xx(reply)) {
		t->server->xclient_works = true;
		return GO_ON;
	}
	if (is_about_ipv6(t, reply)) {
		transfer_log(t, "IPv6 addresses are refused in XCLIENT, and left out", reply);
		upstream_close(transfer_detach(t));
		t->server->no_ipv6_until_ms =
			loop_now_ms(t->pool->loop) + LIMIT_BACKEND_FALLBACK_MS;
		transfer_acquire(t);
		return OVER;
	}
	if (!is_about_xclient(t, reply))
		return on_unwelcome(t, reply);
	transfer_log(t, "XCLIENT is refused", reply);
	upstream_close(transfer_detach(t));
	if (t->pool->conf->identity != IDENTITY_AUTO)
		return transfer_finish(t, ERR_REFUSED, NULL);
	t->server->no_xclient_until_ms = loop_now_ms(t->pool->loop) + LIMIT_BACKEND_FALLBACK_MS;
	transfer_acquire(t);
	return OVER;
}

static enum next on_ehlo(struct transfer *t, const struct reply *reply, unsigned nth)
{
	(void)nth;
	if (is_2xx(reply))
		return GO_ON;
	if (is_refusal(reply))
		return on_unwelcome(t, reply);
	transfer_log(t, "no proper reply to EHLO after XCLIENT", reply);
	return transfer_lose(t, ERR_REFUSED, NULL);
}

static enum next on_xforward(struct transfer *t, const struct reply *reply, unsigned nth)
{
	(void)nth;
	if (!is_2xx(reply))
		transfer_log(t, "XFORWARD is refused", reply);
	return GO_ON;
}

static void forget_refused(struct transfer *t, const struct reply *reply)
{
	transfer_log(t, "what was accepted is refused when asked again", reply);
	transfer_forget(t);
}

/* Said again, the envelope is no longer taken: nothing is sent.  `answer`: what all recipients are told; NULL: nothing that
 * is true of all. */
static enum next refused_again(struct transfer *t, const struct reply *reply,
			       const struct reply *answer)
{
	forget_refused(t, reply);
	transfer_give_up(t);
	return transfer_finish(t, answer ? ERR_OK : ERR_REFUSED, answer);
}

/* The RCPT behind a refused MAIL is answered too; nobody waits for that. */
static enum next on_mail(struct transfer *t, const struct reply *reply, unsigned nth)
{
	(void)nth;
	if (is_2xx(reply))
		return GO_ON;
	if (!is_refusal(reply))
		return transfer_lose(t, ERR_PROTOCOL, NULL);
	if (t->goal == GOAL_SEND)
		return refused_again(t, reply, reply);
	t->up->skip += transfer_unanswered(t);
	t->script.answered = t->script.sent = script_first(&t->script, STEP_XFORWARD);
	t->incomplete = false;
	return transfer_hold(t, reply);
}

/* From `at` on the next recipient who gets a reply to the message. */
static unsigned next_told(const struct envelope *e, unsigned at)
{
	while (at < e->count && e->rcpts[at].gone)
		at++;
	return at;
}

/* The same of one recipient, where each has his own answer: the others get the message. */
static enum next refused_alone(struct transfer *t, const struct reply *reply, unsigned nth)
{
	t->envelope.rcpts[nth].gone = true;
	t->each(t->envelope.rcpts[nth].as.who, reply, true);
	if (next_told(&t->envelope, 0) == t->envelope.count)
		return refused_again(t, reply, reply);
	forget_refused(t, reply);
	return GO_ON;
}

static enum next on_rcpt(struct transfer *t, const struct reply *reply, unsigned nth)
{
	const bool asked = t->goal == GOAL_RCPT && nth == t->envelope.count - 1;

	if (!is_2xx(reply) && !is_refusal(reply))
		return transfer_lose(t, ERR_PROTOCOL, NULL);
	if (asked && is_refusal(reply)) {
		t->script.sent--;
		t->script.answered--;
	}
	if (asked && is_2xx(reply))
		transfer_remember(t, &t->envelope.rcpts[nth].as, reply);
	if (asked)
		return transfer_hold(t, reply);
	if (is_2xx(reply))
		return GO_ON;
	if (t->goal == GOAL_SEND && t->each)
		return refused_alone(t, reply, nth);
	if (t->goal == GOAL_SEND)
		return refused_again(t, reply, t->envelope.count == 1 ? reply : NULL);
	t->incomplete = true;
	return GO_ON;
}

static enum ending ending_of(const struct transfer *t)
{
	if (t->pool->conf->protocol == BACKEND_LMTP)
		return ENDING_EACH;
	return envelope_has_prdr(&t->envelope, &t->up->caps) ? ENDING_EITHER : ENDING_ONE;
}

static void await_end(struct transfer *t)
{
	upstream_wait(t->up, UPSTREAM_END, t->pool->conf->end_timeout_ms);
}

/* A server that takes a little now and then is not waited for without end: its client gives up. */
static int64_t body_patience(const struct transfer *t)
{
	const int64_t left = t->body_until_ms - loop_now_ms(t->pool->loop);

	if (left > LIMIT_BACKEND_BLOCK_MS)
		return LIMIT_BACKEND_BLOCK_MS;
	return left > 0 ? left : 0;
}

enum next transfer_begin(struct transfer *t, enum body_form form)
{
	const uint64_t seconds = body_size(&t->body) / LIMIT_BACKEND_RATE;

	body_begin(&t->body, form);
	t->body_until_ms =
		loop_now_ms(t->pool->loop) + LIMIT_BACKEND_BLOCK_MS + (int64_t)seconds * 1000;
	return transfer_write(t);
}

enum next transfer_write(struct transfer *t)
{
	bool last;

	if (body_write(&t->body, t->up->conn, &last) != ERR_OK) {
		upstream_close(transfer_detach(t));
		return transfer_finish(t, ERR_FILE, NULL);
	}
	t->ended = last;
	t->ending = ending_of(t);
	t->told = next_told(&t->envelope, 0);
	if (last)
		await_end(t);
	else
		upstream_wait(t->up, UPSTREAM_BODY, body_patience(t));
	return OVER;
}

static enum next on_data(struct transfer *t, const struct reply *reply, unsigned nth)
{
	(void)nth;
	if (reply->code == 354 && upstream_in_step(t->up)) {
		return transfer_begin(t, BODY_LINES);
	}
	if (!is_refusal(reply)) {
		transfer_log(t, "no proper reply to DATA", reply);
		return transfer_lose(t, ERR_PROTOCOL, NULL);
	}
	transfer_give_up(t);
	return transfer_finish(t, ERR_OK, reply);
}

static void on_envelope(struct transfer *t, const struct reply *reply)
{
	static enum next (*const steps[])(struct transfer *, const struct reply *, unsigned) = {
		[STEP_XCLIENT] = on_xclient, [STEP_EHLO] = on_ehlo, [STEP_XFORWARD] = on_xforward,
		[STEP_MAIL] = on_mail,       [STEP_RCPT] = on_rcpt, [STEP_DATA] = on_data,
	};
	unsigned nth;
	const enum step step = script_step(&t->script, &t->envelope, t->script.answered, &nth);

	CHECK(transfer_unanswered(t) > 0 && steps[step]); /* BDAT is answered in END */
	t->script.answered++;
	if (steps[step](t, reply, nth) == GO_ON)
		transfer_proceed(t);
}

/* A reply while the message is on its way: only a refusal makes sense, and what follows would be
 * taken for commands. */
static void on_early(struct transfer *t, const struct reply *reply)
{
	if (!is_refusal(reply)) {
		transfer_log(t, "a reply before the message was sent", reply);
		transfer_lose(t, ERR_PROTOCOL, NULL);
		return;
	}
	upstream_close(transfer_detach(t));
	transfer_finish(t, ERR_OK, reply);
}

/* True: it was the reply for one recipient, and more must come. */
static bool took_one(struct transfer *t, const struct reply *reply)
{
	const struct envelope *e = &t->envelope;

	if ((t->ending != ENDING_EACH && t->ending != ENDING_BLOCK) || t->told == e->count)
		return false;
	if (t->each)
		t->each(e->rcpts[t->told].as.who, reply, t->ending == ENDING_EACH);
	t->told = next_told(e, t->told + 1);
	return t->ending == ENDING_BLOCK || t->told < e->count;
}

static void on_end(struct transfer *t, const struct reply *reply)
{
	if (t->ending == ENDING_EITHER && reply->code == 353) {
		t->ending = ENDING_BLOCK;
		await_end(t);
		return;
	}
	if (!is_2xx(reply) && !is_refusal(reply)) {
		transfer_lose(t, ERR_PROTOCOL, NULL);
		return;
	}
	if (took_one(t, reply)) {
		await_end(t);
		return;
	}
	/* It has read the message to its end; an earlier connection may not have, nor, with PRDR, that of others. */
	if (is_2xx(reply) && !t->replaced && !t->each)
		spool_returned(t->body.message);
	/* What a refused BDAT leaves behind is not known before RSET (RFC 3030 2). */
	if (t->script.message == STEP_BDAT && is_refusal(reply))
		upstream_reset(transfer_detach(t), 0);
	else
		upstream_release(transfer_detach(t));
	transfer_finish(t, ERR_OK, reply);
}

/* The exchange of AUTH goes on with 334, and only AUTH is answered 235 (RFC 4954 4, 6). */
static void on_said(struct transfer *t, const struct reply *reply)
{
	struct lane *lane = t->envelope.sender->lane;

	if (reply->code == 334 && lane)
		lane_challenge(lane);
	if (reply->code == 334) {
		upstream_wait(t->up, UPSTREAM_CHALLENGED, 2 * LIMIT_AUTH_RESPONSE_MS);
		transfer_finish(t, ERR_OK, reply);
		return;
	}
	if (!is_2xx(reply) && !is_refusal(reply)) {
		transfer_lose(t, ERR_PROTOCOL, NULL);
		return;
	}
	if (reply->code == 235 && lane)
		lane_bind(lane);
	upstream_release(transfer_detach(t));
	transfer_finish(t, ERR_OK, reply);
}

void transfer_reply(struct transfer *t, const struct reply *reply)
{
	const enum upstream_state state = t->up->state;

	if (reply->code == 421)
		transfer_lose(t, ERR_CLOSED, reply);
	else if (state == UPSTREAM_BODY || (state == UPSTREAM_END && conn_unsent(t->up->conn)))
		on_early(t, reply); /* it cannot have the whole message yet */
	else if (state == UPSTREAM_END)
		on_end(t, reply);
	else if (state == UPSTREAM_ASKED)
		on_said(t, reply);
	else
		on_envelope(t, reply);
}
