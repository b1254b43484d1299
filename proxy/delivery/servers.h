/* servers.h - the addresses of a backend, and which of them to try now.
 *
 * A server that fails is left alone for a while that doubles with every failure; after it, one
 * connection at a time tries whether it is back.  Host names are resolved once, at the start; one
 * that is not known then is left out, unless it is the last. */
#ifndef DELIVERY_SERVERS_H
#define DELIVERY_SERVERS_H

#include "conf/blocks.h"
#include "io/conn.h"
#include "protocol/caps.h"

struct server {
	struct endpoint to;
	char *name; /* "10.0.0.5:25", for the log */
	char *host; /* as configured, for TLS */
	struct caps caps;
	bool seen;            /* caps are what its last EHLO said */
	unsigned failures;    /* in a row; 0: healthy */
	unsigned trying;      /* connections being made */
	int64_t retry_at_ms;  /* with failures: not before */
	bool doubted, probed; /* a client's connection failed; one of nobody's is out to see why */
	bool blind;           /* said in the log: it is not told who the client is */
	int64_t no_tls_until_ms;     /* tls = optional: the handshake failed lately */
	int64_t no_xclient_until_ms; /* identity = auto: XCLIENT was refused lately */
	int64_t no_ipv6_until_ms;    /* XCLIENT with an IPv6 address was refused lately */
	bool xclient_works;          /* it has been accepted: a refusal is about the client */
};

struct servers {
	struct server *list;
	size_t count, next; /* next: round robin */
};

/* False with a reason: does not parse, or none resolves. */
bool servers_init(struct servers *s, const struct conf_backend *conf, struct out *why) NODISCARD;
void servers_free(struct servers *s);

/* The healthy server whose turn it is; else one that may be tried again, longest overdue first; or NULL. */
struct server *servers_pick(struct servers *s, int64_t now_ms);
/* One that is down and due for a try, beside the healthy ones; or NULL. */
struct server *servers_due(struct servers *s, int64_t now_ms);

void server_failed(struct server *s, int64_t now_ms);
void server_works(struct server *s);

#endif
