/* What is said to the log: connect, verdict (one per recipient decision), disconnect; and to the ledger. */
#include "smtp/record.h"

#include "base/log.h"
#include "policy/hits.h"
#include "protocol/command.h"
#include "smtp/session.h"

#include <string.h>

enum { COMMAND_SHOWN = 200, VERB_SHOWN = 24 };

static void log_local(struct log_line *l, const struct smtp_session *s)
{
	char text[IP_TEXT_MAX + 8];
	struct out o = OUT(text);

	if (s->local_ip.family == IP_V6)
		out_char(&o, '[');
	ip_print(&o, &s->local_ip);
	out_str(&o, s->local_ip.family == IP_V6 ? STR("]:") : STR(":"));
	out_u64(&o, s->local_port);
	log_str(l, "to", out_text(&o));
}

static void log_login(struct log_line *l, const struct smtp_session *s)
{
	if (s->login.n)
		log_said(l, "login", s->login);
}

void record_connect(const struct smtp_session *s)
{
	struct log_line l;

	log_begin(&l, "connect", id_str(&s->id));
	log_ip(&l, "ip", &s->client_ip);
	log_u64(&l, "port", s->client_port);
	log_local(&l, s);
	if (s->via.family != IP_NONE)
		log_ip(&l, "via", &s->via);
	if (s->inspection.facts.client_name.n)
		log_str(&l, "name", s->inspection.facts.client_name);
	log_login(&l, s);
	log_end(&l);
}

void record_tls(const struct smtp_session *s)
{
	const struct conn_tls_facts *tls = conn_tls_facts(s->conn);
	struct log_line l;

	log_begin(&l, "tls", id_str(&s->id));
	log_ip(&l, "ip", &s->client_ip);
	log_z(&l, "version", tls->version);
	log_z(&l, "cipher", tls->cipher);
	if (tls->server_name.n)
		log_said(&l, "sni", tls->server_name);
	if (tls->resumed)
		log_z(&l, "resumed", "yes");
	if (tls->fingerprint.n) {
		log_str(&l, "fingerprint", tls->fingerprint);
		log_z(&l, "verified", tls->vouched ? "yes" : "no");
	}
	log_end(&l);
}

void record_no_client(const struct smtp_session *s, const char *why)
{
	struct log_line l;

	log_begin(&l, "proxy", id_str(&s->id));
	log_ip(&l, "ip", &s->client_ip);
	log_u64(&l, "port", s->client_port);
	log_local(&l, s);
	log_z(&l, "error", why);
	log_end(&l);
}

/* How far its transaction was. */
static const char *last_command(const struct smtp_session *s)
{
	static const char *const of[SESSION_STATE_COUNT] = {
		[SESSION_MESSAGE] = "DATA",
		[SESSION_CHUNK] = "BDAT",
		[SESSION_JUDGING_END] = "end-of-message",
		[SESSION_REPLAYING] = "end-of-message",
	};

	if (of[s->state])
		return of[s->state];
	return s->tx->rcpt_commands ? "RCPT" : "MAIL";
}

static void log_unfinished(struct log_line *l, const struct smtp_session *s)
{
	const struct transaction *tx = s->tx;

	log_z(l, "after", last_command(s));
	log_said(l, "from", tx->from);
	log_u64(l, "recipients", tx->recipient_count);
	if (tx->received)
		log_u64(l, "size", tx->received);
}

void record_disconnect(const struct smtp_session *s, const char *why)
{
	struct log_line l;

	log_begin(&l, "disconnect", id_str(&s->id));
	log_ip(&l, "ip", &s->client_ip);
	log_login(&l, s);
	log_z(&l, "by", why);
	log_u64(&l, "transactions", s->transactions);
	log_u64(&l, "errors", s->errors);
	if (s->tx)
		log_unfinished(&l, s);
	if (s->peer == PEER_GONE && conn_error(s->conn) != ERR_CLOSED)
		log_z(&l, "error", conn_error_text(s->conn));
	log_end(&l);
}

static void reply_of(struct log_line *l, unsigned code, struct str reply)
{
	char text[256];
	struct out o = OUT(text);

	out_u64(&o, code);
	out_char(&o, ' ');
	out_str(&o, str_head(reply, sizeof(text) - 16));
	log_str(l, "reply", out_text(&o));
}

static void log_ms(struct log_line *l, const struct transaction *tx, const struct smtp_session *s)
{
	log_u64(l, "ms", (uint64_t)(loop_now_ms(s->server->o.loop) - tx->started_ms));
}

/* Only of MAIL and RCPT more than the verb: what stands behind others may be a secret (AUTH), or anything.  And once
 * there was an AUTH, what is no verb may be a response to it that came too early or too late. */
static struct str command_shown(const struct smtp_session *s)
{
	const struct str line = s->line;
	struct str verb, rest;

	if (str_istarts(line, STR("MAIL ")) || str_istarts(line, STR("RCPT ")))
		return str_head(line, COMMAND_SHOWN);
	if (s->logins && !command_is_known(line))
		return STR("?");
	str_cut(line, ' ', &verb, &rest);
	return str_head(verb, VERB_SHOWN);
}

void record_error(struct smtp_session *s, unsigned code, struct str reply)
{
	const struct str command = s->line.n ? command_shown(s) : (struct str){ 0 };
	struct log_line l;

	log_begin(&l, "refused", id_str(s->tx ? &s->tx->id : &s->id));
	log_ip(&l, "ip", &s->client_ip);
	if (s->inspection.facts.helo.n)
		log_said(&l, "helo", s->inspection.facts.helo);
	if (command.n)
		log_str(&l, "command", command);
	reply_of(&l, code, reply);
	log_end(&l);
	ledger_refused(s, command, code, reply);
}

void record_login(const struct smtp_session *s, struct str mechanism, struct str login,
		  const struct reply *reply)
{
	struct log_line l;

	log_begin(&l, "auth", id_str(&s->id));
	log_ip(&l, "ip", &s->client_ip);
	log_said(&l, "helo", s->inspection.facts.helo);
	log_said(&l, "mechanism", mechanism);
	if (login.n)
		log_said(&l, "login", login);
	log_z(&l, "result", reply->code == 235 ? "accepted" : "refused");
	reply_of(&l, reply->code, reply->text);
	log_end(&l);
}

static void log_backend(struct log_line *l, const struct group *g)
{
	if (g->delivery && delivery_server(g->delivery).n)
		log_str(l, "backend", delivery_server(g->delivery));
}

void record_recipient(struct smtp_session *s, struct str rcpt, enum ledger_by by,
		      const struct reply *reply)
{
	struct log_line l;

	log_begin(&l, "recipient", id_str(&s->tx->id));
	log_ip(&l, "ip", &s->client_ip);
	log_said(&l, "helo", s->inspection.facts.helo);
	log_login(&l, s);
	log_said(&l, "from", s->tx->from);
	log_said(&l, "rcpt", rcpt);
	if (s->tx->asking && s->tx->asking->group)
		log_backend(&l, s->tx->asking->group);
	reply_of(&l, reply->code, reply->text);
	log_ms(&l, s->tx, s);
	log_end(&l);
	ledger_heard(s, &(struct ledger_line){ .rcpt = rcpt,
					       .recipient = s->tx->asking,
					       .by = by,
					       .code = reply->code,
					       .reply = reply->text });
}

void record_refused(struct smtp_session *s, unsigned code, struct str reply)
{
	struct log_line l;

	log_begin(&l, "refused", id_str(&s->tx->id));
	log_ip(&l, "ip", &s->client_ip);
	log_said(&l, "helo", s->inspection.facts.helo);
	log_login(&l, s);
	log_said(&l, "from", s->tx->from);
	log_u64(&l, "recipients", s->tx->recipient_count);
	log_u64(&l, "size", s->tx->received);
	reply_of(&l, code, reply);
	if (s->tx->spool && spool_fault(s->tx->spool))
		log_z(&l, "error", spool_fault(s->tx->spool));
	log_ms(&l, s->tx, s);
	log_end(&l);
	for (const struct recipient *r = s->tx->first; r; r = r->next)
		ledger_heard(s, &(struct ledger_line){ .rcpt = r->address,
						       .recipient = r,
						       .by = LEDGER_GATE,
						       .code = code,
						       .reply = reply });
}

static void log_location(struct log_line *l, const struct inspection *i)
{
	const struct str country = inspection_country(i), as = inspection_as(i);

	if (country.n)
		log_str(l, "country", country);
	if (as.n)
		log_str(l, "as", as);
}

void record_verdict(struct smtp_session *s, const struct recipient *r, unsigned code,
		    struct str reply)
{
	const struct judgement *j = &r->judgement;
	const struct transaction *tx = s->tx;
	const struct inspection *i = &s->inspection;
	char degraded[256];
	struct out o = OUT(degraded);
	struct log_line l;

	hits_add_decided(s->server->o.policy, s->server->o.hits, j);
	log_begin(&l, "verdict", id_str(&tx->id));
	log_ip(&l, "ip", &s->client_ip);
	log_said(&l, "helo", i->facts.helo);
	log_login(&l, s);
	log_said(&l, "from", tx->from);
	log_said(&l, "rcpt", r->address);
	log_location(&l, i);
	log_z(&l, "stage", stage_name(j->stage));
	log_z(&l, "action", action_name(j->action));
	if (j->name && j->name[0])
		log_z(&l, "verdict", j->name);
	log_tenths(&l, "score", j->score);
	log_str(&l, "symbols", j->symbols);
	reply_of(&l, code, reply);
	if (tx->received)
		log_u64(&l, "size", tx->received);
	if (r->group)
		log_backend(&l, r->group);
	log_ms(&l, tx, s);
	inspection_degraded(i, r->inspected, &o);
	if (o.n)
		log_str(&l, "degraded", out_text(&o));
	s->server->o.counters->degraded += o.n > 0;
	if (j->would.n)
		log_str(&l, "would", j->would);
	log_end(&l);
	ledger_heard(s, &(struct ledger_line){ .rcpt = r->address,
					       .recipient = r,
					       .by = action_code(j->action) ? LEDGER_VERDICT
									    : LEDGER_BACKEND,
					       .code = code,
					       .reply = reply });
}
