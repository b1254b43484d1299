/* What is said to the client.  Every refusal bears the id of its transaction or session, so that
 * whoever is refused can name it to the operator. */
#include "smtp/answer.h"

#include "base/check.h"
#include "base/limits.h"
#include "smtp/record.h"
#include "smtp/session.h"
#include "smtp/throttle.h"

static struct str id_of(const struct smtp_session *s)
{
	return id_str(s->tx ? &s->tx->id : &s->id);
}

static void send(struct smtp_session *s, const struct out *o)
{
	CHECK(!o->full);
	conn_write(s->conn, out_text(o));
}

struct str answer_name(const struct smtp_session *s)
{
	const struct smtp_server_options *o = &s->server->o;
	const struct str name =
		o->conf->greeting == GREETING_BACKEND ? backend_name(o->backend) : o->hostname;

	return name.n ? name : o->hostname;
}

/* text NULL: the greeting line. */
void answer(struct smtp_session *s, unsigned code, const char *text)
{
	char bytes[LIMIT_REPLY_LINE];
	struct out o = OUT(bytes);

	out_u64(&o, code);
	out_char(&o, ' ');
	if (text) {
		out_str(&o, str_z(text));
	} else {
		out_str(&o, answer_name(s));
		out_str(&o, STR(" ESMTP Postern"));
	}
	out_str(&o, STR("\r\n"));
	send(s, &o);
}

static void count_error(struct smtp_session *s)
{
	s->errors++;
	if (s->errors == (unsigned)(s->server->o.conf->errors_max + 1) / 2)
		inspection_fact(&s->inspection, SCOPE_CONNECTION, FACT_MANY_ERRORS);
	throttle_count(s, RATE_ERRORS);
}

static void count(struct smtp_session *s, unsigned code)
{
	struct smtp_counters *c = s->server->o.counters;

	c->refused += code >= 500;
	c->deferred += code >= 400 && code < 500;
}

static void refuse(struct smtp_session *s, unsigned code, struct str text)
{
	char bytes[LIMIT_REPLY_LINE];
	struct out o = OUT(bytes);

	out_u64(&o, code);
	out_char(&o, ' ');
	out_str(&o, str_head(text, sizeof(bytes) - ID_MAX - 16));
	out_str(&o, STR(" ["));
	out_str(&o, id_of(s));
	out_str(&o, STR("]\r\n"));
	send(s, &o);
}

void answer_end(struct smtp_session *s, unsigned code, struct str text)
{
	if (code >= 500)
		count_error(s);
	refuse(s, code, text);
}

void answer_refusal(struct smtp_session *s, unsigned code, struct str text)
{
	count(s, code);
	answer_end(s, code, text);
}

void answer_error(struct smtp_session *s, unsigned code, const char *text)
{
	answer_end(s, code, str_z(text));
	if (code != 421)
		record_error(s, code, str_z(text));
}

static void relay(struct smtp_session *s, const struct reply *reply, const char *enhanced)
{
	char bytes[REPLY_TEXT_MAX * 2], text[REPLY_TEXT_MAX + ID_MAX + 8];
	struct out o = OUT(bytes), with_id = OUT(text);
	struct reply named = *reply;

	if (!reply_positive(reply)) {
		enhanced = named.code >= 500 ? "5.0.0" : "4.0.0";
		out_str(&with_id, reply->text);
		out_str(&with_id, STR(" ["));
		out_str(&with_id, id_of(s));
		out_char(&with_id, ']');
		named.text = out_text(&with_id);
	}
	reply_print(&o, &named, enhanced);
	send(s, &o);
}

/* A backend's 421 is about its own connection: the client's goes on, so it hears 451. */
void answer_part(struct smtp_session *s, const struct reply *reply, const char *enhanced)
{
	struct reply passed = *reply;

	if (passed.code == 421)
		passed.code = 451;
	count(s, passed.code);
	relay(s, &passed, enhanced);
}

void answer_backend(struct smtp_session *s, const struct reply *reply, const char *enhanced)
{
	if (reply->code >= 500)
		count_error(s);
	answer_part(s, reply, enhanced);
}

void answer_command(struct smtp_session *s, const struct reply *reply, const char *enhanced)
{
	if (reply->code >= 500)
		count_error(s);
	relay(s, reply, enhanced);
}

void answer_challenge(struct smtp_session *s, struct str text)
{
	struct str line, rest;

	str_cut(text, '\n', &line, &rest);
	conn_write(s->conn, STR("334 "));
	conn_write(s->conn, line);
	conn_write(s->conn, STR("\r\n"));
}

struct str answer_unavailable(enum err err, struct out *o)
{
	if (err == ERR_FILE)
		out_str(o, STR("4.3.0 this message cannot be read now, try again later"));
	else
		out_printf(o, "4.4.1 mail server behind this gate: %s, try again later",
			   err_text(err));
	return out_text(o);
}
