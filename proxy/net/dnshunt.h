/* dnshunt.h - the search for one answer: which servers were asked, whose turn it is, when it is over.
 *
 * Whatever happens to a hunt (a packet, a timeout, a refusal inside c-ares) only calls stirred();
 * the owner calls dns_hunt_advance() later, from the loop.  The rules are told in dns.h. */
#ifndef NET_DNSHUNT_H
#define NET_DNSHUNT_H

#include "base/arena.h"
#include "net/dnscache.h"
#include "net/dnsgroup.h"

enum dns_hunt_state {
	DNS_HUNT_NEW, /* nothing was sent */
	DNS_HUNT_ASKING,
	DNS_HUNT_HURRIED, /* all servers are dead or mute: a last moment */
	DNS_HUNT_ENDED,   /* `known` is the answer */
};

struct dns_hunt {
	struct dns_group *group;
	struct dns_key key; /* its name lies with the owner */
	bool stranger;      /* all who ask have the name of a stranger */
	void (*stirred)(struct dns_hunt *hunt);
	enum dns_hunt_state state;
	bool expired; /* the timer fired since the last dns_hunt_advance() */
	struct timer timer;
	int64_t start_ms;
	struct dns_try *tries;           /* not answered yet */
	uint8_t sent[LIMIT_DNS_SERVERS]; /* packets */
	bool failed[LIMIT_DNS_SERVERS];  /* said that it cannot */
	struct dns_known known;          /* before the end: .err is why tries ended so far */
	struct arena arena;              /* of known.answer */
};

/* group, key and stirred are set by the caller, the rest is zero. */
void dns_hunt_init(struct dns_hunt *hunt);
void dns_hunt_free(struct dns_hunt *hunt);

/* Looks what there is to do: asks the next server, waits on, or ends. */
void dns_hunt_advance(struct dns_hunt *hunt);

/* answer.ttl_s of a failure says how long it is worth keeping. */
void dns_hunt_end(struct dns_hunt *hunt, enum err err);

/* Long enough to hold it against the zone that no answer came: half of the timeout. */
bool dns_hunt_was_long(const struct dns_hunt *hunt);

/* Nobody waits any longer: a server that kept silent so far is doubted. */
void dns_hunt_doubt(const struct dns_hunt *hunt);

#endif
