/* redis_url.h - where a Redis is and how to log in, as its URL says.  Pure.
 *
 *	redis://[[user]:password@]host[:port][,host[:port]...][/db]     rediss:// the same over TLS
 *	redis+unix://[[user]:password@]/path/of/socket[?db=N]
 *	redis+sentinel://[[user]:password@]host[:port][,host...]/name-of-master[/db]     rediss+sentinel://
 *
 * User and password are percent-decoded (RFC 3986 2.1) and are those of the servers, not of the Sentinels.
 * Several hosts without Sentinel: the one that is the master is used.  What is wrong with a URL is told in
 * static words, so that no password gets into a message. */
#ifndef REDIS_REDIS_URL_H
#define REDIS_REDIS_URL_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/out.h"

#include <stdbool.h>
#include <stdint.h>

enum redis_via { REDIS_VIA_TCP, REDIS_VIA_UNIX, REDIS_VIA_SENTINEL };

struct redis_host {
	struct str name; /* a host name or an address, NUL-terminated too */
	uint16_t port;
};

struct redis_url {
	enum redis_via via;
	bool tls;
	struct redis_host
		hosts[LIMIT_REDIS_HOSTS]; /* servers or Sentinels; none of REDIS_VIA_UNIX */
	unsigned host_count;
	struct str path;           /* REDIS_VIA_UNIX; NUL-terminated too */
	struct str master;         /* REDIS_VIA_SENTINEL */
	struct str user, password; /* empty: none */
	unsigned db;
};

/* Whether the text is meant as one: "redis...:". */
bool redis_url_is(struct str text);

/* The texts of `url` lie in the arena.  NULL, or what is wrong. */
const char *redis_url_parse(struct str text, struct arena *arena, struct redis_url *url) NODISCARD;

/* A host name or an address (IPv6 without brackets) that can be one. */
bool redis_host_name(struct str text);

void redis_host_print(struct out *o, const struct redis_host *host); /* "[::1]:6379" */
/* As an operator knows it, without user and password. */
void redis_url_print(struct out *o, const struct redis_url *url);

#endif
