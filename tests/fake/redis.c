#include "fake/redis.h"

#include "base/check.h"
#include "base/mem.h"
#include "redis/redis_script.h"

struct session {
	struct fake_redis_world *world;
	struct fake_redis *server;
	struct fake_peer *peer;
	struct redis_reader reader;
	bool in;     /* has logged in */
	bool closed; /* by whichever side */
};

struct later {
	struct session *session;
	struct fake_post *post;
	struct later *next;
	size_t n;
	char bytes[];
};

struct fake_redis_world {
	struct loop *loop;
	struct fake_redis servers[FAKE_REDIS_SERVERS];
	unsigned server_count;
	struct session sessions[FAKE_REDIS_PEERS];
	unsigned session_count;
	struct later *later;
};

/* ---- answers, perhaps late ---- */

static void send_now(struct session *s, struct str bytes)
{
	if (!s->closed && !fake_is_closed(s->peer) && !s->server->silent)
		fake_send(s->peer, bytes);
}

static void send_later(void *arg)
{
	struct later *l = arg, **link = &l->session->world->later;

	while (*link != l)
		link = &(*link)->next;
	*link = l->next;
	send_now(l->session, (struct str){ .p = l->bytes, .n = l->n });
	mem_free(l);
}

static void answer(struct session *s, struct str bytes)
{
	struct later *l;

	if (s->server->delay_ms == 0) {
		send_now(s, bytes);
		return;
	}
	l = mem_new(sizeof(*l) + bytes.n);
	l->session = s;
	l->n = bytes.n;
	memcpy(l->bytes, bytes.p, bytes.n);
	l->next = s->world->later;
	s->world->later = l;
	l->post = fake_post(s->world->loop, s->server->delay_ms, send_later, l);
}

static void answer_line(struct session *s, char kind, const char *text)
{
	char bytes[1024];
	struct out o = OUT(bytes);

	out_printf(&o, "%c%s\r\n", kind, text);
	answer(s, out_text(&o));
}

/* ---- commands ---- */

static struct str word(const struct redis_value *command, size_t n)
{
	return n < command->count ? command->items[n].text : (struct str){ 0 };
}

static bool is(const struct redis_value *command, size_t n, const char *text)
{
	return str_eq(word(command, n), str_z(text));
}

static bool knows(const struct fake_redis *s, struct str digest)
{
	for (unsigned i = 0; i < s->script_count; i++) {
		if (str_eq(digest, (struct str){ .p = s->scripts[i], .n = 40 }))
			return true;
	}
	return false;
}

static void learn(struct fake_redis *s, struct str text)
{
	const struct redis_script script = redis_script(text);

	if (knows(s, redis_script_digest(&script)))
		return;
	CHECK(s->script_count < COUNTOF(s->scripts));
	memcpy(s->scripts[s->script_count++], script.digest, 40);
}

static void on_auth(struct session *s, const struct redis_value *c)
{
	const struct fake_redis *server = s->server;
	const char *user = server->user ? server->user : "default";
	const struct str said = c->count == 3 ? word(c, 1) : STR("default");

	if (server->auth_error) {
		answer_line(s, '-', server->auth_error);
	} else if (server->pass && str_eq(said, str_z(user)) && is(c, c->count - 1, server->pass)) {
		s->in = true;
		answer_line(s, '+', "OK");
	} else {
		answer_line(s, '-',
			    "WRONGPASS invalid username-password pair or user is disabled.");
	}
}

static void on_eval(struct session *s, const struct redis_value *c)
{
	char bytes[1024];
	struct out o = OUT(bytes);

	if (s->server->leaves) {
		fake_hang_up(s->peer);
		s->closed = true;
	} else if (s->server->error) {
		answer_line(s, '-', s->server->error);
	} else if (is(c, 0, "EVALSHA") && !knows(s->server, word(c, 1))) {
		answer_line(s, '-', "NOSCRIPT No matching script. Please use EVAL.");
	} else if (s->server->raw) {
		answer(s, str_z(s->server->raw));
	} else {
		if (is(c, 0, "EVAL"))
			learn(s->server, word(c, 1));
		out_printf(&o, "*%zu\r\n", c->count - 4);
		for (size_t i = 4; i < c->count; i++)
			out_printf(&o, ":" STR_FMT "\r\n", STR_ARG(word(c, i)));
		answer(s, out_text(&o));
	}
}

static void on_script(struct session *s, const struct redis_value *c)
{
	if (s->server->error) {
		answer_line(s, '-', s->server->error);
		return;
	}
	learn(s->server, word(c, 2));
	answer_line(s, '+', "loaded");
}

static void on_role(struct session *s)
{
	char bytes[128];
	struct out o = OUT(bytes);

	out_printf(&o, "*3\r\n$%zu\r\n%s\r\n:1\r\n*0\r\n", strlen(s->server->role),
		   s->server->role);
	answer(s, out_text(&o));
}

static void on_sentinel(struct session *s)
{
	char bytes[128];
	struct out o = OUT(bytes);

	if (!s->server->master) {
		answer(s, STR("*-1\r\n"));
		return;
	}
	out_printf(&o, "*2\r\n$%zu\r\n%s\r\n$%d\r\n%u\r\n", strlen(s->server->master),
		   s->server->master, snprintf(NULL, 0, "%u", (unsigned)s->server->master_port),
		   (unsigned)s->server->master_port);
	answer(s, out_text(&o));
}

static void note(struct fake_redis *s, const struct redis_value *c)
{
	out_str(&s->said, word(c, 0));
	if (c->count > 4 && str_starts(word(c, 0), STR("EVAL")))
		out_printf(&s->said, ":" STR_FMT, STR_ARG(word(c, 4)));
	out_char(&s->said, ' ');
}

static void on_command(struct session *s, const struct redis_value *c)
{
	note(s->server, c);
	if (is(c, 0, "AUTH"))
		on_auth(s, c);
	else if (s->server->pass && !s->in)
		answer_line(s, '-', "NOAUTH Authentication required.");
	else if (is(c, 0, "EVAL") || is(c, 0, "EVALSHA"))
		on_eval(s, c);
	else if (is(c, 0, "SCRIPT"))
		on_script(s, c);
	else if (is(c, 0, "ROLE"))
		on_role(s);
	else if (is(c, 0, "SENTINEL"))
		on_sentinel(s);
	else
		answer_line(s, '+', "OK");
}

static void on_peer(struct fake_peer *p, void *arg)
{
	struct session *s = arg;
	const struct redis_value *command;
	enum err err;

	if (fake_is_closed(p) || s->closed)
		return;
	redis_reader_feed(&s->reader, fake_received(p));
	fake_take(p, fake_received(p).n);
	while (!s->closed && (command = redis_reader_next(&s->reader, &err)) != NULL)
		on_command(s, command);
}

/* ---- the world ---- */

static void on_connect(struct fake_peer *p, const struct endpoint *to, void *arg)
{
	struct fake_redis_world *w = arg;
	const uint16_t port = to->unix_path ? 0 : to->port;

	for (unsigned i = 0; i < w->server_count; i++) {
		struct fake_redis *server = &w->servers[i];
		struct session *s = &w->sessions[w->session_count];

		if (server->port != port || server->refuses)
			continue;
		CHECK(w->session_count < FAKE_REDIS_PEERS);
		w->session_count++;
		server->connections++;
		*s = (struct session){ .world = w, .server = server, .peer = p };
		redis_reader_init(&s->reader);
		fake_accept(p);
		fake_peer_watch(p, on_peer, s);
		return;
	}
	fake_refuse(p, ERR_REFUSED);
}

struct fake_redis_world *fake_redis_world(struct loop *loop)
{
	struct fake_redis_world *w = mem_new(sizeof(*w));

	w->loop = loop;
	fake_on_connect(loop, on_connect, w);
	return w;
}

void fake_redis_world_free(struct fake_redis_world *w)
{
	while (w->later) {
		struct later *l = w->later;

		w->later = l->next;
		fake_unpost(w->loop, l->post);
		mem_free(l);
	}
	for (unsigned i = 0; i < w->session_count; i++)
		redis_reader_free(&w->sessions[i].reader);
	mem_free(w);
}

struct fake_redis *fake_redis_add(struct fake_redis_world *w, uint16_t port)
{
	struct fake_redis *s = &w->servers[w->server_count++];

	CHECK(w->server_count <= FAKE_REDIS_SERVERS);
	s->port = port;
	s->role = "master";
	s->said = OUT(s->log);
	return s;
}

const char *fake_redis_asked(struct fake_redis *s)
{
	static char text[sizeof(s->log) + 1];

	CHECK(!s->said.full);
	memcpy(text, s->log, s->said.n);
	text[s->said.n] = '\0';
	s->said = OUT(s->log);
	return text;
}

void fake_redis_drop(struct fake_redis_world *w, struct fake_redis *server, enum err err)
{
	for (unsigned i = 0; i < w->session_count; i++) {
		struct session *s = &w->sessions[i];

		if (s->server != server || s->closed)
			continue;
		s->closed = true;
		if (err == ERR_OK)
			fake_hang_up(s->peer);
		else
			fake_break(s->peer, err);
	}
}
