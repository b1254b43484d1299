/* ip.h - an IPv4 or IPv6 address as a value, and networks of them.
 *
 * IPv4-mapped IPv6 addresses (::ffff:192.0.2.1) are turned into IPv4 on the way in, so that a
 * dual-stack socket and an IPv4 one mean the same client. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/attr.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum ip_family { IP_NONE, IP_V4, IP_V6 };

struct ip {
	enum ip_family family;
	uint8_t bytes[16]; /* network order; the first 4 for IPv4 */
};

struct ip_net {
	struct ip base;
	uint8_t bits;
};

struct ip_nets {
	struct ip_net *items;
	size_t count;
};

enum { IP_TEXT_MAX = 48 };

bool ip_parse(struct str text, struct ip *ip) NODISCARD;
/* 4 or 16 bytes in network order. */
struct ip ip_from_bytes(enum ip_family family, const void *bytes);
bool ip_net_parse(struct str text, struct ip_net *net) NODISCARD; /* "192.0.2.0/24", "::1" */
struct ip ip_net_first(const struct ip_net *net); /* its base without bits beyond the prefix */
void ip_net_print(struct out *o, const struct ip_net *net); /* "192.0.2.0/24", "192.0.2.1" */
bool ip_net_has(const struct ip_net *net, const struct ip *ip);
bool ip_nets_have(const struct ip_nets *nets, const struct ip *ip);
bool ip_eq(const struct ip *a, const struct ip *b);
bool ip_is_loopback(const struct ip *ip); /* 127.0.0.0/8, ::1 */
/* Nobody of the public Internet has such an address: RFC 1918, 4193, 6598, loopback, link-local. */
bool ip_is_private(const struct ip *ip);
void ip_print(struct out *o, const struct ip *ip);

/* "1.2.0.192" or 32 nibbles: the order of DNS lists (RFC 5782) and of in-addr/ip6.arpa. */
void ip_print_reversed(struct out *o, const struct ip *ip);

/* As RFC 5321 4.1.3 writes it: [192.0.2.1] or [IPv6:2001:db8::1]. */
void ip_print_literal(struct out *o, const struct ip *ip);

#endif
