/* The commands of RFC 5321 4.1, each a row of one table: what must have happened before, and what
 * it does.  The table is the only dispatch. */
#include "smtp/steps.h"

#include "base/check.h"
#include "base/limits.h"
#include "protocol/command.h"
#include "protocol/xclient.h"
#include "smtp/answer.h"
#include "smtp/pressure.h"
#include "smtp/record.h"
#include "smtp/throttle.h"

typedef enum next command_fn(struct smtp_session *s, const struct command *c);

enum need {
	NEED_NOTHING,
	NEED_HELO,      /* HELO or EHLO came */
	NEED_NO_MAIL,   /* and no transaction is open */
	NEED_MAIL,      /* a transaction is open */
	NEED_RECIPIENT, /* and has a recipient */
};

static enum next say(struct smtp_session *s, unsigned code, const char *text)
{
	answer(s, code, text);
	return NEXT_AGAIN;
}

static enum next refuse(struct smtp_session *s, unsigned code, const char *text)
{
	answer_error(s, code, text);
	return NEXT_AGAIN;
}

static enum next no_memory(struct smtp_session *s)
{
	transaction_end(s);
	return refuse(s, 452, "4.3.1 out of memory for this session");
}

/* ---- greeting ---- */

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
enum err dialogue_greet(struct smtp_session *s, struct str helo, bool esmtp)
{
	static const struct caps unknown;

	transaction_end(s);
	s->offered = 0;
	set_limits(s, &unknown);
	helo = str_head(helo, LIMIT_DOMAIN);
	if (inspection_greet(&s->inspection, helo, esmtp, conn_is_secure(s->conn)) != ERR_OK)
		return ERR_NOMEM;
	look_at_name(s, helo);
	note_certificate(s);
	return ERR_OK;
}

static enum next do_helo(struct smtp_session *s, const struct command *c)
{
	char line[LIMIT_REPLY_LINE];
	struct out o = OUT(line);

	if (dialogue_greet(s, c->argument, false) != ERR_OK)
		return no_memory(s);
	out_str(&o, answer_name(s));
	out_char(&o, '\0');
	return say(s, 250, line);
}

static enum next do_ehlo(struct smtp_session *s, const struct command *c)
{
	if (dialogue_greet(s, c->argument, true) != ERR_OK)
		return no_memory(s);
	backend_caps(s->server->o.backend, &s->ops, session_ask_caps(s));
	return session_go(s, SESSION_GREETING);
}

static bool may_start_tls(const struct smtp_session *s)
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
		return (cap == CAP_STARTTLS && may_start_tls(s)) ||
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
enum next dialogue_greeting(struct smtp_session *s)
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

/* RFC 3207 4.2: everything said before is forgotten; bytes sent before the handshake are dropped by
 * conn_start_tls(). */
static enum next do_starttls(struct smtp_session *s, const struct command *c)
{
	(void)c;
	if (s->lane)
		return refuse(s, 503, "5.5.1 STARTTLS comes before AUTH");
	if (!may_start_tls(s))
		return refuse(s, 503, "5.5.1 TLS is not available here, or already on");
	transaction_end(s);
	inspection_forget_greeting(&s->inspection);
	s->offered = 0;
	answer(s, 220, "2.0.0 go ahead");
	return session_go(s, SESSION_STARTING_TLS);
}

static enum next do_xclient(struct smtp_session *s, const struct command *c)
{
	return front_xclient(s, c->argument);
}

/* ---- login ---- */

static bool must_log_in(const struct smtp_session *s)
{
	return s->server->o.conf->profile == PROFILE_SUBMISSION &&
	       !s->inspection.facts.authenticated;
}

static bool must_start_tls(const struct smtp_session *s)
{
	const struct conf_listener *conf = s->server->o.conf;

	return (conf->tls == TLS_REQUIRED || conf->profile == PROFILE_SUBMISSION) &&
	       !conn_is_secure(s->conn);
}

/* RFC 4954 6, RFC 6409 4.3.  NULL: it may send. */
static const char *not_entitled(const struct smtp_session *s)
{
	if (must_start_tls(s))
		return "5.7.0 must issue a STARTTLS command first";
	return must_log_in(s) ? "5.7.0 authentication required" : NULL;
}

static enum next do_auth(struct smtp_session *s, const struct command *c)
{
	s->logins++;
	return auth_begin(s, c->argument);
}

static enum next do_etrn(struct smtp_session *s, const struct command *c)
{
	if (!(s->offered & (1u << CAP_ETRN)))
		return refuse(s, 502, "5.5.1 command is not available here");
	if (not_entitled(s))
		return refuse(s, 530, not_entitled(s));
	return etrn_begin(s, c->argument);
}

/* ---- envelope ---- */

static enum next do_mail(struct smtp_session *s, const struct command *c)
{
	char bytes[LIMIT_COMMAND_LINE], text[THROTTLE_TEXT];
	struct out params = OUT(bytes), why = OUT(text);
	struct mail_command m;
	const struct command_error e = command_mail(c->argument, s->offered, &m, &params);

	if (e.code)
		return refuse(s, e.code, e.text);
	if (not_entitled(s))
		return refuse(s, 530, not_entitled(s));
	if (m.size > s->size_max)
		return refuse(s, 552, "5.3.4 message is larger than this server takes (RFC 1870)");
	if (pressure_on_memory(s->server))
		return refuse(s, 452, "4.3.1 out of memory for now, try again later");
	if (pressure_on_spool(s->server, m.size))
		return refuse(s, 452, "4.3.1 no space for this message now, try again later");
	if (transaction_begin(s, &m, out_text(&params)) != ERR_OK)
		return no_memory(s);
	if (!throttle_take(s, RATE_MESSAGES, &why)) {
		out_char(&why, '\0');
		refuse(s, 450, text);
		transaction_end(s);
		return NEXT_AGAIN;
	}
	return say(s, 250, "2.1.0 sender ok");
}

/* Recipients are no idle commands, also those that have to come again: with a backend that takes one at a
 * time these are all but the first.  Up to twice as many as a transaction may have. */
static void count_rcpt(struct smtp_session *s)
{
	if (s->tx->rcpt_commands++ < 2 * (unsigned)s->server->o.conf->recipients_max)
		s->idle_commands--;
}

/* Not now: other than with a refusal the client may send it again, in this session or the next. */
static enum next postpone(struct smtp_session *s, struct str rcpt, unsigned code, struct str text)
{
	answer_refusal(s, code, text);
	record_recipient(s, rcpt, LEDGER_GATE, &(struct reply){ .code = code, .text = text });
	return NEXT_AGAIN;
}

static bool has_enough(const struct smtp_session *s)
{
	return s->tx->recipient_count >= (unsigned)s->server->o.conf->recipients_max ||
	       (s->tx->recipient_count && !s->tx->prdr &&
		backend_one_recipient(s->server->o.backend));
}

static enum next do_rcpt(struct smtp_session *s, const struct command *c)
{
	char bytes[LIMIT_COMMAND_LINE], text[THROTTLE_TEXT];
	struct out params = OUT(bytes), why = OUT(text);
	struct mail_command m;
	const struct command_error e =
		command_rcpt(c->argument, s->offered, s->tx->utf8, &m, &params);

	count_rcpt(s);
	if (e.code)
		return refuse(s, e.code, e.text);
	if (has_enough(s))
		return postpone(s, m.path.address, 452,
				STR("4.5.3 too many recipients, send the rest separately"));
	if (!throttle_take(s, RATE_RECIPIENTS, &why))
		return postpone(s, m.path.address, 450, out_text(&why));
	if (transaction_recipient(s, &m.path, out_text(&params)) != ERR_OK)
		return refuse(s, 452, "4.3.1 out of memory for this transaction");
	return s->tx->asking ? session_go(s, SESSION_JUDGING_RCPT) : NEXT_AGAIN;
}

static enum next do_data(struct smtp_session *s, const struct command *c)
{
	(void)c;
	if (s->tx->binary) /* it has no lines that a dot could end */
		return refuse(s, 503, "5.5.1 a binary message comes by BDAT (RFC 3030 3)");
	return message_begin(s);
}

static enum next do_bdat(struct smtp_session *s, const struct command *c)
{
	return chunk_begin(s, c->argument);
}

static enum next do_rset(struct smtp_session *s, const struct command *c)
{
	(void)c;
	transaction_end(s);
	return say(s, 250, "2.0.0 forgotten");
}

/* ---- the rest ---- */

static enum next do_noop(struct smtp_session *s, const struct command *c)
{
	(void)c;
	return say(s, 250, "2.0.0 ok");
}

static enum next do_quit(struct smtp_session *s, const struct command *c)
{
	(void)c;
	answer(s, 221, "2.0.0 bye");
	return session_close(s, "quit");
}

/* RFC 5321 3.5.3: 252 says neither yes nor no. */
static enum next do_vrfy(struct smtp_session *s, const struct command *c)
{
	(void)c;
	return say(s, 252, "2.5.2 cannot verify, but send it and see");
}

static enum next do_help(struct smtp_session *s, const struct command *c)
{
	(void)c;
	return say(s, 214, "2.0.0 see RFC 5321; questions to the postmaster");
}

/* SEND SOML SAML TURN (RFC 5321 appendix F), EXPN, and what is not offered. */
static enum next do_not(struct smtp_session *s, const struct command *c)
{
	(void)c;
	return refuse(s, 502, "5.5.1 command is not available here");
}

static const struct {
	enum need need;
	command_fn *run;
} commands[VERB_COUNT] = {
	[VERB_HELO] = { NEED_NOTHING, do_helo },   [VERB_EHLO] = { NEED_NOTHING, do_ehlo },
	[VERB_MAIL] = { NEED_NO_MAIL, do_mail },   [VERB_RCPT] = { NEED_MAIL, do_rcpt },
	[VERB_DATA] = { NEED_RECIPIENT, do_data }, [VERB_RSET] = { NEED_NOTHING, do_rset },
	[VERB_NOOP] = { NEED_NOTHING, do_noop },   [VERB_QUIT] = { NEED_NOTHING, do_quit },
	[VERB_VRFY] = { NEED_NOTHING, do_vrfy },   [VERB_EXPN] = { NEED_NOTHING, do_not },
	[VERB_HELP] = { NEED_NOTHING, do_help },   [VERB_STARTTLS] = { NEED_NOTHING, do_starttls },
	[VERB_SEND] = { NEED_NOTHING, do_not },    [VERB_SOML] = { NEED_NOTHING, do_not },
	[VERB_SAML] = { NEED_NOTHING, do_not },    [VERB_TURN] = { NEED_NOTHING, do_not },
	[VERB_BDAT] = { NEED_NOTHING, do_bdat },   [VERB_AUTH] = { NEED_NO_MAIL, do_auth },
	[VERB_ETRN] = { NEED_NO_MAIL, do_etrn },   [VERB_XCLIENT] = { NEED_NOTHING, do_xclient },
};

/* NULL: nothing is missing. */
static const char *missing(const struct smtp_session *s, enum need need)
{
	switch (need) {
	case NEED_NOTHING:
		return NULL;
	case NEED_HELO:
	case NEED_NO_MAIL:
		if (s->inspection.facts.helo.n == 0)
			return "5.5.1 send EHLO first";
		return need == NEED_NO_MAIL && s->tx
			       ? "5.5.1 a transaction is open, send RSET first"
			       : NULL;
	case NEED_MAIL:
	case NEED_RECIPIENT:
		if (!s->tx)
			return "5.5.1 send MAIL first";
		if (s->tx->spool)
			return "5.5.1 the message has begun, go on with BDAT";
		if (need == NEED_MAIL)
			return NULL;
		return s->tx->recipient_count ? NULL : "5.5.1 no valid recipients";
	}
	UNREACHABLE();
}

static enum next obey(struct smtp_session *s, struct str line)
{
	struct command c;
	const enum err err = command_parse(line, &c);
	const char *lack;

	if (c.verb == VERB_UNKNOWN && command_is_foreign(&c))
		inspection_fact(&s->inspection, SCOPE_CONNECTION, FACT_NON_SMTP_COMMAND);
	if (c.verb == VERB_UNKNOWN)
		return refuse(s, 500, "5.5.2 command is not known");
	if (err != ERR_OK && c.verb != VERB_BDAT) /* which knows what a bad count leads to */
		return refuse(s, 501, "5.5.4 syntax error in the argument");
	lack = missing(s, commands[c.verb].need);
	if (lack)
		return refuse(s, 503, lack);
	return commands[c.verb].run(s, &c);
}

enum next dialogue_bare(struct smtp_session *s, struct str line)
{
	inspection_fact(&s->inspection, SCOPE_CONNECTION, FACT_BARE_NEWLINE);
	answer_error(s, 500, "5.5.2 a line ends in CRLF (RFC 5321 2.3.8)");
	/* The chunk behind it would be taken for commands. */
	return str_istarts(line, STR("BDAT")) ? session_close(s, "bdat") : NEXT_AGAIN;
}

enum next dialogue_line(struct smtp_session *s, struct str line)
{
	enum next next;

	s->line = line;
	next = obey(s, line);
	s->line = (struct str){ 0 };
	return next;
}
