/* redis_link.h - one connection to a Redis or a Sentinel: the name is resolved, TLS shaken, replies are read.
 *
 * The owner is told through fn, always from the loop: REDIS_LINK_UP once, REDIS_LINK_REPLY for each reply,
 * REDIS_LINK_DOWN once, when the link has closed itself.  It has no patience of its own: the owner closes it when it
 * has waited long enough, at any time, also from within fn.  Of a name's addresses each is tried; the next time it
 * begins with the one behind. */
#ifndef REDIS_REDIS_LINK_H
#define REDIS_REDIS_LINK_H

#include "io/conn.h"
#include "net/dns.h"
#include "redis/redis_reader.h"
#include "redis/redis_url.h"

/* What all links of a client share. */
struct redis_net {
	struct loop *loop;
	struct dns *dns;
	struct tls *tls;    /* NULL: in the clear */
	int64_t timeout_ms; /* until a server has answered the first commands */
};

enum redis_link_event { REDIS_LINK_UP, REDIS_LINK_REPLY, REDIS_LINK_DOWN };

struct redis_link;
typedef void redis_link_fn(struct redis_link *link, enum redis_link_event event,
			   const struct redis_value *reply, void *arg);

struct redis_link {
	const struct redis_net *net;
	redis_link_fn *fn;
	void *arg;
	struct conn *conn; /* NULL: closed, or being resolved */
	bool up;
	struct endpoint to; /* of a host: .host and .port */
	struct ip found[LIMIT_REDIS_ADDRESSES];
	unsigned found_count, tried, turn;
	struct ops ops;
	struct dns_question question;
	enum rr_type asked;
	struct redis_reader reader;
	enum err err; /* why it is down, */
	struct out why;
	char why_bytes[160]; /* and in words */
};

void redis_link_init(struct redis_link *link, const struct redis_net *net, redis_link_fn *fn,
		     void *arg);
/* A closed one.  The texts stay until it is closed. */
void redis_link_open(struct redis_link *link, const struct redis_host *host);
void redis_link_open_unix(struct redis_link *link, const char *path);
void redis_link_close(struct redis_link *link);

/* A command, of an open one: goes out at the end of the turn. */
void redis_link_say(struct redis_link *link, const struct str *words, size_t count);

#endif
