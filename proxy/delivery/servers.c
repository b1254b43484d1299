#include "delivery/servers.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

#include <netdb.h>
#include <netinet/in.h>

/* "host:port", "[v6]:port" or without a port.  False: a port that is none. */
static bool split(struct str text, uint16_t fallback, struct str *host, uint16_t *port)
{
	struct str head, tail = { 0 };
	uint64_t n = fallback;

	*host = text;
	if (text.n && text.p[0] == '[') {
		if (!str_cut(str_from(text, 1), ']', host, &tail))
			return false;
		if (tail.n && tail.p[0] != ':')
			return false;
		tail = tail.n ? str_from(tail, 1) : tail;
	} else if (str_cut(text, ':', &head, &tail)) {
		if (memchr(tail.p, ':', tail.n))
			tail = (struct str){ 0 }; /* an IPv6 address without a port */
		else
			*host = head;
	}
	if (tail.n && !str_u64(tail, UINT16_MAX, &n))
		return false;
	*port = (uint16_t)n;
	return host->n > 0 && n > 0;
}

static struct server *add(struct servers *s, struct str host)
{
	struct server *server;

	s->list = mem_array(s->list, s->count + 1, sizeof(*s->list));
	server = &s->list[s->count++];
	*server = (struct server){ .host = mem_strdup(host) };
	return server;
}

static void add_address(struct servers *s, struct str host, const struct ip *ip, uint16_t port)
{
	struct server *server = add(s, host);
	char bytes[IP_TEXT_MAX + 16];
	struct out o = OUT(bytes);

	if (ip->family == IP_V6)
		out_char(&o, '[');
	ip_print(&o, ip);
	if (ip->family == IP_V6)
		out_char(&o, ']');
	out_char(&o, ':');
	out_u64(&o, port);
	server->to.ip = *ip;
	server->to.port = port;
	server->name = mem_strdup(out_text(&o));
}

static bool from_sockaddr(const struct sockaddr *sa, struct ip *ip)
{
	*ip = (struct ip){ 0 };
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		ip->family = IP_V4;
		memcpy(ip->bytes, &in.sin_addr, 4);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		ip->family = IP_V6;
		memcpy(ip->bytes, &in6.sin6_addr, 16);
		return true;
	}
	return false;
}

/* A name that DNS does not know now is left out, and said in `why`. */
static void resolve(struct servers *s, struct str host, uint16_t port, struct out *why)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char *name = mem_strdup(host);
	const int failed = getaddrinfo(name, NULL, &hints, &found);

	if (failed) {
		out_printf(why, "%s%s: %s", why->n ? ", " : "", name, gai_strerror(failed));
		mem_free(name);
		return;
	}
	mem_free(name);
	for (const struct addrinfo *a = found; a && s->count < LIMIT_BACKEND_SERVERS;
	     a = a->ai_next) {
		struct ip ip;

		if (from_sockaddr(a->ai_addr, &ip))
			add_address(s, host, &ip, port);
	}
	freeaddrinfo(found);
}

static bool add_text(struct servers *s, struct str text, uint16_t port, struct out *why)
{
	const struct str prefix = STR("unix:");
	struct str host;
	struct ip ip;

	if (s->count == LIMIT_BACKEND_SERVERS) {
		out_str(why, STR("too many servers"));
		return false;
	}
	if (str_starts(text, prefix) && text.n > prefix.n) {
		struct server *server = add(s, STR("localhost"));

		server->name = mem_strdup(text);
		server->to.unix_path = server->name + prefix.n;
		return true;
	}
	if (!split(text, port, &host, &port)) {
		out_printf(why, "\"" STR_FMT "\" is no server: host:port or unix:path is needed",
			   STR_ARG(text));
		return false;
	}
	if (ip_parse(host, &ip))
		add_address(s, host, &ip, port);
	else
		resolve(s, host, port, why);
	return true;
}

static uint16_t default_port(const struct conf_backend *conf)
{
	if (conf->protocol == BACKEND_LMTP)
		return 24; /* RFC 2033 has none; 24 is IANA's for private mail systems, and the custom */
	return conf->tls == BACKEND_TLS_IMPLICIT ? 465 : 25;
}

bool servers_init(struct servers *s, const struct conf_backend *conf, struct out *why)
{
	*s = (struct servers){ 0 };
	for (size_t i = 0; i < conf->servers.count; i++)
		if (!add_text(s, conf->servers.items[i].text, default_port(conf), why)) {
			servers_free(s);
			return false;
		}
	for (size_t i = 0; i < s->count; i++)
		s->list[i].to.host = s->list[i].host;
	if (s->count && why->n)
		log_note("warning", "backend", STR_FMT "; goes on with the others",
			 STR_ARG(out_text(why)));
	return s->count > 0;
}

void servers_free(struct servers *s)
{
	for (size_t i = 0; i < s->count; i++) {
		mem_free(s->list[i].name);
		mem_free(s->list[i].host);
	}
	mem_free(s->list);
	*s = (struct servers){ 0 };
}

static bool may_try(const struct server *s, int64_t now_ms)
{
	return s->failures && !s->trying && now_ms >= s->retry_at_ms;
}

struct server *servers_due(struct servers *s, int64_t now_ms)
{
	struct server *best = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct server *server = &s->list[i];

		if (may_try(server, now_ms) && (!best || server->retry_at_ms < best->retry_at_ms))
			best = server;
	}
	return best;
}

struct server *servers_pick(struct servers *s, int64_t now_ms)
{
	for (size_t i = 0; i < s->count; i++) {
		struct server *server = &s->list[(s->next + i) % s->count];

		if (server->failures == 0) {
			s->next = (s->next + i + 1) % s->count;
			return server;
		}
	}
	return servers_due(s, now_ms);
}

/* Connections that were being made at the same time fail together: that is one failure. */
void server_failed(struct server *s, int64_t now_ms)
{
	int64_t wait_ms = LIMIT_BACKEND_DOWN_MS;

	if (s->failures && now_ms < s->retry_at_ms)
		return;
	for (unsigned i = 0; i < s->failures && wait_ms < LIMIT_BACKEND_DOWN_MAX_MS; i++)
		wait_ms *= 2;
	if (wait_ms > LIMIT_BACKEND_DOWN_MAX_MS)
		wait_ms = LIMIT_BACKEND_DOWN_MAX_MS;
	if (s->failures == 0)
		log_note("backend_down", s->name, "left alone for %lld ms", (long long)wait_ms);
	s->failures++;
	s->retry_at_ms = now_ms + wait_ms;
}

void server_works(struct server *s)
{
	if (s->failures)
		log_note("backend_up", s->name, "works again after %u failures", s->failures);
	s->failures = 0;
}
