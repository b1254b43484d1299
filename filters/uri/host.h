/* host.h - the host of a URI as it is asked for: an address, or a name of A-labels in lower case; pure but for the
 * Public Suffix List. */
#ifndef FILTERS_URI_HOST_H
#define FILTERS_URI_HOST_H

#include "base/ip.h"
#include "base/limits.h"
#include "base/out.h"
#include "filters/suffixes.h"
#include "filters/uri/uris.h"

#include <stdint.h>

enum uri_host_trait {
	URI_HOST_ESCAPED = 1 << 0, /* it is written with % */
	URI_HOST_ODD = 1 << 1,     /* an IPv4 address, not as four decimal numbers */
	URI_HOST_UNREAD = 1 << 2,  /* past ASCII, and more than is converted */
};

struct uri_host {
	struct ip ip;   /* IP_NONE: it is a name */
	uint8_t traits; /* enum uri_host_trait */
	struct str
		name; /* in `bytes`; with a NUL behind it; of an address as it is written usually */
	struct str
		domain; /* the registrable part of the name, whatever is in front; empty: there is none */
	char bytes[LIMIT_DNS_NAME + 1];
};

/* As browsers read it (WHATWG URL 3.5): escapes undone, IDNA by UTS 46, addresses in decimal, octal and hex, of one to
 * four numbers.  uris: the message's, where hosts past ASCII are kept, so that each is converted once, and LIMIT_URI_IDN
 * is kept; NULL: this one belongs to none.  False: it is no host, or URI_HOST_UNREAD. */
bool uri_host_read(struct str text, const struct suffixes *suffixes, struct uris *uris,
		   struct uri_host *host) NODISCARD;

/* May the name be one of the Internet?  Two labels or more, none of them empty or with "-" at an end, "_" in neither of
 * the last two, and a top level that there is. */
bool uri_host_is_public(struct str name, const struct suffixes *suffixes);

/* "0x7f.1" as an address (WHATWG URL 3.5).  False: it is none. */
bool uri_host_ipv4(struct str text, struct ip *ip) NODISCARD;

#endif
