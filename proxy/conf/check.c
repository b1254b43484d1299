/* What takes more than one option to see. */
#include "base/limits.h"
#include "base/mem.h"
#include "conf/blocks.h"

static const struct conf_place *or_section(const struct conf_text *text,
					   const struct conf_section *s)
{
	return text->at.line ? &text->at : &s->at;
}

/* The same address twice cannot be bound twice. */
static const struct conf_text *find_address(const struct conf *conf, const struct conf_text *mine,
					    struct ip ip, uint16_t port)
{
	for (const struct conf_section *s = conf_first(conf, &block_listener); s;
	     s = conf_next(s)) {
		const struct conf_listener *l = s->values;

		for (size_t i = 0; i < l->address.count; i++) {
			struct ip other;
			uint16_t other_port;

			if (&l->address.items[i] == mine)
				return NULL;
			if (conf_address(l->address.items[i].text, 0, &other, &other_port) &&
			    other_port == port && ip_eq(&ip, &other))
				return &l->address.items[i];
		}
	}
	return NULL;
}

static void check_addresses(const struct conf *conf, const struct conf_section *s,
			    struct conf_report *report)
{
	const struct conf_listener *l = s->values;

	if (l->address.count == 0) {
		const struct conf_place at = conf_place_of(s, "address");

		conf_error(report, &at, "this listener has no address");
	}
	for (size_t i = 0; i < l->address.count; i++) {
		const struct conf_text *text = &l->address.items[i], *other;
		struct ip ip;
		uint16_t port;

		if (!conf_address(text->text, 0, &ip, &port)) {
			conf_error(report, &text->at,
				   "\"" STR_FMT "\" is not an address with a port, like "
				   "\"0.0.0.0:25\" or \"[::]:25\"",
				   STR_ARG(str_head(text->text, 80)));
			continue;
		}
		other = find_address(conf, text, ip, port);
		if (other)
			conf_error(report, &text->at,
				   "\"" STR_FMT "\" is listened at already, see %s:%u:%u",
				   STR_ARG(text->text), other->at.file, other->at.line,
				   other->at.column);
	}
}

/* Each is a socket in every worker; and the same one is looked for among all of them. */
static bool too_many_addresses(const struct conf *conf, struct conf_report *report)
{
	size_t count = 0;

	for (const struct conf_section *s = conf_first(conf, &block_listener); s;
	     s = conf_next(s)) {
		const struct conf_listener *l = s->values;
		const struct conf_place at = conf_place_of(s, "address");

		count += l->address.count;
		if (count > LIMIT_ADDRESSES) {
			conf_error(report, &at, "more than %d addresses to listen on",
				   LIMIT_ADDRESSES);
			return true;
		}
	}
	return false;
}

static void check_certificate(const struct conf_section *s, struct conf_report *report)
{
	const struct conf_listener *l = s->values;
	const size_t certificates = l->certificate.count, keys = l->key.count;
	const struct conf_place at = conf_place_of(s, "tls");

	if (keys > certificates)
		conf_error(report, &l->key.items[certificates].at,
			   "a key needs its \"certificate\"");
	else if (keys && keys < certificates)
		conf_error(report, &l->certificate.items[keys].at,
			   "this certificate has no \"key\": there are %zu for %zu", keys,
			   certificates);
	if (l->client_ca.text.n && l->client_certificate == CLIENT_CERTIFICATE_NONE)
		conf_error(report, &l->client_ca.at,
			   "client_ca needs \"client_certificate = ask\"");
	if (!certificates && !keys && (l->tls == TLS_REQUIRED || l->tls == TLS_IMPLICIT))
		conf_error(report, &at, "tls = %s needs \"certificate\" and \"key\"",
			   l->tls == TLS_REQUIRED ? "required" : "implicit");
	else if (!certificates && l->profile == PROFILE_SUBMISSION)
		conf_error(report, &s->at,
			   "profile = submission needs \"certificate\" and \"key\"");
}

static const struct conf_section *backend_of(const struct conf *conf, const struct conf_listener *l)
{
	const struct conf_section *first = conf_first(conf, &block_backend);

	for (const struct conf_section *b = first; b; b = conf_next(b))
		if (l->backend.text.n == 0 || str_eq(b->title.text, l->backend.text))
			return b;
	return NULL;
}

/* A name may be anywhere. */
static bool stays_here(const struct conf_list *servers)
{
	for (size_t i = 0; i < servers->count; i++) {
		struct conf_server server;

		if (conf_server(servers->items[i].text, &server) && server.kind != SERVER_UNIX &&
		    (server.kind != SERVER_IP || !ip_is_loopback(&server.ip)))
			return false;
	}
	return true;
}

/* Whether the servers offer AUTH is seen when they are there; some never can. */
static void check_submission(const struct conf *conf, const struct conf_section *s,
			     struct conf_report *report)
{
	const struct conf_listener *l = s->values;
	const struct conf_section *to = backend_of(conf, l);
	const struct conf_backend *b = to ? to->values : NULL;
	const struct conf_place tls = conf_place_of(s, "tls"), auth = conf_place_of(s, "auth");

	if (l->profile != PROFILE_SUBMISSION)
		return;
	if (l->tls == TLS_NONE)
		conf_error(report, &tls, "profile = submission needs TLS, and tls = none");
	if (l->auth == AUTH_OFF)
		conf_error(report, &auth,
			   "profile = submission needs clients to log in, and auth = none");
	if (b && (b->maildir.text.n || b->protocol == BACKEND_LMTP))
		conf_error(report, or_section(&l->backend, s),
			   "profile = submission: nobody can log in at backend \"" STR_FMT
			   "\", which %s",
			   STR_ARG(str_head(to->title.text, 80)),
			   b->maildir.text.n ? "is a maildir" : "speaks LMTP");
	else if (b && b->tls == BACKEND_TLS_NONE && !stays_here(&b->servers))
		conf_warn(report, &to->at,
			  "passwords of listener \"" STR_FMT "\" go to this backend in the clear",
			  STR_ARG(str_head(s->title.text, 80)));
}

static void check_networks(const struct conf_list *list, struct conf_report *report)
{
	for (size_t i = 0; i < list->count; i++) {
		struct ip_net net;

		if (!ip_net_parse(list->items[i].text, &net))
			conf_error(report, &list->items[i].at,
				   "\"" STR_FMT "\" is not an address or a network, like "
				   "\"192.0.2.1\" or \"2001:db8::/64\"",
				   STR_ARG(str_head(list->items[i].text, 80)));
	}
}

static const char *suggest_backend(const struct conf *conf, struct str name, size_t count)
{
	const char **words = mem_new(count * sizeof(*words));
	const char *near;
	size_t n = 0;

	for (const struct conf_section *b = conf_first(conf, &block_backend); b; b = conf_next(b))
		words[n++] = b->title.text.p;
	near = conf_suggest(name, words, n);
	mem_free(words);
	return near;
}

static void check_backend_name(const struct conf *conf, const struct conf_section *s,
			       struct conf_report *report)
{
	const struct conf_listener *l = s->values;
	const struct conf_place *at = or_section(&l->backend, s);
	const char *near;
	size_t count = 0;

	for (const struct conf_section *b = conf_first(conf, &block_backend); b; b = conf_next(b)) {
		if (str_eq(b->title.text, l->backend.text))
			return;
		count++;
	}
	if (l->backend.text.n == 0) {
		if (count > 1)
			conf_error(report, at,
				   "there are %zu backends: this listener needs \"backend\"",
				   count);
		return;
	}
	near = suggest_backend(conf, l->backend.text, count);
	conf_error(report, at, "there is no backend \"" STR_FMT "\"%s%s%s",
		   STR_ARG(str_head(l->backend.text, 80)), near ? "; did you mean \"" : "",
		   near ? near : "", near ? "\"?" : "");
}

static bool any_address(const struct ip *ip)
{
	static const struct ip any;

	return memcmp(ip->bytes, any.bytes, sizeof(any.bytes)) == 0;
}

static bool leads_to(const struct conf_server *server, struct str address)
{
	struct ip ip;
	uint16_t port;

	if (!conf_address(address, 0, &ip, &port) || port != server->port)
		return false;
	return ip_eq(&ip, &server->ip) ||
	       (any_address(&ip) && ip.family == server->ip.family && ip_is_loopback(&server->ip));
}

/* A backend that is one of our listeners: each session would open the next one. */
static void check_circle(const struct conf *conf, const struct conf_text *text,
			 const struct conf_server *server, struct conf_report *report)
{
	for (const struct conf_section *s = conf_first(conf, &block_listener);
	     s && server->kind == SERVER_IP; s = conf_next(s)) {
		const struct conf_listener *l = s->values;

		for (size_t i = 0; i < l->address.count; i++)
			if (leads_to(server, l->address.items[i].text)) {
				conf_error(report, &text->at,
					   "\"" STR_FMT "\" is our own listener \"" STR_FMT
					   "\": mail would go in circles",
					   STR_ARG(text->text), STR_ARG(s->title.text));
				return;
			}
	}
}

static bool listens_in(const struct conf_listener *l, enum ip_family family)
{
	for (size_t i = 0; i < l->address.count; i++) {
		struct ip ip;
		uint16_t port;

		if (conf_address(l->address.items[i].text, 0, &ip, &port) && ip.family == family)
			return true;
	}
	return false;
}

static bool has_clients_of(const struct conf *conf, const struct conf_section *backend,
			   enum ip_family family)
{
	for (const struct conf_section *s = conf_first(conf, &block_listener); s;
	     s = conf_next(s)) {
		const struct conf_listener *l = s->values;
		const bool leads_here =
			l->backend.text.n == 0 || str_eq(l->backend.text, backend->title.text);

		if (leads_here && listens_in(l, family))
			return true;
	}
	return false;
}

/* Where the client's address cannot be used to call a server, ours is. */
static void warn_transparent(const struct conf *conf, const struct conf_section *s,
			     const struct conf_text *text, const struct conf_server *server,
			     struct conf_report *report)
{
	static const char hint[] = "identity = transparent does not work there";
	const bool v4 = server->ip.family == IP_V4;

	if (server->kind == SERVER_UNIX)
		conf_warn(report, &text->at, "%s: a unix socket knows no addresses", hint);
	else if (server->kind == SERVER_IP && has_clients_of(conf, s, v4 ? IP_V6 : IP_V4))
		conf_warn(report, &text->at,
			  "%s for clients that come by %s: it sees our address, and must let "
			  "nobody relay for it",
			  hint, v4 ? "IPv6" : "IPv4");
}

static void check_backend(const struct conf *conf, const struct conf_section *s,
			  struct conf_report *report)
{
	const struct conf_backend *b = s->values;

	if (b->servers.count == 0 && b->maildir.text.n == 0)
		conf_error(report, &s->at,
			   "backend \"" STR_FMT "\" needs \"servers\" or \"maildir\"",
			   STR_ARG(str_head(s->title.text, 80)));
	if (b->servers.count && b->maildir.text.n)
		conf_error(report, &b->maildir.at, "a backend has servers or a maildir, not both");
	for (size_t i = 0; i < b->servers.count; i++) {
		struct conf_server server;

		if (!conf_server(b->servers.items[i].text, &server))
			conf_error(report, &b->servers.items[i].at,
				   "\"" STR_FMT "\" is not a server, like \"10.0.0.5:25\", "
				   "\"[::1]:25\", \"mta.example:25\" or \"unix:/run/mta.sock\"",
				   STR_ARG(str_head(b->servers.items[i].text, 80)));
		else
			check_circle(conf, &b->servers.items[i], &server, report);
		if (b->identity == IDENTITY_TRANSPARENT &&
		    conf_server(b->servers.items[i].text, &server))
			warn_transparent(conf, s, &b->servers.items[i], &server, report);
	}
}

/* It stands in the greeting, in EHLO and in Received: a domain or an address literal (RFC 5321 4.1.3). */
static void check_hostname(const struct conf *conf, struct conf_report *report)
{
	const struct conf_global *g = conf_values(conf, &block_global);
	const struct str name = g->hostname.text;
	struct ip ip;

	if (name.n == 0 || (name.n <= LIMIT_DOMAIN && conf_labels_ok(name)))
		return;
	if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']' &&
	    ip_parse(str_head(str_from(name, 1), name.n - 2), &ip))
		return;
	conf_error(report, &g->hostname.at,
		   "\"" STR_FMT "\" is not a host name, like \"mx.example.org\"",
		   STR_ARG(str_head(name, 80)));
}

bool conf_check_resolver(const struct conf *conf, struct conf_report *report)
{
	const struct conf_resolver *r = conf_values(conf, &block_resolver);
	const unsigned errors = report->errors;

	for (size_t i = 0; i < r->servers.count; i++) {
		struct ip ip;
		uint16_t port;

		if (!conf_address(r->servers.items[i].text, 53, &ip, &port))
			conf_error(report, &r->servers.items[i].at,
				   "\"" STR_FMT "\" is not a DNS server, like \"127.0.0.1\" or "
				   "\"127.0.0.1:5353\"",
				   STR_ARG(str_head(r->servers.items[i].text, 80)));
	}
	return report->errors == errors;
}

bool conf_check(const struct conf *conf, struct conf_report *report)
{
	const unsigned errors = report->errors;
	const struct conf_place nowhere = { .file = conf_name(conf) };

	if (too_many_addresses(conf, report))
		return false;
	if (!conf_first(conf, &block_listener))
		conf_error(report, &nowhere, "there is no listener: no mail can come in");
	if (!conf_first(conf, &block_backend))
		conf_error(report, &nowhere, "there is no backend: mail has nowhere to go");
	for (const struct conf_section *s = conf_first(conf, &block_listener); s;
	     s = conf_next(s)) {
		check_addresses(conf, s, report);
		check_certificate(s, report);
		check_submission(conf, s, report);
		check_backend_name(conf, s, report);
		check_networks(&((const struct conf_listener *)s->values)->proxy_from, report);
		check_networks(&((const struct conf_listener *)s->values)->xclient_from, report);
		check_networks(&((const struct conf_listener *)s->values)->unlimited_from, report);
	}
	for (const struct conf_section *s = conf_first(conf, &block_backend); s; s = conf_next(s))
		check_backend(conf, s, report);
	check_networks(&((const struct conf_vantage *)conf_values(conf, &block_vantage))->except,
		       report);
	check_hostname(conf, report);
	return conf_check_resolver(conf, report) && report->errors == errors;
}
