/* Addresses as the config writes them: HOST:PORT, [V6]:PORT, unix:PATH. */
#include "conf/blocks.h"

enum {
	PORT_MAX = 65535,
	HOST_MAX = 253,        /* RFC 1035 2.3.4: 255 on the wire */
	SOCKET_PATH_MAX = 107, /* sun_path with its NUL is 108 */
};

static bool parse_port(struct str text, uint16_t *port)
{
	uint64_t n;

	if (!str_u64(text, PORT_MAX, &n) || n == 0)
		return false;
	*port = (uint16_t)n;
	return true;
}

/* "[::1]:25" to "::1" and "25", "host:25" to "host" and "25"; a bare IPv6 address has no port. */
static bool split(struct str text, struct str *host, struct str *port, bool *bracketed)
{
	struct str tail;

	*port = (struct str){ 0 };
	*bracketed = text.n && text.p[0] == '[';
	if (*bracketed) {
		if (!str_cut(str_from(text, 1), ']', host, &tail))
			return false;
		if (tail.n && tail.p[0] != ':')
			return false;
		*port = tail.n ? str_from(tail, 1) : tail;
		return tail.n != 1;
	}
	if (!str_cut(text, ':', host, &tail))
		return true;
	if (tail.n && memchr(tail.p, ':', tail.n)) {
		*host = text;
		return true;
	}
	*port = tail;
	return tail.n != 0;
}

bool conf_address(struct str text, uint16_t default_port, struct ip *ip, uint16_t *port)
{
	struct str host, digits;
	bool bracketed;

	if (!split(text, &host, &digits, &bracketed) || !ip_parse(host, ip))
		return false;
	if (bracketed && !memchr(host.p, ':', host.n))
		return false;
	*port = default_port;
	return digits.n ? parse_port(digits, port) : default_port != 0;
}

bool conf_labels_ok(struct str s)
{
	char before = '.';

	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];

		if (!ascii_alnum(c) && c != '-' && c != '_' && (c != '.' || before == '.'))
			return false;
		before = c;
	}
	return before != '.';
}

/* A host name that DNS could know.  Only digits and dots: an address gone wrong. */
static bool host_ok(struct str s)
{
	bool letter = false;

	for (size_t i = 0; i < s.n; i++)
		letter |= !ascii_digit(s.p[i]) && s.p[i] != '.';
	return letter && s.n <= HOST_MAX &&
	       conf_labels_ok(str_ends(s, STR(".")) ? str_head(s, s.n - 1) : s);
}

bool conf_server(struct str text, struct conf_server *server)
{
	const struct str unix_prefix = STR("unix:");
	struct str host, digits;
	bool bracketed;

	*server = (struct conf_server){ 0 };
	if (str_starts(text, unix_prefix)) {
		server->kind = SERVER_UNIX;
		server->where = str_from(text, unix_prefix.n);
		return server->where.n > 0 && server->where.n <= SOCKET_PATH_MAX;
	}
	if (conf_address(text, 0, &server->ip, &server->port)) {
		server->kind = SERVER_IP;
		return true;
	}
	server->kind = SERVER_NAME;
	if (!split(text, &host, &digits, &bracketed) || bracketed || !host_ok(host))
		return false;
	server->where = host;
	return parse_port(digits, &server->port);
}
