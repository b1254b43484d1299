/* upstream.c - decided here:
 *   - A server that speaks out of turn is out of step, and no later reply of it can be believed:
 *     the connection is closed.  So a 250 can only be the answer to what was asked.
 *   - tls = optional falls back to the clear on a new connection, not on the one whose handshake broke.
 *   - A 4xx to EHLO is not an invitation to try HELO (RFC 5321 3.2: only when EHLO is not known). */
#include "delivery/upstream.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "delivery/as_client.h"
#include "delivery/pool.h"

typedef void step_fn(struct upstream *u, const struct reply *reply);
static step_fn on_early, on_greeting, on_ehlo, on_helo, on_starttls, on_user, on_reset, on_quit;

static const struct TABLE_ROW {
	step_fn *step;
	unsigned exits;
	const char *waits_for;
} states[UPSTREAM_STATE_COUNT] = {
#define TO(ID) (1u << UPSTREAM_##ID)
#define X(ID, STEP, EXITS, WAITS_FOR)                                                              \
	[UPSTREAM_##ID] = { .step = (STEP), .exits = (EXITS), .waits_for = (WAITS_FOR) },
	UPSTREAM_STATES(X)
#undef X
};

static void go(struct upstream *u, enum upstream_state to)
{
	CHECK(to == UPSTREAM_CLOSED || (states[u->state].exits & (1u << to)));
	u->state = to;
}

void upstream_wait(struct upstream *u, enum upstream_state state, int64_t deadline_ms)
{
	if (u->state == UPSTREAM_READY && state != UPSTREAM_READY)
		pool_leaves(u->pool, u);
	go(u, state);
	u->more_ms = 0;
	timer_start(&u->timer, deadline_ms);
}

/* A server may take minutes to greet (RFC 5321 4.5.3.2.1), but nobody waits for it longer than for a connection:
 * by then the pool tries another one. */
static void wait_for_service(struct upstream *u, enum upstream_state state)
{
	const int64_t patience = upstream_patience(u, LIMIT_BACKEND_GREETING_MS);
	const int64_t soon = u->pool->conf->connect_timeout_ms;
	const bool hurry = u->counted && soon < patience;

	upstream_wait(u, state, hurry ? soon : patience);
	u->more_ms = hurry ? patience - soon : 0;
}

void upstream_hurry(struct upstream *u)
{
	if (u->state == UPSTREAM_HELD)
		timer_start(&u->timer, LIMIT_LEASE_WANTED_MS);
}

void upstream_write(struct upstream *u, struct str bytes)
{
	conn_write(u->conn, bytes);
}

bool upstream_in_step(const struct upstream *u)
{
	return u->skip || (u->reader.lines == 0 && conn_input(u->conn).n == 0);
}

static void shut(struct upstream *u)
{
	timer_stop(&u->timer);
	conn_close(u->conn);
	u->conn = NULL;
	go(u, UPSTREAM_CLOSED);
}

void upstream_close(struct upstream *u)
{
	const enum upstream_state was = u->state;

	CHECK(was != UPSTREAM_CLOSED);
	u->fn = NULL;
	shut(u);
	pool_gone(u->pool, u, was, ERR_OK);
}

static void log_failure(const struct upstream *u, enum err err, const char *detail)
{
	struct log_line l;

	log_begin(&l, err == ERR_FILE ? "spool_failed" : "backend_failed", STR("-"));
	log_z(&l, "server", u->server->name);
	log_z(&l, "waiting_for", states[u->state].waits_for);
	log_z(&l, "error", err_word(err));
	if (detail && detail[0])
		log_z(&l, "detail", detail);
	log_end(&l);
}

/* The peer's own end is no failure while nobody uses the connection. */
static bool at_rest(enum upstream_state state)
{
	return state == UPSTREAM_READY || state == UPSTREAM_QUIT || state == UPSTREAM_RESET ||
	       state == UPSTREAM_HELD;
}

static void fail(struct upstream *u, enum err err, const char *detail)
{
	const struct upstream_news news = { .event = UPSTREAM_GONE, .err = err };
	const enum upstream_state was = u->state;
	upstream_fn *fn = u->fn;

	if (!at_rest(was) || err != ERR_CLOSED)
		log_failure(u, err, detail);
	u->fn = NULL;
	shut(u);
	pool_gone(u->pool, u, was, err);
	if (fn)
		fn(u, &news, u->arg);
}

static void tell(struct upstream *u, enum upstream_event event, const struct reply *reply)
{
	const struct upstream_news news = { .event = event, .reply = reply };

	CHECK(u->fn != NULL);
	u->fn(u, &news, u->arg);
}

void upstream_withdraw(struct upstream *u)
{
	CHECK(u->state == UPSTREAM_CHALLENGED);
	tell(u, UPSTREAM_LEASE, NULL);
}

/* The first line of a reply, for the log. */
static void fail_reply(struct upstream *u, enum err err, const struct reply *reply)
{
	char bytes[256];
	struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };
	struct str line, rest;

	str_cut(reply->text, '\n', &line, &rest);
	out_u64(&o, reply->code);
	out_char(&o, ' ');
	out_str(&o, str_head(line, 240));
	bytes[o.n] = '\0';
	fail(u, err, bytes);
}

int64_t upstream_patience(const struct upstream *u, int64_t limit_ms)
{
	const int64_t conf_ms = u->pool->conf->reply_timeout_ms;

	return conf_ms > 0 && conf_ms < limit_ms ? conf_ms : limit_ms;
}

/* A server slows down, and later throws out, who makes many errors without a message.  On a shared
 * connection the next client would pay for what the last ones asked; on a lane its client does. */
static void ready(struct upstream *u)
{
	go(u, UPSTREAM_READY);
	if (u->lane) {
		timer_start(&u->timer, LIMIT_LANE_QUIET_MS);
		pool_rests(u->pool, u);
		return;
	}
	if (u->strain >= LIMIT_BACKEND_STRAIN) {
		upstream_quit(u);
		return;
	}
	/* One client's connection waits for that client's next message only. */
	timer_start(&u->timer, u->client ? LIMIT_LEASE_MS : u->pool->conf->idle_ms);
	pool_rests(u->pool, u);
}

static void ready_first(struct upstream *u)
{
	pool_ready(u->pool, u);
	ready(u);
}

static void say(struct upstream *u, enum upstream_state next, struct str verb)
{
	upstream_write(u, verb);
	if (next != UPSTREAM_STARTTLS)
		upstream_write(u, u->pool->hostname);
	upstream_write(u, STR("\r\n"));
	wait_for_service(u, next);
}

static void say_ehlo(struct upstream *u)
{
	const bool lmtp = u->pool->conf->protocol == BACKEND_LMTP;

	say(u, UPSTREAM_EHLO, lmtp ? STR("LHLO ") : STR("EHLO "));
}

static int tls_mode(const struct upstream *u)
{
	return u->clear ? BACKEND_TLS_NONE : u->pool->conf->tls;
}

static void start_tls(struct upstream *u)
{
	conn_start_tls(u->conn, u->pool->tls, u->server->host);
	upstream_wait(u, UPSTREAM_HANDSHAKE, u->pool->conf->connect_timeout_ms);
}

/* A reply to nothing.  421 is how a server says goodbye (RFC 5321 3.8). */
static void on_early(struct upstream *u, const struct reply *reply)
{
	fail_reply(u, reply->code == 421 ? ERR_CLOSED : ERR_PROTOCOL, reply);
}

static void on_greeting(struct upstream *u, const struct reply *reply)
{
	if (reply->code == 220)
		say_ehlo(u);
	else
		fail_reply(u, ERR_REFUSED, reply);
}

/* Done with EHLO or HELO; is it safe enough? */
static void introduced(struct upstream *u)
{
	const int tls = tls_mode(u);

	if (conn_is_secure(u->conn) || tls == BACKEND_TLS_NONE) {
		ready_first(u);
	} else if (u->state == UPSTREAM_EHLO && caps_has(&u->caps, CAP_STARTTLS)) {
		say(u, UPSTREAM_STARTTLS, STR("STARTTLS"));
	} else if (tls == BACKEND_TLS_OPTIONAL) {
		ready_first(u);
	} else {
		fail(u, ERR_TLS, "STARTTLS is not offered, tls = required");
	}
}

static void on_ehlo(struct upstream *u, const struct reply *reply)
{
	const bool lmtp = u->pool->conf->protocol == BACKEND_LMTP;

	if (reply->code / 100 == 5 && !lmtp) {
		say(u, UPSTREAM_HELO, STR("HELO "));
	} else if (reply->code / 100 != 2) {
		fail_reply(u, ERR_REFUSED, reply);
	} else {
		u->caps = caps_parse(reply->text);
		if (!conn_is_secure(u->conn) || !u->pool->verifies)
			caps_unproven(&u->caps);
		introduced(u);
	}
}

static void on_helo(struct upstream *u, const struct reply *reply)
{
	if (reply->code / 100 != 2) {
		fail_reply(u, ERR_REFUSED, reply);
		return;
	}
	u->caps = caps_parse_helo(reply->text);
	introduced(u);
}

/* RFC 3207 4: 220 and nothing behind it, or somebody put plain text into the TLS session. */
static void on_starttls(struct upstream *u, const struct reply *reply)
{
	if (reply->code == 220 && upstream_in_step(u)) {
		start_tls(u);
	} else if (reply->code == 220) {
		fail(u, ERR_PROTOCOL, "bytes behind the reply to STARTTLS");
	} else if (tls_mode(u) == BACKEND_TLS_OPTIONAL && reply->code != 421) {
		log_note("backend_clear", u->server->name, "STARTTLS is offered and refused");
		ready_first(u);
	} else {
		fail_reply(u, ERR_TLS, reply);
	}
}

static void on_user(struct upstream *u, const struct reply *reply)
{
	if (reply->code >= 400)
		u->strain++;
	else if (u->state == UPSTREAM_END)
		u->strain = 0;
	tell(u, UPSTREAM_REPLY, reply);
}

static void on_reset(struct upstream *u, const struct reply *reply)
{
	if (reply->code / 100 == 2)
		ready(u);
	else
		on_early(u, reply);
}

static void on_quit(struct upstream *u, const struct reply *reply)
{
	(void)reply;
	upstream_close(u);
}

static void on_input(struct upstream *u)
{
	while (u->state != UPSTREAM_CLOSED) {
		struct reply reply;
		size_t used;
		const enum err err = reply_read(&u->reader, conn_input(u->conn), &used, &reply);

		conn_consume(u->conn, used);
		if (err == ERR_NOTFOUND)
			return;
		if (err != ERR_OK)
			fail(u, err, "this is no SMTP reply");
		else if (u->skip && reply.code != 421)
			u->skip--;
		else if (u->skip)
			on_early(u, &reply);
		else
			states[u->state].step(u, &reply);
	}
}

static void on_opened(struct upstream *u)
{
	if (tls_mode(u) == BACKEND_TLS_IMPLICIT)
		start_tls(u);
	else
		wait_for_service(u, UPSTREAM_GREETING);
}

static void on_secured(struct upstream *u)
{
	if (u->pool->conf->tls == BACKEND_TLS_IMPLICIT)
		wait_for_service(u, UPSTREAM_GREETING);
	else
		say_ehlo(u); /* RFC 3207 4.2: what was learnt before TLS is forgotten */
}

static void on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct upstream *u = arg;

	switch (event) {
	case CONN_OPENED:
		on_opened(u);
		break;
	case CONN_SECURED:
		on_secured(u);
		break;
	case CONN_INPUT:
		if (u->state != UPSTREAM_HANDSHAKE)
			on_input(u);
		break;
	case CONN_DRAINED:
		if (u->state == UPSTREAM_BODY)
			tell(u, UPSTREAM_DRAINED, NULL);
		break;
	case CONN_CLOSED:
		fail(u, conn_error(c), conn_error_text(c));
		break;
	}
}

static void on_timer(struct timer *t, void *arg)
{
	struct upstream *u = arg;

	if (u->more_ms) {
		timer_start(t, u->more_ms);
		u->more_ms = 0;
		pool_late(u->pool, u);
		return;
	}
	if (u->state == UPSTREAM_READY && u->lane)
		upstream_reset(u, 0); /* so that the server does not take it for idle */
	else if (u->state == UPSTREAM_READY)
		upstream_quit(u);
	else if (u->state == UPSTREAM_HELD || u->state == UPSTREAM_CHALLENGED)
		tell(u, UPSTREAM_LEASE, NULL);
	else if (u->state == UPSTREAM_QUIT)
		upstream_close(u);
	else
		fail(u, ERR_TIMEOUT, NULL);
}

/* The client's address and the server's are of two families: it is told nothing, and takes the client for us. */
static void log_own_address(const struct upstream *u, const struct delivery_sender *sender)
{
	struct log_line l;

	log_begin(&l, "backend_odd", sender->id);
	log_z(&l, "server", u->server->name);
	log_z(&l, "what", "no address of the client's family leads there: it sees ours");
	log_end(&l);
}

static void begin(struct upstream *u, const struct delivery_sender *sender)
{
	const struct conf_backend *conf = u->pool->conf;
	const struct endpoint *to = &u->server->to;
	const struct ip *source = as_client_source(conf, to, sender);
	char bytes[AS_CLIENT_HEADER_MAX], key[AS_CLIENT_KEY_MAX];
	struct out header = OUT(bytes), o = OUT(key);

	if (sender && conf->identity == IDENTITY_TRANSPARENT && !source)
		log_own_address(u, sender);
	u->conn = conn_connect(u->pool->loop, to, source, on_conn, u);
	if (!as_client(conf))
		return;
	u->client = mem_strdup(as_client_key(&o, conf, sender));
	as_client_header(&header, conf, sender);
	CHECK(!header.full && !o.full);
	conn_write(u->conn, out_text(&header));
}

struct upstream *upstream_new(struct pool *pool, struct server *server,
			      const struct delivery_sender *sender)
{
	struct upstream *u = mem_new(sizeof(*u));

	u->pool = pool;
	u->server = server;
	u->state = UPSTREAM_CONNECTING;
	u->clear = pool->conf->tls == BACKEND_TLS_OPTIONAL &&
		   loop_now_ms(pool->loop) < server->no_tls_until_ms;
	reply_reader_init(&u->reader);
	timer_init(&u->timer, pool->loop, on_timer, u);
	timer_start(&u->timer, pool->conf->connect_timeout_ms);
	begin(u, sender);
	return u;
}

void upstream_free(struct upstream *u)
{
	CHECK(u->state == UPSTREAM_CLOSED);
	mem_free(u->client);
	mem_free(u);
}

void upstream_take(struct upstream *u, upstream_fn *fn, void *arg)
{
	CHECK(u->state == UPSTREAM_READY && u->fn == NULL);
	u->fn = fn;
	u->arg = arg;
}

void upstream_release(struct upstream *u)
{
	u->fn = NULL;
	ready(u);
}

void upstream_reset(struct upstream *u, unsigned unanswered)
{
	u->fn = NULL;
	u->strain++;
	u->skip += unanswered;
	upstream_write(u, STR("RSET\r\n"));
	upstream_wait(u, UPSTREAM_RESET, LIMIT_BACKEND_QUIT_MS);
}

void upstream_quit(struct upstream *u)
{
	upstream_write(u, STR("QUIT\r\n"));
	upstream_wait(u, UPSTREAM_QUIT, LIMIT_BACKEND_QUIT_MS);
}
