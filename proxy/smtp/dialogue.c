/* The commands of RFC 5321 4.1, each a row of one table: what must have happened before, and what
 * it does.  The table is the only dispatch. */
#include "smtp/steps.h"

#include "base/check.h"
#include "base/limits.h"
#include "protocol/command.h"
#include "smtp/answer.h"
#include "smtp/pressure.h"
#include "smtp/record.h"
#include "smtp/throttle.h"

typedef enum next command_fn(struct smtp_session *s, const struct command *c);

enum need {
	NEED_NOTHING,
	NEED_NO_MAIL,   /* HELO or EHLO came, and no transaction is open */
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

static enum next do_helo(struct smtp_session *s, const struct command *c)
{
	char line[LIMIT_REPLY_LINE];
	struct out o = OUT(line);

	if (greeting_begin(s, c->verb, c->argument) != ERR_OK)
		return no_memory(s);
	out_str(&o, answer_name(s));
	out_char(&o, '\0');
	return say(s, 250, line);
}

static enum next do_ehlo(struct smtp_session *s, const struct command *c)
{
	if (greeting_begin(s, c->verb, c->argument) != ERR_OK)
		return no_memory(s);
	backend_caps(s->server->o.backend, &s->ops, session_ask_caps(s));
	return session_go(s, SESSION_GREETING);
}

/* RFC 3207 4.2: everything said before is forgotten; bytes sent before the handshake are dropped by
 * conn_start_tls(). */
static enum next do_starttls(struct smtp_session *s, const struct command *c)
{
	(void)c;
	if (s->lane)
		return refuse(s, 503, "5.5.1 STARTTLS comes before AUTH");
	if (!greeting_may_start_tls(s))
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
	case NEED_NO_MAIL:
		if (s->inspection.facts.helo.n == 0)
			return "5.5.1 send EHLO first";
		return s->tx ? "5.5.1 a transaction is open, send RSET first" : NULL;
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
