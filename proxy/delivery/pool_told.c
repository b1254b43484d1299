/* pool_told.c - what upstreams tell: which servers work, what they can carry, and which are left alone. */
#include "base/log.h"
#include "delivery/as_client.h"
#include "delivery/identity.h"
#include "delivery/lane.h"
#include "delivery/pool_inside.h"

/* Sessions are offered what each server that is up can carry; when none is, what was known. */
static void learn(struct pool *p)
{
	bool any = false;

	for (size_t i = 0; i < p->servers.count; i++) {
		const struct server *s = &p->servers.list[i];

		if (!s->seen || s->failures)
			continue;
		p->caps = any ? caps_common(&p->caps, &s->caps) : s->caps;
		any = true;
	}
	p->seen = p->seen || any;
}

static void made(struct pool *p, struct upstream *u)
{
	if (u->counted)
		u->server->trying--;
	if (u->counted && u->awaited)
		p->connecting--;
	u->counted = false;
	if (u->made_for)
		u->made_for->coming = NULL;
	u->made_for = NULL;
}

/* One client must not be able to have the server taken for dead by the others. */
static void blame(struct pool *p, const struct upstream *u)
{
	if (u->client && u->client[0])
		u->server->doubted = true;
	else
		server_failed(u->server, loop_now_ms(p->loop));
	learn(p);
}

/* It may still come: then the server works after all. */
void pool_late(struct pool *p, struct upstream *u)
{
	made(p, u);
	p->last_err = ERR_TIMEOUT;
	blame(p, u);
	wake_set(&p->wake);
}

/* Whoever may relay from our address could then relay through us; XFORWARD is for its log only. */
static void look_at_identity(const struct pool *p, struct server *s)
{
	const bool blind =
		p->conf->identity == IDENTITY_AUTO && !(s->caps.xclient & (1u << XATTR_ADDR));

	if (blind && !s->blind)
		log_note("warning", "identity",
			 "%s does not take XCLIENT from us: it decides by our address, "
			 "not the client's, and must let nobody relay for it",
			 s->name);
	s->blind = blind;
}

void pool_ready(struct pool *p, struct upstream *u)
{
	made(p, u);
	server_works(u->server);
	u->server->caps = u->caps;
	u->server->seen = true;
	u->made_ms = loop_now_ms(p->loop);
	look_at_identity(p, u->server);
	learn(p);
}

static bool being_made(enum upstream_state state)
{
	return state < UPSTREAM_READY;
}

/* tls = optional: one try without, and it is remembered (RFC 7435: some protection most of the time). */
static void without_tls(struct pool *p, struct server *s)
{
	s->no_tls_until_ms = loop_now_ms(p->loop) + LIMIT_BACKEND_FALLBACK_MS;
	log_note("backend_clear", s->name, "the TLS handshake failed; in the clear for %d s",
		 LIMIT_BACKEND_FALLBACK_MS / 1000);
}

/* Greeted, and gone or out of step before anybody could use it: who waits would have it made again and
 * again, without a pause. */
static bool was_useless(const struct pool *p, const struct upstream *u, enum upstream_state was,
			enum err err)
{
	return was == UPSTREAM_READY && err != ERR_OK && !u->used &&
	       loop_now_ms(p->loop) - u->made_ms < LIMIT_BACKEND_DOWN_MS;
}

/* Whose it was has tried this server: with connections of clients nobody else can find out. */
static void count_useless(const struct pool *p, const struct upstream *u)
{
	for (struct waiter *w = p->waiters; w && u->client && as_client(p->conf); w = w->next) {
		char bytes[IDENTITY_MAX];
		struct out o = OUT(bytes);

		w->failed += str_eq(pool_key(&o, p, w), str_z(u->client));
	}
}

void pool_gone(struct pool *p, struct upstream *u, enum upstream_state was, enum err err)
{
	pool_leaves(p, u);
	pool_unlist(u);
	pool_enlist(&p->dead, u);
	p->total--;
	if (u->lane)
		lane_gone(u->lane);
	if (u->probe)
		u->server->probed = false;
	if (was_useless(p, u, was, err)) {
		p->last_err = err;
		count_useless(p, u);
		blame(p, u);
	}
	if (being_made(was)) {
		if (u->made_for)
			u->made_for->failed++;
		made(p, u);
		p->last_err =
			was == UPSTREAM_CONNECTING || err == ERR_CLOSED ? ERR_UNREACHABLE : err;
		if (was == UPSTREAM_HANDSHAKE && p->conf->tls == BACKEND_TLS_OPTIONAL)
			without_tls(p, u->server);
		else
			blame(p, u);
	}
	wake_set(&p->wake);
}
