/* Whoever stands in front of us and is trusted says who the client is: a load balancer by the PROXY header in
 * the first bytes of its connection, a mail proxy by XCLIENT. */
#include "smtp/steps.h"

#include "base/limits.h"
#include "protocol/proxy_header.h"
#include "protocol/xclient.h"
#include "smtp/answer.h"
#include "smtp/record.h"

/* ---- the PROXY header ---- */

/* Nothing is said to such a peer: it is no client of ours. */
enum next front_refuse(struct smtp_session *s, const char *why)
{
	record_no_client(s, why);
	return session_close(s, "proxy");
}

/* The deadline is that of the whole header: it does not move with its bytes. */
static void start_clock(struct smtp_session *s)
{
	if (timer_active(&s->timer))
		return;
	s->deadline_ms = loop_now_ms(s->server->o.loop) + LIMIT_PROXY_HEADER_MS;
	timer_start(&s->timer, LIMIT_PROXY_HEADER_MS);
}

/* With TLS from the first byte the handshake may be right behind the header: nothing of it is read here. */
static enum next await_header(struct smtp_session *s, size_t n)
{
	if (s->peer == PEER_GONE)
		return front_refuse(s, "closed before the PROXY header was complete");
	start_clock(s);
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
	timer_stop(&s->timer);
	if (h.known) {
		s->via = s->client_ip;
		s->client_ip = h.source;
		s->client_port = h.source_port;
		s->local_ip = h.destination;
		s->local_port = h.destination_port;
		s->may_xclient = ip_nets_have(&s->server->xclient_from, &s->client_ip);
	}
	return session_go(s, SESSION_CONNECTED);
}

/* ---- XCLIENT ---- */

static bool was_said(const struct xclient *x, enum xattr attr)
{
	return (x->set & (1u << attr)) != 0;
}

static void take_ends(struct smtp_session *s, const struct xclient *x)
{
	if (!s->by_xclient)
		s->via = s->client_ip;
	s->by_xclient = true;
	if (was_said(x, XATTR_ADDR))
		s->client_ip = x->addr;
	if (was_said(x, XATTR_PORT))
		s->client_port = x->port;
	if (was_said(x, XATTR_DESTADDR))
		s->local_ip = x->dest_addr;
	if (was_said(x, XATTR_DESTPORT))
		s->local_port = x->dest_port;
}

/* False: no memory. */
static bool keep(struct smtp_session *s, struct str *to, struct str text)
{
	*to = (struct str){ 0 };
	if (text.n)
		*to = arena_str(inspection_arena(&s->inspection, SCOPE_CONNECTION), text);
	return text.n == 0 || to->p;
}

/* All that was learnt of the client so far was about somebody else.  What an earlier XCLIENT said of its addresses
 * stays, and its name as long as the address does. */
static bool become(struct smtp_session *s, const struct xclient *x)
{
	char bytes[LIMIT_DOMAIN];
	struct out name = OUT(bytes);

	if (was_said(x, XATTR_NAME))
		out_str(&name, x->name);
	else if (!was_said(x, XATTR_ADDR))
		out_str(&name, s->inspection.facts.client_name);
	take_ends(s, x);
	auth_forget(s);
	s->errors = s->idle_commands = s->logins = 0;
	s->offered = 0;
	s->named = 0;
	s->told_esmtp = x->esmtp;
	inspection_forget_client(&s->inspection);
	if (!keep(s, &s->login, x->login))
		return false;
	if (x->login.n)
		inspection_authenticated(&s->inspection, s->login);
	return keep(s, &s->inspection.facts.client_name, out_text(&name)) &&
	       keep(s, &s->told_helo, x->helo);
}

static enum next refuse(struct smtp_session *s, unsigned code, const char *text)
{
	answer_refusal(s, code, str_z(text));
	return NEXT_AGAIN;
}

enum next front_xclient(struct smtp_session *s, struct str argument)
{
	char bytes[LIMIT_COMMAND_LINE];
	struct out store = OUT(bytes);
	const char *fault;
	struct xclient x;

	if (!s->may_xclient)
		return refuse(s, 550, "5.7.0 XCLIENT is not for you");
	if (s->tx)
		return refuse(s, 503, "5.5.1 a transaction is open, send RSET first");
	fault = xclient_parse(argument, &store, &x);
	if (fault)
		return refuse(s, 501, fault);
	if (!become(s, &x)) {
		answer_error(s, 421, "4.3.2 out of resources, closing connection");
		return session_close(s, "memory");
	}
	return session_go(s, SESSION_CONNECTED);
}

/* Whoever may name clients is none, until it has named one. */
static bool is_client(const struct smtp_session *s)
{
	const struct ip_nets *balancers = &s->server->proxy_from;

	return s->by_xclient || (!s->may_xclient && (s->via.family != IP_NONE ||
						     !ip_nets_have(balancers, &s->client_ip)));
}

/* XCLIENT may have brought the greeting along. */
enum err front_connect(struct smtp_session *s)
{
	const enum err err = inspection_connect(&s->inspection, &s->client_ip, s->client_port);
	const struct str helo = s->told_helo;

	if (is_client(s) && server_vantage(s->server, &s->client_ip))
		inspection_hide_address(&s->inspection);
	s->told_helo.n = 0;
	return err == ERR_OK && helo.n
		       ? greeting_begin(s, s->told_esmtp ? VERB_EHLO : VERB_HELO, helo)
		       : err;
}
