#include "delivery/pool_inside.h"

#include "base/check.h"
#include "delivery/as_client.h"
#include "delivery/identity.h"
#include "delivery/lane.h"

/* ---- lists ---- */

void pool_enlist(struct upstream **head, struct upstream *u)
{
	u->next = *head;
	u->link = head;
	if (u->next)
		u->next->link = &u->next;
	*head = u;
}

void pool_unlist(struct upstream *u)
{
	*u->link = u->next;
	if (u->next)
		u->next->link = u->link;
}

static void reap(struct pool *p)
{
	while (p->dead) {
		struct upstream *u = p->dead;

		pool_unlist(u);
		upstream_free(u);
	}
}

void pool_leaves(struct pool *p, struct upstream *u)
{
	(void)p;
	if (!u->idle_link)
		return;
	*u->idle_link = u->idle_next;
	if (u->idle_next)
		u->idle_next->idle_link = u->idle_link;
	u->idle_link = NULL;
}

void pool_rests(struct pool *p, struct upstream *u)
{
	if (u->lane) {
		lane_rests(u->lane);
		return;
	}
	u->idle_next = p->idle;
	u->idle_link = &p->idle;
	if (u->idle_next)
		u->idle_next->idle_link = &u->idle_next;
	p->idle = u;
	if (p->waiters)
		wake_set(&p->wake);
}

/* ---- who waits ---- */

static void queue(struct pool *p, struct waiter *w)
{
	w->next = NULL;
	w->failed = 0;
	w->link = p->waiters_end;
	*p->waiters_end = w;
	p->waiters_end = &w->next;
	p->waiting++;
}

static void dequeue(struct pool *p, struct waiter *w)
{
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	else
		p->waiters_end = w->link;
	w->link = NULL;
	p->waiting--;
	if (w->coming)
		w->coming->made_for = NULL;
	w->coming = NULL;
}

/* Everybody waits equally long, so the first in the queue is the first to give up. */
static void set_deadline(struct pool *p)
{
	if (p->waiters)
		timer_start(&p->deadline, p->waiters->until_ms - loop_now_ms(p->loop));
	else
		timer_stop(&p->deadline);
}

struct str pool_key(struct out *o, const struct pool *p, const struct waiter *w)
{
	if (as_client(p->conf))
		return as_client_key(o, p->conf, w->sender);
	return w->sender ? identity_client(o, w->sender) : out_text(o);
}

/* ---- taking ---- */

static bool has_room(const struct pool *p)
{
	return p->total < (size_t)p->conf->connections;
}

static struct upstream *take_idle(struct pool *p, const struct waiter *w)
{
	struct upstream *u = p->idle;
	char bytes[IDENTITY_MAX];
	struct out o = OUT(bytes);
	struct str key;

	if (u && u->client)
		key = pool_key(&o, p, w);
	while (u && u->client && !str_eq(key, str_z(u->client)))
		u = u->idle_next;
	if (u)
		pool_leaves(p, u);
	return u;
}

int64_t pool_lease_ms(const struct pool *p)
{
	return p->waiters && !has_room(p) ? LIMIT_LEASE_WANTED_MS : LIMIT_LEASE_MS;
}

/* All are taken: those that are kept for clients who pause are given up sooner, or a few such clients could
 * keep the others out. */
static void hurry_leases(struct pool *p)
{
	for (struct upstream *u = p->all; u && !has_room(p); u = u->next)
		upstream_hurry(u);
}

struct upstream *pool_take(struct pool *p, struct waiter *w)
{
	/* What is nobody else's is taken from nobody. */
	struct upstream *u = p->waiters && !as_client(p->conf) ? NULL : take_idle(p, w);

	CHECK(w->link == NULL && w->fn != NULL);
	if (u) {
		u->used = true;
		return u;
	}
	w->until_ms = loop_now_ms(p->loop) + LIMIT_BACKEND_WAIT_MS;
	queue(p, w);
	if (p->waiting == 1) {
		set_deadline(p);
		hurry_leases(p);
	}
	wake_set(&p->wake);
	return NULL;
}

void pool_forget(struct waiter *w, struct pool *p)
{
	if (!w->link)
		return;
	dequeue(p, w);
	set_deadline(p);
}

static void answer(struct pool *p, struct waiter *w, struct upstream *u, enum err err)
{
	dequeue(p, w);
	w->fn(w, u, err);
}

static void on_deadline(struct timer *t, void *arg)
{
	struct pool *p = arg;
	const int64_t now = loop_now_ms(p->loop);

	(void)t;
	while (p->waiters && p->waiters->until_ms <= now)
		answer(p, p->waiters, NULL, ERR_LIMIT);
	set_deadline(p);
}

/* ---- connecting ---- */

static struct upstream *connect_to(struct pool *p, struct server *server,
				   const struct delivery_sender *sender)
{
	struct upstream *u = upstream_new(p, server, sender);

	pool_enlist(&p->all, u);
	p->total++;
	u->counted = true;
	server->trying++;
	return u;
}

/* The first for whom none is on its way.  Not many are passed over: at most `connections` are on their way. */
static struct waiter *unserved(const struct pool *p)
{
	struct waiter *w = p->waiters;

	if (!as_client(p->conf))
		return p->waiting > p->connecting ? w : NULL;
	while (w && w->coming)
		w = w->next;
	return w;
}

static void connect_for(struct pool *p, struct server *server, struct waiter *w)
{
	struct upstream *u = connect_to(p, server, w->sender);

	u->awaited = true;
	p->connecting++;
	if (!as_client(p->conf))
		return;
	w->coming = u;
	u->made_for = w;
}

static void probe_doubted(struct pool *p, struct server *server)
{
	if (!server->doubted || server->probed)
		return;
	server->doubted = false;
	server->probed = true;
	connect_to(p, server, NULL)->probe = true;
}

/* A connection being made for each who waits; and where one is made anyway, one more to find out
 * whether a server that was down is back, so that nobody waits for that. */
static void connect_more(struct pool *p)
{
	const int64_t now = loop_now_ms(p->loop);
	struct server *server;
	struct waiter *w;
	bool any = false;

	while ((w = unserved(p)) && has_room(p)) {
		server = servers_pick(&p->servers, now);
		if (!server)
			break;
		connect_for(p, server, w);
		any = true;
	}
	server = any && has_room(p) ? servers_due(&p->servers, now) : NULL;
	if (server)
		connect_to(p, server, NULL);
	for (size_t i = 0; i < p->servers.count && has_room(p); i++)
		probe_doubted(p, &p->servers.list[i]);
}

static bool hopeless(const struct pool *p)
{
	for (const struct upstream *u = p->all; u; u = u->next)
		if (u->state != UPSTREAM_QUIT && !u->lane)
			return false;
	return true;
}

/* All servers are being left alone and nothing is under way: waiting would not help. */
static void give_up(struct pool *p)
{
	size_t n = p->waiting;

	while (n-- && p->waiters)
		answer(p, p->waiters, NULL, p->last_err);
}

/* ---- handing out ---- */

/* Each connection is somebody's: it is looked for among as many as can have one, the first in the queue.  Who is
 * answered may queue again, at the end, and takes nobody else out. */
static void hand_out_own(struct pool *p)
{
	struct waiter *w = p->waiters, *next;

	for (int64_t left = p->conf->connections; w && p->idle && left; left--, w = next) {
		struct upstream *u = take_idle(p, w);

		next = w->next;
		if (u)
			answer(p, w, u, ERR_OK);
	}
}

/* Every server was tried. */
static void turn_away(struct pool *p)
{
	struct waiter *w = p->waiters, *next;

	for (int64_t left = p->conf->connections; w && left; left--, w = next) {
		next = w->next;
		if (w->failed >= p->servers.count)
			answer(p, w, NULL, p->last_err);
	}
}

static void hand_out(struct pool *p)
{
	struct upstream *u;

	while (p->waiters && (u = take_idle(p, p->waiters)))
		answer(p, p->waiters, u, ERR_OK);
}

static void on_wake(struct wake *w, void *arg)
{
	struct pool *p = arg;

	(void)w;
	reap(p);
	if (as_client(p->conf)) {
		hand_out_own(p);
		turn_away(p);
	} else {
		hand_out(p);
	}
	connect_more(p);
	/* Those that rest now suit nobody who waits. */
	if (p->waiters && p->idle && !has_room(p))
		upstream_quit(p->idle);
	if (p->waiters && p->connecting == 0 && has_room(p) && hopeless(p))
		give_up(p);
	set_deadline(p);
}

/* ---- from begin to end ---- */

void pool_distrust(struct pool *p, const struct server *server)
{
	struct upstream *next;

	for (struct upstream *u = p->idle; u; u = next) {
		next = u->idle_next;
		if (u->server == server)
			upstream_close(u);
	}
}

bool pool_init(struct pool *p, struct loop *loop, struct out *why)
{
	p->loop = loop;
	p->waiters_end = &p->waiters;
	p->last_err = ERR_UNREACHABLE;
	timer_init(&p->deadline, loop, on_deadline, p);
	wake_init(&p->wake, loop, on_wake, p);
	return servers_init(&p->servers, p->conf, why);
}

void pool_free(struct pool *p)
{
	CHECK(p->waiters == NULL);
	while (p->all) {
		struct upstream *u = p->all;

		if (u->state == UPSTREAM_READY)
			upstream_write(u, STR("QUIT\r\n"));
		upstream_close(u);
	}
	reap(p);
	wake_clear(&p->wake);
	timer_stop(&p->deadline);
	servers_free(&p->servers);
	accepted_free(&p->accepted);
}
