/* Channels per server, one for UDP and one for TCP, because c-ares 1.18 chooses among its servers by a list it turns at each
 * failure, with a timeout that doubles: with one server and one try there is nothing to choose.
 *
 * A query cannot be taken back from c-ares.  A try whose asker has gone stays until its answer or
 * timeout comes and is dropped then; ares_timeout() walks every open query, so timeouts are swept
 * at intervals instead: nobody waits for them, the askers have deadlines of their own. */
#include "net/dnspeer.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "net/dnswire.h"

#include <ares.h>

enum {
	SOCKETS = 4, /* of a channel, which has one; c-ares closes before it opens anew */
	PROBES = 2,
	EDNS_BYTES = 1232,
};

enum health { HEALTH_GOOD, HEALTH_DOUBTED, HEALTH_DEAD };

struct carrier {
	struct dns_peer *peer;
	ares_channel channel;
	struct watch sockets[SOCKETS];
};

struct dns_peer {
	struct loop *loop;
	struct dns_peer_options options;
	struct carrier udp, tcp;
	struct timer sweep, probe;
	struct dns_try *probing;
	enum health health;
	unsigned probes; /* sent since it was doubted */
	unsigned in_flight;
	int64_t answered_ms;
	bool mute;
	unsigned unheard;           /* questions in a row without an answer */
	int64_t asked_ms, heard_ms; /* probes do not count */
	bool edns;
};

static void note(const struct dns_peer *peer, const char *text)
{
	char address[IP_TEXT_MAX];
	struct out o = OUT(address);

	ip_print(&o, &peer->options.server.ip);
	log_note("dns", "server", STR_FMT " port %u %s", STR_ARG(out_text(&o)),
		 (unsigned)peer->options.server.port, text);
}

/* The only place that writes the health. */
static void go(struct dns_peer *peer, enum health health)
{
	const bool dead = health == HEALTH_DEAD, was_dead = peer->health == HEALTH_DEAD;

	peer->health = health;
	peer->probes = 0;
	if (health == HEALTH_GOOD)
		timer_stop(&peer->probe);
	else
		timer_start(&peer->probe, dead ? 2 * peer->options.try_ms : 0);
	if (dead == was_dead)
		return;
	peer->unheard = 0;
	peer->mute = false;
	note(peer, dead ? "does not answer" : "answers again");
	peer->options.changed(peer, peer->options.arg);
}

static void probe_done(struct dns_try *attempt, enum err err, struct str packet)
{
	(void)attempt;
	(void)err;
	(void)packet; /* that there is one has been noted */
}

static void send_probe(struct dns_peer *peer)
{
	const struct dns_key localhost = { .name = STR("localhost"), .type = RR_A };

	dns_tries_drop(&peer->probing);
	dns_peer_send(peer, (struct dns_packet){ .key = localhost }, &peer->probing, probe_done,
		      peer);
}

static void on_probe_timer(struct timer *t, void *arg)
{
	struct dns_peer *peer = arg;

	(void)t;
	if (peer->health == HEALTH_DOUBTED && peer->probes == PROBES) {
		go(peer, HEALTH_DEAD);
		return;
	}
	peer->probes++;
	timer_start(&peer->probe, peer->health == HEALTH_DEAD ? 2 * peer->options.try_ms
							      : peer->options.try_ms / 2);
	send_probe(peer);
}

bool dns_peer_is_dead(const struct dns_peer *peer)
{
	return peer->health == HEALTH_DEAD;
}

bool dns_peer_is_mute(const struct dns_peer *peer)
{
	return peer->mute;
}

bool dns_peer_is_due(const struct dns_peer *peer)
{
	return peer->mute && loop_now_ms(peer->loop) - peer->asked_ms >= 2 * peer->options.try_ms;
}

/* A question was answered. */
static void hear(struct dns_peer *peer)
{
	const bool was_mute = peer->mute;

	peer->heard_ms = loop_now_ms(peer->loop);
	peer->unheard = 0;
	peer->mute = false;
	if (!was_mute)
		return;
	note(peer, "answers questions again");
	peer->options.changed(peer, peer->options.arg);
}

/* Questions were not answered, or a probe was.  Mute is only who certainly lives. */
static void reconsider(struct dns_peer *peer)
{
	if (peer->mute || peer->health != HEALTH_GOOD || peer->unheard < LIMIT_DNS_UNHEARD)
		return;
	peer->mute = true;
	note(peer, "is there, but answers no question");
	peer->options.changed(peer, peer->options.arg);
}

/* A question was not, in time, or by no more than that it cannot. */
static void miss(struct dns_try *attempt)
{
	struct dns_peer *peer = attempt->peer;

	if (attempt->unheard || peer->heard_ms >= attempt->sent_ms)
		return;
	attempt->unheard = true;
	peer->unheard++;
	reconsider(peer);
}

void dns_try_doubt(struct dns_try *attempt)
{
	struct dns_peer *peer = attempt->peer;
	const int64_t waited_ms = loop_now_ms(peer->loop) - attempt->sent_ms;

	if (peer->health == HEALTH_GOOD && peer->answered_ms < attempt->sent_ms)
		go(peer, HEALTH_DOUBTED);
	if (waited_ms < peer->options.try_ms)
		return;
	miss(attempt);
}

static void unlink_try(struct dns_try *attempt)
{
	*attempt->link = attempt->next;
	if (attempt->next)
		attempt->next->link = attempt->link;
	attempt->next = NULL;
	attempt->link = NULL;
}

void dns_tries_drop(struct dns_try **list)
{
	while (*list)
		unlink_try(*list);
}

static void link_try(struct dns_try *attempt, struct dns_try **list)
{
	attempt->next = *list;
	attempt->link = list;
	if (attempt->next)
		attempt->next->link = &attempt->next;
	*list = attempt;
}

static enum err outcome(struct dns_try *attempt, int status, struct str packet)
{
	struct dns_peer *peer = attempt->peer;

	if (status != ARES_SUCCESS)
		return status == ARES_ETIMEOUT ? ERR_TIMEOUT : ERR_UNREACHABLE;
	peer->answered_ms = loop_now_ms(peer->loop);
	if (peer->health != HEALTH_GOOD)
		go(peer, HEALTH_GOOD);
	if (attempt->done == probe_done)
		reconsider(peer);
	else if (dnswire_is_failure(packet))
		miss(attempt);
	else
		hear(peer);
	if (!attempt->edns || !dnswire_lacks_edns(packet))
		return ERR_OK;
	peer->edns = false;
	return ERR_PROTOCOL;
}

static void end_try(struct dns_try *attempt, enum err err, struct str packet)
{
	if (attempt->link) {
		unlink_try(attempt);
		attempt->done(attempt, err, packet);
	}
	mem_free(attempt);
}

static void on_end(void *arg, int status, int timeouts, unsigned char *bytes, int n);

static void transmit(struct dns_try *attempt, struct carrier *by)
{
	const struct dns_key key = attempt->packet.key;
	const uint16_t id = (uint16_t)random_u32();
	const struct dnswire_query q = dnswire_build(key.name, key.type, id, attempt->edns);

	attempt->peer->in_flight++;
	ares_send(by->channel, q.bytes, (int)q.n, on_end, attempt);
}

/* Not by c-ares itself: what becomes of a TCP connection would end all that is on its way by UDP. */
static bool repeat_by_tcp(struct dns_try *attempt, struct str packet)
{
	if (attempt->tcp || !attempt->link || !dnswire_is_truncated(packet))
		return false;
	attempt->tcp = true;
	transmit(attempt, &attempt->peer->tcp);
	return true;
}

/* c-ares' callback: once for every ares_send(), at the latest in ares_destroy(). */
static void on_end(void *arg, int status, int timeouts, unsigned char *bytes, int n)
{
	struct dns_try *attempt = arg;
	struct dns_peer *peer = attempt->peer;
	const struct str packet = { .p = (const char *)bytes, .n = n > 0 ? (size_t)n : 0 };
	enum err err;

	(void)timeouts;
	peer->in_flight--;
	if (status == ARES_EDESTRUCTION) {
		mem_free(attempt);
		return;
	}
	err = outcome(attempt, status, packet);
	if (err == ERR_UNREACHABLE)
		dns_try_doubt(attempt);
	if (err != ERR_OK || !repeat_by_tcp(attempt, packet))
		end_try(attempt, err, packet);
}

static void on_sweep(struct timer *t, void *arg)
{
	struct dns_peer *peer = arg;

	ares_process_fd(peer->udp.channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	ares_process_fd(peer->tcp.channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (peer->in_flight)
		timer_start(t, peer->options.try_ms);
}

static bool is_repeated(const struct dns_peer *peer, const struct dns_try *list)
{
	while (list && list->peer != peer)
		list = list->next;
	return list != NULL;
}

/* Probes always go: how the server is has nothing to do with how much we ask. */
static bool may_send(const struct dns_peer *peer, const struct dns_try *attempt)
{
	const unsigned most = LIMIT_DNS_IN_FLIGHT -
			      (attempt->packet.stranger ? LIMIT_DNS_TRIES * LIMIT_DNS_RESERVED : 0);

	return attempt->done == probe_done || peer->in_flight < most;
}

void dns_peer_send(struct dns_peer *peer, struct dns_packet packet, struct dns_try **list,
		   dns_try_fn *done, void *arg)
{
	struct dns_try *attempt = mem_new(sizeof(*attempt));

	*attempt = (struct dns_try){
		.peer = peer,
		.packet = packet,
		.done = done,
		.arg = arg,
		.sent_ms = loop_now_ms(peer->loop),
		.edns = peer->edns,
		.unheard = is_repeated(peer, *list),
	};
	if (done != probe_done)
		peer->asked_ms = attempt->sent_ms;
	link_try(attempt, list);
	if (!may_send(peer, attempt)) {
		end_try(attempt, ERR_LIMIT, (struct str){ 0 });
		return;
	}
	if (!timer_active(&peer->sweep))
		timer_start(&peer->sweep, peer->options.try_ms);
	transmit(attempt, &peer->udp);
}

static void on_ready(struct watch *w, unsigned ready, void *arg)
{
	const struct carrier *c = arg;

	ares_process_fd(c->channel, ready & WATCH_READ ? w->fd : ARES_SOCKET_BAD,
			ready & WATCH_WRITE ? w->fd : ARES_SOCKET_BAD);
}

static struct watch *socket_of(struct carrier *c, int fd)
{
	struct watch *unused = NULL;

	for (size_t i = 0; i < COUNTOF(c->sockets); i++) {
		if (c->sockets[i].fd == fd)
			return &c->sockets[i];
		if (c->sockets[i].fd < 0)
			unused = &c->sockets[i];
	}
	CHECK(unused != NULL);
	watch_init(unused, c->peer->loop, fd, on_ready, c);
	return unused;
}

/* Neither: c-ares is about to close it. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct watch *w = socket_of(arg, fd);

	watch_want(w, (readable ? WATCH_READ : 0u) | (writable ? WATCH_WRITE : 0u));
	if (!readable && !writable)
		w->fd = -1;
}

static void set_server(const struct carrier *c)
{
	const struct dns_server *s = &c->peer->options.server;
	struct ares_addr_port_node node = {
		.family = s->ip.family == IP_V4 ? AF_INET : AF_INET6,
		.udp_port = s->port,
		.tcp_port = s->port,
	};

	memcpy(&node.addr, s->ip.bytes, s->ip.family == IP_V4 ? 4 : 16);
	CHECK(ares_set_servers_ports(c->channel, &node) == ARES_SUCCESS);
}

/* Everything is given, so that c-ares reads neither resolv.conf nor the environment. */
static void open_carrier(struct dns_peer *peer, struct carrier *c, int flags)
{
	struct in_addr none = { 0 };
	char lookups[] = "b";
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
			 ARES_FLAG_EDNS | flags,
		.timeout = (int)peer->options.timeout_ms,
		.tries = 1,
		.ndots = 1,
		.servers = &none,
		.nservers = 1,
		.lookups = lookups,
		.ednspsz = EDNS_BYTES,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = c,
	};
	const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
			 ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS |
			 ARES_OPT_SORTLIST | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;

	c->peer = peer;
	for (size_t i = 0; i < COUNTOF(c->sockets); i++)
		c->sockets[i].fd = -1;
	CHECK(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
	CHECK(ares_init_options(&c->channel, &o, mask) == ARES_SUCCESS);
	set_server(c);
}

static void close_carrier(struct carrier *c)
{
	ares_destroy(c->channel);
	ares_library_cleanup();
}

struct dns_peer *dns_peer_new(struct loop *loop, const struct dns_peer_options *options)
{
	struct dns_peer *peer = mem_new(sizeof(*peer));

	peer->loop = loop;
	peer->options = *options;
	peer->edns = true;
	timer_init(&peer->sweep, loop, on_sweep, peer);
	timer_init(&peer->probe, loop, on_probe_timer, peer);
	open_carrier(peer, &peer->udp, ARES_FLAG_STAYOPEN | ARES_FLAG_IGNTC);
	open_carrier(peer, &peer->tcp, ARES_FLAG_USEVC);
	go(peer, HEALTH_DOUBTED);
	return peer;
}

void dns_peer_free(struct dns_peer *peer)
{
	dns_tries_drop(&peer->probing);
	timer_stop(&peer->probe);
	timer_stop(&peer->sweep);
	close_carrier(&peer->udp);
	close_carrier(&peer->tcp);
	mem_free(peer);
}
