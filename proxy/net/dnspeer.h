/* dnspeer.h - one name server: the c-ares channel that carries packets to it, and its health.
 *
 * c-ares sends each packet once and matches answers by id and question; a truncated one is asked for
 * again by TCP; whom to ask, how often and for how long is decided by the asker.
 *
 * A server that leaves a question unanswered is doubted and asked for "localhost" (RFC 6761 6.3:
 * it answers that by itself), so that a slow zone does not make its server look dead.  Two such
 * probes unanswered: it is dead, and probed on until it answers.  Any answer at all, of whatever
 * response code, makes it good again.  At the start every server is doubted: what is down is known
 * before the first mail.
 *
 * A server that lives may have nobody to ask: its line is down.  It is mute when LIMIT_DNS_UNHEARD questions in a row
 * were left unanswered for a try's time each, or answered by no more than that it cannot (SERVFAIL ...), until it
 * answers one, however late. */
#ifndef NET_DNSPEER_H
#define NET_DNSPEER_H

#include "net/dns.h"
#include "net/dnscache.h"

struct dns_peer;
struct dns_try;

/* How a try ended.  ERR_OK: `packet` is an answer to this question, valid during the call.
 * ERR_PROTOCOL: the server does not know EDNS, ask again (the next packet goes without).
 * ERR_UNREACHABLE, ERR_TIMEOUT: nothing came.  ERR_LIMIT: LIMIT_DNS_IN_FLIGHT are on their way, which is not the
 * server's fault.  May be called inside dns_peer_send(). */
typedef void dns_try_fn(struct dns_try *attempt, enum err err, struct str packet);

struct dns_packet {
	struct dns_key key; /* its name lives as long as somebody waits */
	bool stranger;      /* see struct dns_question: such packets leave room for others */
};

/* A packet on its way.  The peer's memory; gone when done() returns. */
struct dns_try {
	struct dns_try *next, **link; /* in the asker's list; link == NULL: nobody waits */
	struct dns_peer *peer;
	struct dns_packet packet;
	bool tcp; /* it was truncated */
	dns_try_fn *done;
	void *arg;
	int64_t sent_ms;
	bool edns;
	bool unheard; /* it, or the one before it, counts among the questions that make its peer mute */
};

struct dns_peer_options {
	struct dns_server server;
	int64_t try_ms;     /* without an answer: doubt.  Half of it is given to a probe */
	int64_t timeout_ms; /* then a try ends */
	/* It died, fell mute or came back.  Called from the loop, or inside dns_peer_send() and dns_try_doubt(). */
	void (*changed)(struct dns_peer *peer, void *arg);
	void *arg;
};

struct dns_peer *dns_peer_new(struct loop *loop, const struct dns_peer_options *options);
void dns_peer_free(struct dns_peer *peer); /* open tries end without done() */

/* The try is put into *list before anything else happens. */
void dns_peer_send(struct dns_peer *peer, struct dns_packet packet, struct dns_try **list,
		   dns_try_fn *done, void *arg);

/* Nobody waits for these any more. */
void dns_tries_drop(struct dns_try **list);

/* It was not answered in time. */
void dns_try_doubt(struct dns_try *attempt);
bool dns_peer_is_dead(const struct dns_peer *peer);
bool dns_peer_is_mute(const struct dns_peer *peer);
/* It is mute, and it is time to see whether it still is. */
bool dns_peer_is_due(const struct dns_peer *peer);

#endif
