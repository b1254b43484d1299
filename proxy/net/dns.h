/* dns.h - the resolver of a worker: asks, caches, and never lets anybody wait past a deadline.
 *
 * c-ares 1.18 carries the packets (net/dnspeer.h); what it lacks is here: one deadline per question
 * whatever the servers do, health of each server, a TTL and negative cache with a ceiling, coalescing
 * of equal questions (one query, several askers; one may leave without the others noticing),
 * validation of names.
 *
 * Whom it asks.  The servers that are alive, in the order given; the next one is asked as well when
 * the first has not answered for LIMIT_DNS_TRY_MS (or a share of the timeout, if that is shorter),
 * at once when it refuses or fails (SERVFAIL, REFUSED, malformed).  A late answer still counts.
 * Every server is sent a question at most LIMIT_DNS_TRIES times; one that is dead is not asked, it
 * is probed every two seconds.
 *
 * Degraded: all servers are dead.  A question is then sent to all of them at once and given a
 * fifth of LIMIT_DNS_TRY_MS, then it fails: a mail without DNS waits a moment, not its deadlines, and
 * the first answer that does come ends the state.  The same when all that live are mute (a local
 * resolver whose line is down), but a question is given LIMIT_DNS_TRY_MS.  Beside others a mute
 * server is asked last, and one question every two tries' time goes to it too, so that it shows when
 * it has its line back.
 *
 * Failures of a zone are kept for LIMIT_DNS_FAIL_TTL_S: every server failed, or none answered for
 * half of the timeout.  Failures while degraded or unreachable are not kept.
 *
 * c-ares sends from one source port as long as its socket lives: beside the 16 random bits of the
 * id there is little to guess for who can see or forge packets.  Use a local resolver (127.0.0.1).
 *
 * Answers come through the loop, also from the cache.  result is a const struct dns_answer,
 * valid until done() returns; err is ERR_OK for every status but DNS_FAILED, where it says why:
 * ERR_TIMEOUT, ERR_SERVFAIL, ERR_UNREACHABLE, ERR_SYNTAX: not a name that can be asked,
 * ERR_LIMIT: too many open questions. */
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
	const struct dns_server *servers; /* copied; none: /etc/resolv.conf */
	size_t server_count;              /* more than LIMIT_DNS_SERVERS are not used */
	int64_t timeout_ms;               /* of a question, over all servers and tries */
};

struct dns *dns_new(struct loop *loop, const struct dns_options *options);
void dns_free(struct dns *dns); /* open questions are cancelled; not from within done() */

/* A question; embeds its op.  The memory is the asker's. */
struct dns_question {
	struct op op;
	/* Set by the caller: a client chose the name.  Such questions leave LIMIT_DNS_RESERVED for others, so
	 * that zones of strangers, however slow, keep nobody from asking a block list. */
	bool stranger;
	/* the resolver's: */
	struct dns_question *next, **link;
	struct dns_query *query;
	struct timer deadline;
};

/* question->op.done, .arg and question->stranger are set by the caller.  `name` is copied; case and one final dot do
 * not matter.  deadline_ms: at most this long from now (0: the resolver's timeout). */
void dns_ask(struct dns *dns, struct ops *ops, struct dns_question *question, struct str name,
	     enum rr_type type, int64_t deadline_ms);

#endif
