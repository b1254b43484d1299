/* greeting.c - HELO and EHLO: what is noted of the client's name, and what it is offered (RFC 5321 4.1.1.1, 4.1.4). */
#include "smtp/steps.h"

#include "base/check.h"
#include "base/limits.h"
#include "protocol/xclient.h"
#include "smtp/answer.h"

/* The limits of this session: ours, or the backend's where they are narrower. */
static void set_limits(struct smtp_session *s, const struct caps *backend)
{
	const struct conf_listener *conf = s->server->o.conf;

	s->size_max = (uint64_t)conf->message_max;
	s->rcpts_max = (unsigned)conf->recipients_max;
	if (backend->size && backend->size < s->size_max)
		s->size_max = backend->size;
	if (backend->rcpt_max && backend->rcpt_max < s->rcpts_max)
		s->rcpts_max = backend->rcpt_max;
	/* Who asks for PRDR may name more, but when EHLO is answered nobody knows whether it will. */
	if (backend_one_recipient(s->server->o.backend))
		s->rcpts_max = 1;
}

/* What runs on this machine bears its name with every right. */
static bool is_this_machine(const struct smtp_session *s)
{
	return ip_is_loopback(&s->client_ip) || ip_eq(&s->local_ip, &s->client_ip);
}

/* Lies that need no lookup.  The filter `helo` looks at the form. */
static void look_at_name(struct smtp_session *s, struct str helo)
{
	const uint64_t hash = str_ihash(helo);
	const bool ours = str_ieq(helo, answer_name(s)) || str_ieq(helo, s->server->o.hostname);

	if (ours && !is_this_machine(s))
		inspection_fact(&s->inspection, SCOPE_GREETING, FACT_HELO_AS_GREETED);
	if (s->named && s->named != hash)
		inspection_fact(&s->inspection, SCOPE_CONNECTION, FACT_HELO_CHANGED);
	s->named = hash;
}

/* It is that of whoever holds the other end: no fact about a client of whom XCLIENT tells. */
static void note_certificate(struct smtp_session *s)
{
	const struct conn_tls_facts *tls = conn_tls_facts(s->conn);

	if (!tls || !tls->fingerprint.n || s->by_xclient)
		return;
	inspection_fact_of(&s->inspection, SCOPE_GREETING, FACT_CLIENT_CERTIFICATE,
			   tls->fingerprint);
	if (tls->vouched)
		inspection_fact(&s->inspection, SCOPE_GREETING, FACT_CLIENT_CERTIFICATE_VERIFIED);
}

/* A new greeting ends what was open (RFC 5321 4.1.4). */
enum err greeting_begin(struct smtp_session *s, enum verb verb, struct str helo)
{
	static const struct caps unknown;

	transaction_end(s);
	s->offered = 0;
	set_limits(s, &unknown);
	helo = str_head(helo, LIMIT_DOMAIN);
	if (inspection_greet(&s->inspection, helo, verb == VERB_EHLO, conn_is_secure(s->conn)) !=
	    ERR_OK)
		return ERR_NOMEM;
	look_at_name(s, helo);
	note_certificate(s);
	return ERR_OK;
}

/* ---- what is offered ---- */

bool greeting_may_start_tls(const struct smtp_session *s)
{
	return s->server->o.tls && !conn_is_secure(s->conn);
}

static bool is_offered(const struct smtp_session *s, enum cap cap, const struct caps *backend)
{
	switch (extensions[cap].offer) {
	case OFFER_OURS:
		return true;
	case OFFER_BOTH:
		return caps_has(backend, cap);
	case OFFER_SECURE:
		return caps_has(backend, cap) && conn_is_secure(s->conn);
	case OFFER_LOGIN:
		return caps_has(backend, cap) && auth_may_log_in(s);
	case OFFER_HOP:
		return (cap == CAP_STARTTLS && greeting_may_start_tls(s)) ||
		       (cap == CAP_XCLIENT && s->may_xclient);
	}
	UNREACHABLE();
}

static void say_argument(const struct smtp_session *s, enum cap cap, const struct caps *backend,
			 struct out *o)
{
	switch (extensions[cap].argument) {
	case ARGUMENT_NONE:
		return;
	case ARGUMENT_SIZE:
		out_char(o, ' ');
		out_u64(o, s->size_max);
		return;
	case ARGUMENT_LIMITS:
		out_str(o, STR(" RCPTMAX="));
		out_u64(o, s->rcpts_max);
		return;
	case ARGUMENT_ATTRIBUTES:
		out_str(o, STR(" " XCLIENT_WORDS));
		return;
	case ARGUMENT_SAME:
	case ARGUMENT_MECHANISMS:
		if (caps_argument(backend, cap).n)
			out_char(o, ' ');
		out_str(o, caps_argument(backend, cap));
		return;
	}
	UNREACHABLE();
}

/* Over the memory there are none, and each is refused. */
static void keep_mechanisms(struct smtp_session *s, const struct caps *backend)
{
	s->mechanisms = (struct str){ 0 };
	if (s->offered & (1u << CAP_AUTH))
		s->mechanisms = arena_str(inspection_arena(&s->inspection, SCOPE_GREETING),
					  caps_argument(backend, CAP_AUTH));
}

/* With the backend out of reach and never seen, only what is ours is offered: the client may still
 * come in, and hears 451 at RCPT. */
enum next greeting_offer(struct smtp_session *s)
{
	static const struct caps unknown;
	const struct caps *backend = s->result.caps ? s->result.caps : &unknown;
	char text[2048];
	struct out o = OUT(text);
	size_t last = 0; /* where the last line begins */

	set_limits(s, backend);
	out_str(&o, STR("250-"));
	out_str(&o, answer_name(s));
	for (unsigned cap = 0; cap < CAP_COUNT; cap++) {
		if (!is_offered(s, (enum cap)cap, backend))
			continue;
		s->offered |= 1u << cap;
		out_str(&o, STR("\r\n"));
		last = o.n;
		out_str(&o, STR("250-"));
		out_str(&o, str_z(extensions[cap].keyword));
		say_argument(s, (enum cap)cap, backend, &o);
	}
	keep_mechanisms(s, backend);
	out_str(&o, STR("\r\n"));
	CHECK(!o.full && last); /* PIPELINING at least */
	text[last + 3] = ' ';
	conn_write(s->conn, out_text(&o));
	return session_go(s, SESSION_COMMAND);
}
