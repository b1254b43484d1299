/* How long a session waits, and what becomes of it then.  The timer is coarse: it is not moved with every line, but
 * looks whether the deadline has moved. */
#include "smtp/patience.h"

#include "base/check.h"
#include "base/limits.h"
#include "smtp/answer.h"
#include "smtp/pressure.h"
#include "smtp/session.h"
#include "smtp/steps.h"

/* What a client that has gone left behind has its own deadline, for all of it. */
void patience_client(struct smtp_session *s)
{
	const int64_t idle = pressure_idle_ms(s);

	if (s->peer == PEER_GONE)
		return;
	s->deadline_ms = loop_now_ms(s->server->o.loop) + idle;
	if (!timer_active(&s->timer))
		timer_start(&s->timer, idle);
}

void patience_until(struct smtp_session *s, int64_t ms)
{
	if (s->peer == PEER_GONE)
		return;
	s->deadline_ms = loop_now_ms(s->server->o.loop) + ms;
	timer_start(&s->timer, ms);
}

/* Bytes of a message buy time at the least rate, and never more than a client has that is silent: so it is held to
 * that rate at every moment, however fast it began. */
void patience_message(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	const int64_t latest = loop_now_ms(s->server->o.loop) + pressure_idle_ms(s);

	static_assert(1000 % LIMIT_CLIENT_RATE == 0, "a byte is worth whole milliseconds");
	s->deadline_ms += (int64_t)(tx->received - tx->paid) * (1000 / LIMIT_CLIENT_RATE);
	tx->paid = tx->received;
	if (s->deadline_ms > latest)
		s->deadline_ms = latest;
}

void patience_within(struct smtp_session *s, int64_t ms)
{
	const int64_t idle = pressure_idle_ms(s);

	patience_until(s, idle < ms ? idle : ms);
}

void patience_gone(struct smtp_session *s)
{
	s->peer = PEER_GONE;
	s->deadline_ms = loop_now_ms(s->server->o.loop) + LIMIT_CLIENT_GONE_MS;
}

bool patience_is_over(const struct smtp_session *s)
{
	return s->peer == PEER_GONE && loop_now_ms(s->server->o.loop) >= s->deadline_ms;
}

#define BIT(ID) (1u << SESSION_##ID)

static bool awaits_client(const struct smtp_session *s)
{
	static const unsigned of_the_client = BIT(PROXY) | BIT(PREGREET) | BIT(HANDSHAKE) |
					      BIT(COMMAND) | BIT(TARPIT) | BIT(SKIPPING) |
					      BIT(MESSAGE) | BIT(CHUNK) | BIT(RESPONSE);

	return (of_the_client & (1u << s->state)) != 0;
}

/* Who has gone is not worked for without end; but what the backend may have is seen through. */
static bool is_abandoned(const struct smtp_session *s)
{
	return s->peer == PEER_GONE && s->state != SESSION_REPLAYING && s->state != SESSION_CLOSING;
}

/* It waits for us, for a time of its own. */
static bool is_kept_waiting(const struct smtp_session *s)
{
	return s->state == SESSION_PREGREET || s->state == SESSION_TARPIT;
}

void patience_hurry(struct smtp_session *s)
{
	const int64_t now = loop_now_ms(s->server->o.loop), idle = pressure_idle_ms(s);

	if (s->state == SESSION_TARPIT)
		session_wake(s);
	if (!awaits_client(s) || is_kept_waiting(s) || is_abandoned(s))
		return;
	if (s->deadline_ms > now + idle)
		s->deadline_ms = now + idle;
	timer_start(&s->timer, s->deadline_ms > now ? s->deadline_ms - now : 0);
}

void patience_timer(struct timer *t, void *arg)
{
	struct smtp_session *s = arg;
	const int64_t left = s->deadline_ms - loop_now_ms(s->server->o.loop);

	if (s->state == SESSION_CLOSING) {
		wake_set(&s->reap);
	} else if (!awaits_client(s) && !is_abandoned(s)) {
		timer_start(t, s->server->o.conf->timeout_ms);
	} else if (left > 0) {
		timer_start(t, left);
	} else if (is_abandoned(s)) {
		session_close(s, "client");
		session_wake(s);
	} else if (s->state == SESSION_PROXY) {
		front_refuse(s, "no PROXY header in time");
		session_wake(s);
	} else if (is_kept_waiting(s)) {
		session_wake(s);
	} else {
		answer_error(s, 421, "4.4.2 timeout, closing connection");
		session_close(s, "timeout");
		session_wake(s);
	}
}
