#include "smtp/session.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "smtp/answer.h"
#include "smtp/pressure.h"

#include <sys/socket.h>
#include <unistd.h>

static void progress(void *arg)
{
	struct smtp_session *s = arg;

	wake_set(&s->poke);
}

/* conf_check() saw to it that they are networks. */
static struct ip_nets read_networks(const struct conf_list *list)
{
	struct ip_nets nets = { .count = list->count };

	nets.items = mem_array(NULL, list->count + 1, sizeof(*nets.items));
	for (size_t i = 0; i < list->count; i++)
		CHECK(ip_net_parse(list->items[i].text, &nets.items[i]));
	return nets;
}

struct smtp_server *smtp_server_new(const struct smtp_server_options *options)
{
	struct smtp_server *s = mem_new(sizeof(*s));

	s->o = *options;
	if (!s->o.sessions_max)
		s->o.sessions_max = (size_t)s->o.conf->sessions_max;
	s->proxy_from = read_networks(&options->conf->proxy_from);
	s->unlimited_from = read_networks(&options->conf->unlimited_from);
	s->salt = tally_name(options->tally.tally, options->listener);
	s->xclient_from = read_networks(&options->conf->xclient_from);
	s->vantage_except = read_networks(&options->vantage->except);
	s->inspection = (struct inspection_options){
		.filters = options->filters,
		.policy = options->policy,
		.loop = options->loop,
		.dns = options->dns,
		.store = options->store,
		.progress = progress,
	};
	inspection_find_symbols(&s->inspection);
	pressure_open(s);
	return s;
}

/* A crowd is one line a minute. */
static void say_busy(struct smtp_server *s)
{
	const int64_t now = loop_now_ms(s->o.loop);

	if (s->said_busy_ms && now - s->said_busy_ms < LIMIT_BUSY_MS)
		return;
	s->said_busy_ms = now ? now : 1;
	log_note("busy", "sessions", "%zu are open, as many as may be: who comes now hears 421",
		 s->session_count);
}

/* One short write to a socket that has just been accepted: it fits, or the client misses a courtesy. */
static void turn_away(struct smtp_server *s, int fd, struct str why)
{
	s->o.counters->refused_connections++;
	send(fd, why.p, why.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void say_vantage(const struct smtp_server *s, enum vantage_news news)
{
	const struct vantage *v = &s->vantage;
	const bool right = news == VANTAGE_RIGHT;
	char bytes[IP_TEXT_MAX];
	struct out ip = OUT(bytes);

	ip_print(&ip, &v->suspect);
	log_note(
		"vantage", right ? "right" : "wrong",
		"%u of %u clients of %s come from " STR_FMT "%s", v->from, v->all,
		s->o.conf->address.items[0].text.p, STR_ARG(out_text(&ip)),
		right ? ": filters of addresses are on again"
		      : ": NAT, a container's bridge or a forwarder hides them.  Filters of addresses are OFF "
			"for them; see proxy_from, xclient_from and vantage in postern.conf(5)");
}

bool server_vantage(struct smtp_server *s, const struct ip *client)
{
	enum vantage_news news;

	if (!s->o.vantage->guard || ip_nets_have(&s->vantage_except, client))
		return false;
	news = vantage_note(&s->vantage, s->o.vantage, client, loop_now_ms(s->o.loop));
	if (news != VANTAGE_SAME)
		say_vantage(s, news);
	if (!vantage_hides(&s->vantage, client))
		return false;
	s->o.counters->wrong_vantage++;
	return true;
}

void smtp_server_accept(struct smtp_server *s, int fd, const struct ip *peer, uint16_t peer_port,
			const struct ip *local, uint16_t local_port)
{
	if (s->session_count >= s->o.sessions_max) {
		say_busy(s);
		turn_away(s, fd, STR("421 4.3.2 too many connections, try again later\r\n"));
		return;
	}
	if (pressure_on_memory(s)) {
		turn_away(s, fd, STR("421 4.3.2 out of memory for now, try again later\r\n"));
		return;
	}
	s->o.counters->connections++;
	session_open(s, fd,
		     &(struct session_ends){ .client = *peer,
					     .client_port = peer_port,
					     .local = *local,
					     .local_port = local_port });
}

void smtp_server_drain(struct smtp_server *s)
{
	s->draining = true;
	for (struct smtp_session *one = s->sessions, *next; one; one = next) {
		next = one->next;
		session_wake(one);
	}
}

static void cut(struct smtp_session *s)
{
	const bool transaction = s->tx != NULL;

	if (s->state == SESSION_CLOSING)
		return;
	if (s->state == SESSION_REPLAYING)
		outcome_cut(s);
	if (transaction)
		answer_error(s, 421, "4.3.2 shutting down, closing connection");
	session_close(s, "shutdown");
	session_wake(s);
}

void smtp_server_cut(struct smtp_server *s)
{
	for (struct smtp_session *one = s->sessions, *next; one; one = next) {
		next = one->next;
		cut(one);
	}
}

size_t smtp_server_sessions(const struct smtp_server *s)
{
	return s->session_count + s->duplicates.digests.pending;
}

void smtp_server_free(struct smtp_server *s)
{
	while (s->sessions)
		session_end(s->sessions);
	duplicates_close(s);
	pressure_close(s);
	mem_free(s->proxy_from.items);
	mem_free(s->xclient_from.items);
	mem_free(s->unlimited_from.items);
	mem_free(s->vantage_except.items);
	mem_free(s);
}
