/* proxy_header.h - the PROXY protocol (versions 1 and 2): who the client is, said by a proxy in the first
 * bytes of its connection, pure.
 *
 * Numbers in comments are clauses of the protocol's text, "The PROXY protocol, versions 1 & 2". */
#ifndef PROTOCOL_PROXY_HEADER_H
#define PROTOCOL_PROXY_HEADER_H

#include "base/attr.h"
#include "base/ip.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

enum proxy_state {
	PROXY_MORE, /* all good so far, and not complete */
	PROXY_WHOLE,
	PROXY_BAD,
};

struct proxy_header {
	/* PROXY_WHOLE: its length.  PROXY_MORE: it is at least so long, so that who must not read past
	 * its end (TLS follows) may read so much. */
	size_t n;
	/* False: the proxy speaks for itself (LOCAL), or says that it does not know (UNKNOWN): the
	 * addresses of the connection hold. */
	bool known;
	struct ip source, destination;
	uint16_t source_port, destination_port;
	struct str
		unique_id; /* printed only (2.2.5): the connection's name in our log; may be empty */
	const char *fault; /* PROXY_BAD: why */
};

enum {
	PROXY_SHORTEST = 15, /* "PROXY UNKNOWN" and CRLF: no header of either version is shorter */
};

/* input: all that came so far.  PROXY_MORE never comes for input as long as the limits allow. */
enum proxy_state proxy_header_parse(struct str input, struct proxy_header *h) NODISCARD;

/* A header of version 2 for these addresses; LOCAL when they are not `known` or not of one family.
 * unique_id: at most LIMIT_UNIQUE_ID bytes of it. */
void proxy_header_print(struct out *o, const struct proxy_header *h);

#endif
