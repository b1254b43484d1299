/* dnsresolv.h - the system's name servers: the nameserver lines of /etc/resolv.conf. */
#ifndef NET_DNSRESOLV_H
#define NET_DNSRESOLV_H

#include "net/dns.h"

/* The first `max` servers of the text (resolv.conf(5)); lines it cannot read are passed over. */
size_t dnsresolv_parse(struct str text, struct dns_server *servers, size_t max);

/* At least one (max > 0): with no file or no server in it, 127.0.0.1 as resolv.conf(5) says. */
size_t dnsresolv_system(struct dns_server *servers, size_t max);

#endif
