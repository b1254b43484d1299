/* How long a session waits, and what becomes of it then.  The timer is coarse: it is not moved with every line, but
 * looks whether the deadline has moved. */
#include "smtp/session.h"

#include "base/limits.h"
#include "smtp/answer.h"

/* From now on the client has so long for what it has to do next. */
void patience_client(struct smtp_session *s)
{
	const int64_t idle = s->server->o.conf->timeout_ms;

	s->deadline_ms = loop_now_ms(s->server->o.loop) + idle;
	if (!timer_active(&s->timer))
		timer_start(&s->timer, idle);
}

/* Bytes of a message buy time, but not each of them: at the least rate it goes on for ever. */
void patience_message(struct smtp_session *s)
{
	const struct transaction *tx = s->tx;
	const int64_t latest = tx->data_ms + s->server->o.conf->timeout_ms +
			       (int64_t)(tx->received / LIMIT_CLIENT_RATE) * 1000;

	patience_client(s);
	if (s->deadline_ms > latest)
		s->deadline_ms = latest;
}

void patience_within(struct smtp_session *s, int64_t ms)
{
	const int64_t idle = s->server->o.conf->timeout_ms;

	if (idle < ms)
		ms = idle;
	s->deadline_ms = loop_now_ms(s->server->o.loop) + ms;
	timer_start(&s->timer, ms);
}

#define BIT(ID) (1u << SESSION_##ID)

static bool awaits_client(const struct smtp_session *s)
{
	static const unsigned of_the_client = BIT(PROXY) | BIT(PREGREET) | BIT(HANDSHAKE) |
					      BIT(COMMAND) | BIT(SKIPPING) | BIT(MESSAGE) |
					      BIT(CHUNK) | BIT(RESPONSE);

	return (of_the_client & (1u << s->state)) != 0;
}

/* Who has gone is not worked for without end; but what the backend may have is seen through. */
static bool is_abandoned(const struct smtp_session *s)
{
	return s->peer == PEER_GONE && s->state != SESSION_REPLAYING && s->state != SESSION_CLOSING;
}

void patience_timer(struct timer *t, void *arg)
{
	struct smtp_session *s = arg;
	const int64_t left = s->deadline_ms - loop_now_ms(s->server->o.loop);

	if (!awaits_client(s) && !is_abandoned(s)) {
		timer_start(t, s->server->o.conf->timeout_ms);
	} else if (left > 0) {
		timer_start(t, left);
	} else if (is_abandoned(s)) {
		session_close(s, "client");
		session_wake(s);
	} else if (s->state == SESSION_PROXY) {
		front_refuse(s, "no PROXY header in time");
		session_wake(s);
	} else if (s->state == SESSION_PREGREET) {
		session_wake(s);
	} else {
		answer_error(s, 421, "4.4.2 timeout, closing connection");
		session_close(s, "timeout");
		session_wake(s);
	}
}
