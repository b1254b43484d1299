/* dnsgroup.h - the name servers together: how long each is given, and whether any is alive. */
#ifndef NET_DNSGROUP_H
#define NET_DNSGROUP_H

#include "base/limits.h"
#include "net/dnspeer.h"

enum dns_group_state {
	DNS_GROUP_FINE,
	DNS_GROUP_MUTE, /* of those that are not dead each is mute */
	DNS_GROUP_DEAD, /* all are */
};

struct dns_group {
	struct loop *loop;
	int64_t timeout_ms; /* of a question */
	int64_t try_ms;     /* then the next server is asked as well */
	struct dns_peer *peers[LIMIT_DNS_SERVERS];
	size_t count;
	enum dns_group_state state;
	void (*failed)(struct dns_group *group, void *arg); /* one of them: it died, or is mute */
	void *arg;
};

/* loop, failed and arg are set by the caller. */
void dns_group_open(struct dns_group *group, const struct dns_options *options);
void dns_group_close(struct dns_group *group);

size_t dns_group_index(const struct dns_group *group, const struct dns_peer *peer);

#endif
