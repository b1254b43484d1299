#include "smtp/session.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "protocol/command.h"
#include "smtp/answer.h"
#include "smtp/patience.h"
#include "smtp/pressure.h"
#include "smtp/record.h"
#include "smtp/steps.h"
#include "smtp/throttle.h"

typedef enum next step_fn(struct smtp_session *s);

#define X(ID, STEP, EXITS, WAITS) static step_fn STEP;
SESSION_STATES(X)
#undef X

static const struct {
	const char *name, *waits_for;
	step_fn *step;
	unsigned exits; /* bit set of enum session_state */
} states[SESSION_STATE_COUNT] = {
#define TO(ID) (1u << SESSION_##ID)
#define X(ID, STEP, EXITS, WAITS)                                                                  \
	[SESSION_##ID] = { .name = #ID, .waits_for = (WAITS), .step = (STEP), .exits = (EXITS) },
	SESSION_STATES(X)
#undef X
#undef TO
};
static_assert(SESSION_STATE_COUNT <= 32, "exits is a set of 32 bits");

/* Input is consumed as it comes. */
static bool streams(enum session_state state)
{
	return state == SESSION_MESSAGE || state == SESSION_CHUNK;
}

enum next session_go(struct smtp_session *s, enum session_state to)
{
	/* Every state may close; the table lists the rest. */
	CHECK(to == SESSION_CLOSING ? s->state != SESSION_CLOSING
				    : (states[s->state].exits & (1u << to)) != 0);
	s->state = to;
	if (to == SESSION_CLOSING)
		return NEXT_AGAIN;
	conn_limit_input(s->conn, streams(to) ? CONN_STREAM_MAX : CONN_INPUT_MAX);
	patience_client(s);
	return NEXT_AGAIN;
}

enum next session_close(struct smtp_session *s, const char *why)
{
	record_disconnect(s, why);
	return session_go(s, SESSION_CLOSING);
}

struct arena *session_arena(struct smtp_session *s)
{
	return inspection_arena(&s->inspection, SCOPE_TRANSACTION);
}

struct delivery_sender session_sender(const struct smtp_session *s, const struct id *id)
{
	const struct filter_facts *f = &s->inspection.facts;

	return (struct delivery_sender){
		.client_ip = s->client_ip,
		.client_port = s->client_port,
		.local_ip = s->local_ip,
		.local_port = s->local_port,
		.login = s->login,
		.client_name = inspection_client_name(&s->inspection),
		.helo = f->helo,
		.esmtp = f->esmtp,
		.id = id_str(id),
		.lane = s->lane,
	};
}

/* ---- waiting ---- */

/* Replies that the client does not take are not added to: the memory would be ours.  Whoever has closed its
 * half of the connection is never heard of again, but can have left little. */
static bool is_deaf(const struct smtp_session *s)
{
	const size_t unsent = conn_unsent(s->conn);

	return unsent >= (s->peer == PEER_THERE ? CONN_DRAIN_MARK : LIMIT_UNREAD_REPLIES);
}

/* Also while the client is silent: lookups that follow from lookups do not wait for RCPT. */
static void on_poke(struct wake *w, void *arg)
{
	struct smtp_session *s = arg;

	(void)w;
	inspection_turn(&s->inspection);
	session_wake(s);
}

static void result_ready(struct smtp_session *s, enum err err)
{
	s->result.at = RESULT_READY;
	s->result.err = err;
	session_wake(s);
}

/* Copied, for the reply's text ends with done().  Not into the transaction's memory: a recipient whom the
 * backend has accepted must not be told otherwise for want of it. */
static void reply_done(struct op *op, enum err err, const void *result)
{
	struct smtp_session *s = op->arg;

	if (err == ERR_OK) {
		const struct reply *reply = result;

		mem_free(s->reply_text);
		s->reply_text = mem_strdup(reply->text);
		s->result.reply = (struct reply){
			.code = reply->code,
			.text = { .p = s->reply_text, .n = reply->text.n },
		};
	}
	result_ready(s, err);
}

static void caps_done(struct op *op, enum err err, const void *result)
{
	struct smtp_session *s = op->arg;

	CHECK(!s->running); /* so the step that takes it runs before this returns */
	s->result.caps = err == ERR_OK ? result : NULL;
	result_ready(s, err);
}

static struct op *ask(struct smtp_session *s, const char *label, op_done_fn *done)
{
	s->op = (struct op){ .label = label, .done = done, .arg = s };
	s->result = (struct session_result){ .at = RESULT_PENDING };
	return &s->op;
}

struct op *session_ask(struct smtp_session *s, const char *label)
{
	return ask(s, label, reply_done);
}

struct op *session_ask_caps(struct smtp_session *s)
{
	return ask(s, "backend capabilities", caps_done);
}

/* ---- steps ---- */

static enum next step_proxy(struct smtp_session *s)
{
	return front_header(s);
}

static enum next step_connected(struct smtp_session *s)
{
	return opening_connected(s);
}

static enum next step_pregreet(struct smtp_session *s)
{
	return opening_pregreet(s);
}

static enum next step_starting_tls(struct smtp_session *s)
{
	return opening_starting_tls(s);
}

static enum next step_handshake(struct smtp_session *s)
{
	return opening_handshake(s);
}

static enum next too_long(struct smtp_session *s, struct str input, size_t used)
{
	const bool whole = input.p[used - 1] == '\n';

	conn_consume(s->conn, used);
	if (!whole)
		return session_go(s, SESSION_SKIPPING);
	answer_error(s, 500, "5.5.2 line too long");
	return NEXT_AGAIN;
}

/* NEXT_AGAIN: it is over, the reason was said. */
static enum next stop(struct smtp_session *s)
{
	char text[THROTTLE_TEXT];
	struct out why = OUT(text);

	if (patience_is_over(s))
		return session_close(s, "client");
	if (s->server->draining && !s->tx) {
		answer_error(s, 421, "4.3.2 shutting down, closing connection");
		return session_close(s, "shutdown");
	}
	if (s->errors && !throttle_has_room(s, RATE_ERRORS, &why)) {
		out_char(&why, '\0');
		answer_error(s, 421, text);
		return session_close(s, "limit");
	}
	if (s->lane && lane_is_lost(s->lane)) {
		answer_error(
			s, 421,
			"4.3.0 your login at the mail server behind this gate was lost, closing");
		return session_close(s, "backend");
	}
	if (s->errors >= (unsigned)s->server->o.conf->errors_max) {
		answer_error(s, 421, "4.7.0 too many errors, closing connection");
		return session_close(s, "errors");
	}
	if (s->idle_commands > LIMIT_IDLE_COMMANDS) {
		answer_error(s, 421, "4.7.0 too many commands without a message, closing");
		return session_close(s, "idle-commands");
	}
	return NEXT_WAIT;
}

/* EHLO, DATA and STARTTLS are the last of their group (RFC 2920 3.1): nothing may stand behind them. */
static bool must_wait_for_reply(const struct smtp_session *s)
{
	return s->state == SESSION_GREETING || s->state == SESSION_MESSAGE ||
	       s->state == SESSION_STARTING_TLS;
}

static enum next obey_input(struct smtp_session *s)
{
	const struct str input = conn_input(s->conn);
	enum line_state got;
	struct str line;
	size_t used;
	enum next next = NEXT_AGAIN;

	got = is_deaf(s) ? LINE_NONE
			 : command_line(input, command_limit(input),
					(enum bare_newline)s->server->o.conf->bare_newline, &line,
					&used);
	if (got == LINE_NONE)
		return s->peer == PEER_GONE ? session_close(s, "client") : NEXT_WAIT;
	patience_client(s);
	duplicate_said(s, used);
	if (got == LINE_TOO_LONG)
		return too_long(s, input, used);
	if (got == LINE_WHOLE) {
		s->idle_commands++;
		next = dialogue_line(s, line);
	} else {
		next = dialogue_bare(s, line);
	}
	conn_consume(s->conn, used);
	if (must_wait_for_reply(s) && conn_input(s->conn).n)
		inspection_fact(&s->inspection, SCOPE_CONNECTION, FACT_EARLY_PIPELINING);
	return next;
}

/* Who has earned errors waits for each reply; not while others need the room. */
static bool must_sit(const struct smtp_session *s)
{
	const struct str input = conn_input(s->conn);

	return s->errors >= LIMIT_TARPIT_ERRORS && s->server->o.conf->tarpit_ms &&
	       s->peer == PEER_THERE && !s->server->draining && !pressure_is_on(s->server) &&
	       input.n && memchr(input.p, '\n', input.n);
}

static enum next step_command(struct smtp_session *s)
{
	if (stop(s) == NEXT_AGAIN)
		return NEXT_AGAIN;
	if (!must_sit(s))
		return obey_input(s);
	session_go(s, SESSION_TARPIT);
	patience_until(s, s->server->o.conf->tarpit_ms);
	return NEXT_AGAIN;
}

static enum next step_tarpit(struct smtp_session *s)
{
	if (must_sit(s) && loop_now_ms(s->server->o.loop) < s->deadline_ms)
		return NEXT_WAIT;
	session_go(s, SESSION_COMMAND);
	return obey_input(s);
}

static enum next step_skipping(struct smtp_session *s)
{
	const struct str input = conn_input(s->conn);
	const char *lf = input.n ? memchr(input.p, '\n', input.n) : NULL;

	conn_consume(s->conn, lf ? (size_t)(lf - input.p) + 1 : input.n);
	if (lf) {
		answer_error(s, 500, "5.5.2 line too long");
		return session_go(s, SESSION_COMMAND);
	}
	if (s->peer == PEER_GONE)
		return session_close(s, "client");
	return NEXT_WAIT;
}

static bool take_result(struct smtp_session *s)
{
	if (s->result.at != RESULT_READY)
		return false;
	s->result.at = RESULT_NONE;
	return true;
}

static enum next step_greeting(struct smtp_session *s)
{
	return take_result(s) ? greeting_offer(s) : NEXT_WAIT;
}

static enum next step_authenticating(struct smtp_session *s)
{
	return take_result(s) ? auth_answered(s) : NEXT_WAIT;
}

static enum next step_response(struct smtp_session *s)
{
	return auth_respond(s);
}

static enum next step_turning(struct smtp_session *s)
{
	return take_result(s) ? etrn_answered(s) : NEXT_WAIT;
}

static enum next step_judging_rcpt(struct smtp_session *s)
{
	return transaction_judge_rcpt(s);
}

static enum next step_asking(struct smtp_session *s)
{
	return take_result(s) ? transaction_asked(s) : NEXT_WAIT;
}

static enum next step_message(struct smtp_session *s)
{
	const enum next next = message_receive(s);

	if (s->state != SESSION_MESSAGE)
		return next;
	if (s->peer == PEER_GONE)
		return session_close(s, "client");
	patience_message(s);
	return NEXT_WAIT;
}

/* What is refused and only read to its end buys no time. */
static enum next step_chunk(struct smtp_session *s)
{
	const enum next next = chunk_receive(s);

	if (s->state != SESSION_CHUNK)
		return next;
	if (s->peer == PEER_GONE)
		return session_close(s, "client");
	if (!s->chunk.refusal)
		patience_message(s);
	return NEXT_WAIT;
}

static enum next step_judging_end(struct smtp_session *s)
{
	return message_judge(s);
}

static enum next step_replaying(struct smtp_session *s)
{
	return take_result(s) ? message_replayed(s) : NEXT_WAIT;
}

static enum next step_closing(struct smtp_session *s)
{
	ops_cancel_all(&s->ops);
	wake_set(&s->reap);
	return NEXT_WAIT;
}

/* ---- life ---- */

void session_wake(struct smtp_session *s)
{
	s->again = true;
	if (s->running)
		return;
	s->running = true;
	while (s->again) {
		s->again = false;
		while (states[s->state].step(s) == NEXT_AGAIN)
			;
	}
	s->running = false;
}

static void on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct smtp_session *s = arg;

	(void)c;
	if (event == CONN_CLOSED)
		patience_gone(s);
	if (event == CONN_CLOSED && s->state == SESSION_REPLAYING)
		duplicate_fly(s);
	if (event == CONN_DRAINED && s->state == SESSION_COMMAND)
		patience_client(s); /* it has listened: the next line is its turn */
	session_wake(s);
}

static void release(struct smtp_session *s)
{
	transaction_end(s);
	duplicate_heard(s);
	ops_cancel_all(&s->ops);
	throttle_leave(s);
	auth_forget(s);
	inspection_close(&s->inspection);
	timer_stop(&s->timer);
	wake_clear(&s->poke);
	wake_clear(&s->reap);
	conn_close(s->conn);
	mem_free(s->reply_text);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	s->server->session_count--;
	s->server->o.counters->ended++;
	pressure_count(s->server);
	mem_free(s);
}

/* Who may not have heard us yet is waited for a little. */
static void on_reap(struct wake *w, void *arg)
{
	struct smtp_session *s = arg;

	(void)w;
	transaction_end(s);
	if (duplicate_part(s))
		release(s);
	else
		timer_start(&s->timer, LIMIT_DUPLICATE_RECEIPT_LOOK_MS);
}

void session_open(struct smtp_server *server, int fd, const struct session_ends *ends)
{
	struct smtp_session *s = mem_new(sizeof(*s));
	struct loop *loop = server->o.loop;

	s->server = server;
	s->id = id_session(loop_unix_ms(loop), server->o.worker);
	s->client_ip = ends->client;
	s->client_port = ends->client_port;
	s->local_ip = ends->local;
	s->local_port = ends->local_port;
	s->may_xclient = ip_nets_have(&server->xclient_from, &ends->client);
	s->state = ip_nets_have(&server->proxy_from, &ends->client) ? SESSION_PROXY
								    : SESSION_CONNECTED;
	timer_init(&s->timer, loop, patience_timer, s);
	wake_init(&s->poke, loop, on_poke, s);
	wake_init(&s->reap, loop, on_reap, s);
	inspection_open(&s->inspection, &server->inspection, s);
	s->conn = conn_accept(loop, fd, on_conn, s);
	s->next = server->sessions;
	s->link = &server->sessions;
	if (s->next)
		s->next->link = &s->next;
	server->sessions = s;
	server->session_count++;
	pressure_count(server);
	session_wake(s);
}

void session_end(struct smtp_session *s)
{
	release(s);
}
