#include "redis/redis_url.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/ip.h"

#include <sys/un.h>

enum { DB_MAX = 65535, PORT_SERVER = 6379, PORT_SENTINEL = 26379 };

static const struct scheme {
	struct str word;
	enum redis_via via;
	bool tls;
	uint16_t port;
} schemes[] = {
	{ STR_INIT("redis://"), REDIS_VIA_TCP, false, PORT_SERVER },
	{ STR_INIT("rediss://"), REDIS_VIA_TCP, true, PORT_SERVER },
	{ STR_INIT("redis+unix://"), REDIS_VIA_UNIX, false, 0 },
	{ STR_INIT("redis+sentinel://"), REDIS_VIA_SENTINEL, false, PORT_SENTINEL },
	{ STR_INIT("rediss+sentinel://"), REDIS_VIA_SENTINEL, true, PORT_SENTINEL },
};

bool redis_url_is(struct str text)
{
	return str_starts(text, STR("redis"));
}

static const struct scheme *find_scheme(struct str text)
{
	for (size_t i = 0; i < COUNTOF(schemes); i++) {
		if (str_starts(text, schemes[i].word))
			return &schemes[i];
	}
	return NULL;
}

/* ---- parts ---- */

/* False: a % without two digits, or a byte that no text has. */
static bool decode(struct str raw, struct arena *arena, struct str *to)
{
	char *p = arena_alloc(arena, raw.n + 1);
	size_t n = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c == '%') {
			const int byte = hex_byte(str_from(raw, i + 1));

			if (byte < 0)
				return false;
			c = (char)byte;
			i += 2;
		}
		if ((unsigned char)c < ' ')
			return false;
		p[n++] = c;
	}
	*to = (struct str){ .p = p, .n = n };
	return true;
}

static bool keep(struct str raw, struct arena *arena, struct str *to)
{
	*to = arena_str(arena, raw);
	return to->p != NULL;
}

bool redis_host_name(struct str text)
{
	struct ip ip;

	if (text.n == 0 || text.n > LIMIT_DOMAIN)
		return false;
	if (memchr(text.p, ':', text.n))
		return ip_parse(text, &ip);
	for (size_t i = 0; i < text.n; i++) {
		if (!ascii_alnum(text.p[i]) && !memchr(".-_", text.p[i], 3))
			return false;
	}
	return true;
}

/* "host", "host:port", "[v6]", "[v6]:port". */
static bool parse_host(struct str text, uint16_t port, struct arena *arena, struct redis_host *host)
{
	struct str name, tail = { 0 };
	uint64_t n = port;
	bool ported;

	if (text.n && text.p[0] == '[') {
		if (!str_cut(str_from(text, 1), ']', &name, &tail) || !memchr(name.p, ':', name.n))
			return false;
		ported = tail.n > 0;
		if (ported && tail.p[0] != ':')
			return false;
		tail = str_from(tail, ported);
	} else {
		ported = str_cut(text, ':', &name, &tail);
	}
	if (ported && (!str_u64(tail, UINT16_MAX, &n) || n == 0))
		return false;
	host->port = (uint16_t)n;
	return redis_host_name(name) && keep(name, arena, &host->name);
}

static const char *parse_hosts(struct str text, uint16_t port, struct arena *arena,
			       struct redis_url *url)
{
	bool more = true;

	while (more) {
		struct str one;

		if (url->host_count == LIMIT_REDIS_HOSTS)
			return "too many hosts";
		more = str_cut(text, ',', &one, &text);
		if (!parse_host(one, port, arena, &url->hosts[url->host_count]))
			return "not a host or host:port";
		url->host_count++;
	}
	return NULL;
}

static const char *parse_login(struct str text, struct arena *arena, struct redis_url *url)
{
	struct str user, password;

	if (!str_cut(text, ':', &user, &password) || password.n == 0)
		return "a login is [user]:password";
	if (!decode(user, arena, &url->user) || !decode(password, arena, &url->password))
		return "in user and password, % is written as %25, and control characters are not allowed";
	return NULL;
}

static const char *parse_db(struct str text, struct redis_url *url)
{
	uint64_t n;

	if (!str_u64(text, DB_MAX, &n))
		return "the database is a number";
	url->db = (unsigned)n;
	return NULL;
}

/* ---- what follows the authority; `path` begins with its slash or is empty ---- */

static const char *parse_tcp(struct str path, struct redis_url *url)
{
	return path.n > 1 ? parse_db(str_from(path, 1), url) : NULL;
}

static const char *parse_sentinel(struct str path, struct arena *arena, struct redis_url *url)
{
	struct str name, db = { 0 };

	if (path.n)
		str_cut(str_from(path, 1), '/', &name, &db);
	if (path.n == 0 || name.n == 0)
		return "the name of the master is missing: redis+sentinel://host:port/name";
	if (name.n > LIMIT_DOMAIN || !decode(name, arena, &url->master))
		return "not a name of a master";
	return db.n ? parse_db(db, url) : NULL;
}

static const char *parse_unix(struct str path, struct arena *arena, struct redis_url *url)
{
	struct str query = { 0 };
	const bool asked = str_cut(path, '?', &path, &query);

	if (path.n < 2)
		return "the path of the socket is missing: redis+unix:///path";
	if (path.n >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return "longer than the path of a socket can be";
	if (!decode(path, arena, &url->path))
		return "not a path";
	if (asked && !str_starts(query, STR("db=")))
		return "what follows ? can only be db=";
	return asked ? parse_db(str_from(query, 3), url) : NULL;
}

static const char *parse_place(struct str authority, struct str path, const struct scheme *scheme,
			       struct arena *arena, struct redis_url *url)
{
	const char *wrong;

	if (scheme->via == REDIS_VIA_UNIX)
		return authority.n ? "the path of a socket begins with /"
				   : parse_unix(path, arena, url);
	wrong = parse_hosts(authority, scheme->port, arena, url);
	if (wrong)
		return wrong;
	return scheme->via == REDIS_VIA_SENTINEL ? parse_sentinel(path, arena, url)
						 : parse_tcp(path, url);
}

const char *redis_url_parse(struct str text, struct arena *arena, struct redis_url *url)
{
	const struct scheme *scheme = find_scheme(text);
	struct str rest, authority, path;
	const char *slash, *wrong = NULL;
	size_t at;

	if (!scheme)
		return "not one of redis:// rediss:// redis+unix:// redis+sentinel:// rediss+sentinel://";
	*url = (struct redis_url){ .via = scheme->via, .tls = scheme->tls };
	rest = str_from(text, scheme->word.n);
	slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
	authority = str_head(rest, slash ? (size_t)(slash - rest.p) : rest.n);
	path = str_from(rest, authority.n);
	/* A password may have an @ that was not encoded. */
	for (at = authority.n; at > 0 && authority.p[at - 1] != '@'; at--)
		;
	if (at > 0)
		wrong = parse_login(str_head(authority, at - 1), arena, url);
	return wrong ? wrong : parse_place(str_from(authority, at), path, scheme, arena, url);
}

/* ---- printing ---- */

void redis_host_print(struct out *o, const struct redis_host *host)
{
	const bool v6 = memchr(host->name.p, ':', host->name.n) != NULL;

	out_str(o, v6 ? STR("[") : STR(""));
	out_str(o, host->name);
	out_str(o, v6 ? STR("]:") : STR(":"));
	out_u64(o, host->port);
}

static struct str word_of(const struct redis_url *url)
{
	for (size_t i = 0; i < COUNTOF(schemes); i++) {
		if (schemes[i].via == url->via && schemes[i].tls == url->tls)
			return schemes[i].word;
	}
	UNREACHABLE();
}

void redis_url_print(struct out *o, const struct redis_url *url)
{
	out_str(o, word_of(url));
	for (unsigned i = 0; i < url->host_count; i++) {
		out_str(o, i ? STR(",") : STR(""));
		redis_host_print(o, &url->hosts[i]);
	}
	out_str(o, url->path);
	if (url->via == REDIS_VIA_SENTINEL) {
		out_char(o, '/');
		out_str(o, url->master);
	}
	if (url->db) {
		out_str(o, url->via == REDIS_VIA_UNIX ? STR("?db=") : STR("/"));
		out_u64(o, url->db);
	}
}
