/* Whoever stands in front of us and is trusted says who the client is: a load balancer by the PROXY header in
 * the first bytes of its connection, a mail proxy by XCLIENT. */
#include "smtp/session.h"

#include "smtp/proxy_header.h"

/* ---- the PROXY header ---- */

/* Nothing is said to such a peer: it is no client of ours. */
enum next front_refuse(struct smtp_session *s, const char *why)
{
	record_no_client(s, why);
	return session_close(s, "proxy");
}

/* With TLS from the first byte the handshake may be right behind the header: nothing of it is read here. */
static enum next await_header(struct smtp_session *s, size_t n)
{
	if (s->peer == PEER_GONE)
		return front_refuse(s, "closed before the PROXY header was complete");
	if (s->server->o.conf->tls == TLS_IMPLICIT)
		conn_limit_input(s->conn, n);
	return NEXT_WAIT;
}

enum next front_header(struct smtp_session *s)
{
	struct proxy_header h;

	switch (proxy_header_parse(conn_input(s->conn), &h)) {
	case PROXY_MORE:
		return await_header(s, h.n);
	case PROXY_BAD:
		return front_refuse(s, h.fault);
	case PROXY_WHOLE:
		break;
	}
	conn_consume(s->conn, h.n);
	conn_limit_input(s->conn, CONN_INPUT_MAX);
	timer_stop(&s->timer);
	if (h.known) {
		s->via = s->client_ip;
		s->client_ip = h.source;
		s->client_port = h.source_port;
		s->local_ip = h.destination;
		s->local_port = h.destination_port;
	}
	return session_go(s, SESSION_CONNECTED);
}
