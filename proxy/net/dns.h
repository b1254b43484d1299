/* dns.h - the resolver of a worker: asks, caches, and never lets anybody wait past a deadline.
 *
 * c-ares 1.18 carries the packets; what it lacks is here: one deadline per question whatever
 * the servers do, health of each server (a dead first server costs nothing after it is known), a
 * TTL and negative cache with a ceiling, coalescing of equal questions, validation of names.
 *
 * Answers come through the loop, also from the cache.  result is a const struct dns_answer,
 * valid until done() returns; err is ERR_OK for every status but DNS_FAILED, where it says why
 * (ERR_TIMEOUT, ERR_SERVFAIL, ERR_SYNTAX: not a name, ERR_LIMIT: too many open questions). */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "base/op.h"
#include "base/rr.h"
#include "io/loop.h"

struct dns;

struct dns_server {
	struct ip ip;
	uint16_t port;
};

struct dns_options {
	const struct dns_server *servers; /* none: /etc/resolv.conf */
	size_t server_count;
	int64_t timeout_ms; /* of a question, over all servers and tries */
};

struct dns *dns_new(struct loop *loop, const struct dns_options *options);
void dns_free(struct dns *dns);

/* A question; embeds its op.  The memory is the asker's. */
struct dns_question {
	struct op op;
	/* the resolver's: */
	struct dns_question *next, **link;
	struct dns_query *query;
};

/* question->op.done and .arg are set by the caller.  `name` is copied.  deadline_ms: at most
 * this long from now (0: the resolver's timeout). */
void dns_ask(struct dns *dns, struct ops *ops, struct dns_question *question, struct str name,
	     enum rr_type type, int64_t deadline_ms);

/* True when every server failed lately: answers are unlikely and `degraded` is due. */
bool dns_is_degraded(const struct dns *dns);

#endif
