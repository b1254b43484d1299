/* fakedns.h - a name server inside a test, on UDP and TCP of one loopback port, driven by the
 * test's own loop.  What it does is said by the first letters of the asked name:
 *
 *	a...     A 127.0.0.2, TTL 300          zero...    the same, TTL 0
 *	nx...    NXDOMAIN, SOA minimum 60      nodata...  no records, SOA minimum 30
 *	drop...  nothing                       hold...    as a..., when fakedns_release() says so
 *	wrongid, wrongname, wrongtype...       a forged answer (127.6.6.6) first, then the right one
 *	poison.. records of other names too    cut...     a packet that ends inside a record
 *	long...  truncated, whole over TCP     old...     FORMERR when asked with EDNS
 *	gone...  truncated, and TCP is closed     fail...  SERVFAIL
 *
 * "localhost" (the resolver's probes) is answered by all but a silent server. */
#ifndef UNIT_NET_FAKEDNS_H
#define UNIT_NET_FAKEDNS_H

#include "io/loop.h"
#include "net/dns.h"
#include "packet.h"

#include <netinet/in.h>

enum fakedns_mode {
	FAKEDNS_ANSWERS,
	FAKEDNS_SILENT,
	FAKEDNS_FAILS,
	FAKEDNS_MUTE /* to all but probes */
};

struct fakedns_query {
	unsigned id;
	enum rr_type type;
	bool edns, tcp;
	char name[256];
	struct sockaddr_in from;
};

enum { FAKEDNS_HELD = 16 };

struct fakedns {
	struct loop *loop;
	enum fakedns_mode mode;
	struct dns_server address;
	unsigned asked, asked_tcp, probed; /* probes are not in `asked` */
	int udp, listener, tcp;
	struct watch udp_watch, listener_watch, tcp_watch;
	struct fakedns_query held[FAKEDNS_HELD];
	unsigned held_count;
};

void fakedns_open(struct fakedns *s, struct loop *loop);
/* Its port refuses from now on, and nobody else can have it: what another test would say there is no answer of it. */
void fakedns_refuse(struct fakedns *s);
void fakedns_close(struct fakedns *s);
void fakedns_release(struct fakedns *s);

#endif
