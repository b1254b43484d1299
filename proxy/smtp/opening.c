/* How a session begins: what is known of the client is noted, the greeting is held back from those who do not wait
 * for it, TLS is started. */
#include "smtp/steps.h"

#include "smtp/answer.h"
#include "smtp/patience.h"
#include "smtp/record.h"
#include "smtp/throttle.h"

/* That one of many behind the same address has waited says nothing of the others. */
static bool has_waited(const struct smtp_session *s)
{
	const struct smtp_server *server = s->server;

	return !vantage_hides(&server->vantage, &s->client_ip) &&
	       pregreet_knows(&server->pregreet, &s->client_ip, loop_now_ms(server->o.loop));
}

/* A mail proxy in front is not tested; it greets its clients itself.  Nor is who must log in anyway. */
static bool must_wait(const struct smtp_session *s)
{
	const struct smtp_server *server = s->server;

	return server->o.pregreet->wait_ms > 0 && !s->may_xclient &&
	       server->o.conf->profile != PROFILE_SUBMISSION && !has_waited(s);
}

/* Without a line of its own in the log, for there may be many of these, unless the session has one already; and
 * without words where TLS is spoken from the first byte. */
static enum next turn_away(struct smtp_session *s, struct out *why)
{
	s->server->o.counters->refused_connections++;
	out_char(why, '\0');
	if (s->server->o.conf->tls != TLS_IMPLICIT || conn_is_secure(s->conn))
		answer_error(s, 421, why->p);
	return s->by_xclient ? session_close(s, "limit") : session_go(s, SESSION_CLOSING);
}

/* Where a session begins, and begins anew after XCLIENT. */
enum next opening_connected(struct smtp_session *s)
{
	const struct smtp_server *server = s->server;
	char text[THROTTLE_TEXT];
	struct out why = OUT(text);

	patience_client(s);
	if (!throttle_connect(s, &why))
		return turn_away(s, &why);
	record_connect(s);
	if (front_connect(s) != ERR_OK) {
		answer_error(s, 421, "4.3.2 out of resources, closing connection");
		return session_close(s, "memory");
	}
	if (server->o.conf->tls == TLS_IMPLICIT && !conn_is_secure(s->conn))
		return session_go(s, SESSION_STARTING_TLS);
	if (must_wait(s)) {
		session_go(s, SESSION_PREGREET);
		patience_until(s, server->o.pregreet->wait_ms);
		return NEXT_AGAIN;
	}
	answer(s, 220, NULL);
	return session_go(s, SESSION_COMMAND);
}

/* RFC 5321 3.1: the client waits for the greeting.  Lookups run meanwhile. */
enum next opening_pregreet(struct smtp_session *s)
{
	struct smtp_server *server = s->server;
	const int64_t now = loop_now_ms(server->o.loop);

	if (conn_input(s->conn).n) {
		inspection_fact(&s->inspection, SCOPE_CONNECTION, FACT_EARLY_TALKER);
	} else if (s->peer == PEER_GONE) {
		return session_close(s, "client");
	} else if (now < s->deadline_ms) {
		return NEXT_WAIT;
	} else {
		pregreet_remember(&server->pregreet, &s->client_ip,
				  now + server->o.pregreet->remember_ms);
	}
	answer(s, 220, NULL);
	return session_go(s, SESSION_COMMAND);
}

/* A state of its own, for the STARTTLS line is consumed first; what came behind it is dropped. */
enum next opening_starting_tls(struct smtp_session *s)
{
	conn_start_tls(s->conn, s->server->o.tls, NULL);
	return session_go(s, SESSION_HANDSHAKE);
}

/* CONN_SECURED wakes.  After STARTTLS nothing is said (RFC 3207 4.2); with implicit TLS the greeting. */
enum next opening_handshake(struct smtp_session *s)
{
	if (s->peer == PEER_GONE)
		return session_close(s, "handshake");
	if (!conn_is_secure(s->conn))
		return NEXT_WAIT;
	record_tls(s);
	if (s->server->o.conf->tls == TLS_IMPLICIT)
		answer(s, 220, NULL);
	return session_go(s, SESSION_COMMAND);
}
