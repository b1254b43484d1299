/* dnsgroup.h - the name servers together: how long each is given, and whether any is alive. */
#ifndef NET_DNSGROUP_H
#define NET_DNSGROUP_H

#include "base/limits.h"
#include "net/dnspeer.h"

struct dns_group {
	struct loop *loop;
	int64_t timeout_ms; /* of a question */
	int64_t try_ms;     /* then the next server is asked as well */
	struct dns_peer *peers[LIMIT_DNS_SERVERS];
	size_t count;
	bool degraded;                                    /* all are dead */
	void (*died)(struct dns_group *group, void *arg); /* one of them */
	void *arg;
};

/* loop, died and arg are set by the caller. */
void dns_group_open(struct dns_group *group, const struct dns_options *options);
void dns_group_close(struct dns_group *group);

size_t dns_group_index(const struct dns_group *group, const struct dns_peer *peer);

#endif
