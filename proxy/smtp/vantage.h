/* vantage.h - do we see the clients, or one thing between them and us?  Pure.
 *
 * Behind NAT, a container's bridge or a forwarder that says nothing of whom it forwards for, every client has the
 * same private address.  A filter that judges a client by its address would judge them all alike, and reject
 * everyone.  So when nearly all connections of a while come from one private address, that address is
 * nobody's: filters are told that it is not known.  Other clients are seen as they are, and judged as ever.
 *
 * One address is watched: the majority vote of Boyer and Moore finds one that has the most, in constant memory. */
#ifndef SMTP_VANTAGE_H
#define SMTP_VANTAGE_H

#include "base/ip.h"
#include "conf/blocks.h"

struct vantage {
	struct ip suspect;
	unsigned votes;     /* of the majority vote */
	unsigned from, all; /* connections: the suspect's, all; halved when the window is over */
	int64_t since_ms;   /* the window began; 0: none yet */
	bool wrong;         /* the suspect is nobody's address */
};

enum vantage_news {
	VANTAGE_SAME,
	VANTAGE_WRONG, /* from now on */
	VANTAGE_STILL, /* wrong, and another window is over: time to say it again */
	VANTAGE_RIGHT, /* it no longer is */
};

/* A client has come.  Those who were not seen but named (PROXY header, XCLIENT) count as who they are; who
 * names others does not count. */
enum vantage_news vantage_note(struct vantage *v, const struct conf_vantage *conf,
			       const struct ip *client, int64_t now_ms);

/* This client's address says nothing about it. */
bool vantage_hides(const struct vantage *v, const struct ip *client);

#endif
