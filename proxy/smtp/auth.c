/* AUTH (RFC 4954): the exchange is relayed line by line between the client and its lane, a backend connection of its
 * own.  Decided here:
 *   - Whoever is refused, or breaks the exchange off, gives the connection back at once: what strangers can do without
 *     a password holds nothing of the backend.
 *   - Only 235 makes the session authenticated; from then on its mail goes over the lane or not at all.
 *   - Nothing of a response is looked at but the login name, for the log. */
#include "smtp/steps.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/mem.h"
#include "protocol/command.h"
#include "protocol/sasl.h"
#include "smtp/answer.h"
#include "smtp/patience.h"
#include "smtp/record.h"
#include "smtp/talk.h"
#include "smtp/throttle.h"

/* An exchange under way. */
struct auth {
	struct out mechanism, login;
	bool named; /* the first response, which has the name, was seen */
	char mechanism_bytes[SASL_MECHANISM_MAX], login_bytes[LIMIT_LOGIN];
};

static void end_exchange(struct smtp_session *s)
{
	talk_end(s);
	mem_free(s->auth);
	s->auth = NULL;
}

void auth_forget(struct smtp_session *s)
{
	end_exchange(s);
	if (s->lane)
		lane_close(s->lane);
	s->lane = NULL;
}

bool auth_may_log_in(const struct smtp_session *s)
{
	const int auth = s->server->o.conf->auth;

	return auth == AUTH_ALWAYS || (auth == AUTH_TLS && conn_is_secure(s->conn));
}

static void note_name(struct auth *a, struct str response)
{
	if (!a->named)
		sasl_login(out_text(&a->mechanism), response, &a->login);
	a->named = true;
}

static void record(struct smtp_session *s, const struct reply *reply)
{
	record_login(s, out_text(&s->auth->mechanism), out_text(&s->auth->login), reply);
}

/* NULL: nothing is in the way. */
static const char *obstacle(const struct smtp_session *s, struct str mechanism, unsigned *code)
{
	*code = 503;
	if (s->inspection.facts.authenticated)
		return "5.5.1 you have authenticated already";
	if (s->server->o.conf->auth == AUTH_TLS && !conn_is_secure(s->conn) && s->server->o.tls) {
		*code = 538;
		return "5.7.11 authentication needs TLS: must issue a STARTTLS command first";
	}
	*code = 502;
	if (!(s->offered & (1u << CAP_AUTH)))
		return "5.5.1 command is not available here";
	*code = 504;
	if (!sasl_is_listed(s->mechanisms, mechanism))
		return "5.5.4 authentication mechanism is not available here";
	return NULL;
}

static void begin(struct smtp_session *s, struct str mechanism, struct str initial)
{
	struct auth *a = mem_new(sizeof(*a));

	a->mechanism = OUT(a->mechanism_bytes);
	a->login = OUT(a->login_bytes);
	out_str(&a->mechanism, mechanism);
	s->auth = a;
	s->lane = backend_lane(s->server->o.backend, &s->poke);
	/* RFC 4954 4: "=" is an empty response. */
	if (initial.n)
		note_name(a, str_eq(initial, STR("=")) ? STR("") : initial);
}

/* Whoever guesses passwords is sent away: no backend is asked, and a program that has the right one does not take the
 * refusal for one of its password. */
static enum next guesses(struct smtp_session *s, struct out *why)
{
	out_char(why, '\0');
	answer_error(s, 421, why->p);
	return session_close(s, "limit");
}

enum next auth_begin(struct smtp_session *s, struct str argument)
{
	struct str mechanism, initial;
	char text[THROTTLE_TEXT];
	struct out excess = OUT(text);
	const char *why;
	unsigned code;

	str_cut(argument, ' ', &mechanism, &initial);
	why = obstacle(s, mechanism, &code);
	if (!why && initial.n && !str_eq(initial, STR("=")) && !base64_ok(initial)) {
		code = 501;
		why = "5.5.2 the initial response is not base64";
	}
	if (why) {
		answer_error(s, code, why);
		return NEXT_AGAIN;
	}
	if (!throttle_has_room(s, RATE_LOGINS, &excess))
		return guesses(s, &excess);
	begin(s, mechanism, initial);
	talk_say(s, STR("AUTH "), argument);
	return session_go(s, SESSION_AUTHENTICATING);
}

/* ---- what the backend says ---- */

static void accept(struct smtp_session *s, const struct reply *reply)
{
	const struct str login = out_text(&s->auth->login);

	record(s, reply);
	s->server->o.counters->logins++;
	if (login.n)
		s->login = arena_str(inspection_arena(&s->inspection, SCOPE_CONNECTION), login);
	inspection_authenticated(&s->inspection, login.n ? s->login : login);
	end_exchange(s);
	answer_command(s, reply, "2.7.0");
}

static void turn_down(struct smtp_session *s, const struct reply *reply)
{
	record(s, reply);
	if (reply->code >= 500) {
		throttle_count(s, RATE_LOGINS);
		s->server->o.counters->logins_refused++;
	}
	auth_forget(s);
	answer_command(s, reply, "4.7.0");
}

/* RFC 4954 6: 454. */
static void not_now(struct smtp_session *s, enum err err)
{
	char bytes[128];
	struct out text = OUT(bytes);
	struct reply reply = { .code = 454 };

	out_printf(&text, "4.7.0 temporary authentication failure: %s, try again later",
		   err_text(err));
	reply.text = out_text(&text);
	turn_down(s, &reply);
}

enum next auth_answered(struct smtp_session *s)
{
	const struct reply *reply = &s->result.reply;

	if (s->result.err == ERR_OK && reply->code == 334) {
		answer_challenge(s, reply->text);
		session_go(s, SESSION_RESPONSE);
		patience_within(s, LIMIT_AUTH_RESPONSE_MS);
		return NEXT_AGAIN;
	}
	if (s->result.err != ERR_OK)
		not_now(s, s->result.err);
	else if (reply->code == 235)
		accept(s, reply);
	else if (reply_positive(reply))
		not_now(s, ERR_PROTOCOL);
	else
		turn_down(s, reply);
	return session_go(s, SESSION_COMMAND);
}

/* ---- what the client says to a challenge ---- */

static enum next break_off(struct smtp_session *s, unsigned code, const char *text)
{
	auth_forget(s);
	answer_error(s, code, text);
	return session_go(s, SESSION_COMMAND);
}

static enum next respond(struct smtp_session *s, struct str line)
{
	/* RFC 4954 4: "*" breaks it off, and the backend says the word on that. */
	if (!str_eq(line, STR("*")) && !base64_ok(line))
		return break_off(s, 501, "5.5.2 the response is not base64");
	note_name(s->auth, line);
	talk_say(s, line, STR(""));
	return session_go(s, SESSION_AUTHENTICATING);
}

static enum next too_long(struct smtp_session *s, bool whole)
{
	auth_forget(s);
	if (!whole)
		return session_go(s, SESSION_SKIPPING);
	return break_off(s, 500, "5.5.6 the response is too long");
}

/* By the backend, or to somebody who was quicker. */
static enum next lost(struct smtp_session *s)
{
	const struct reply reply = {
		.code = 421,
		.text = STR_INIT("4.7.0 the mail server behind this gate waits for your response "
				 "no longer, closing connection"),
	};

	record(s, &reply);
	answer_error(s, reply.code, reply.text.p);
	return session_close(s, "backend");
}

enum next auth_respond(struct smtp_session *s)
{
	const struct str input = conn_input(s->conn);
	const enum bare_newline bare = (enum bare_newline)s->server->o.conf->bare_newline;
	struct str line;
	size_t used;
	enum next next;

	if (lane_is_lost(s->lane))
		return lost(s);
	switch (command_line(input, LIMIT_AUTH_LINE, bare, &line, &used)) {
	case LINE_NONE:
		return s->peer == PEER_GONE ? session_close(s, "client") : NEXT_WAIT;
	case LINE_WHOLE:
		next = respond(s, line);
		break;
	case LINE_BARE:
		next = break_off(s, 500, "5.5.2 a line ends in CRLF (RFC 5321 2.3.8)");
		break;
	case LINE_TOO_LONG:
		next = too_long(s, input.p[used - 1] == '\n');
		break;
	default:
		UNREACHABLE();
	}
	conn_consume(s->conn, used);
	return next;
}
