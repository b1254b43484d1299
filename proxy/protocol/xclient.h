/* xclient.h - the argument of XCLIENT: who the client is, said by a mail proxy in front (Postfix
 * XCLIENT_README), pure. */
#ifndef PROTOCOL_XCLIENT_H
#define PROTOCOL_XCLIENT_H

#include "base/attr.h"
#include "base/ip.h"
#include "base/out.h"
#include "protocol/xattr.h"

/* The attributes taken, as EHLO lists them. */
#define XCLIENT_WORDS "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"

/* What was said.  A value that is [UNAVAILABLE] or [TEMPUNAVAIL] is in the set and empty: IP_NONE, 0, "". */
struct xclient {
	uint32_t set; /* bits of enum xattr */
	struct ip addr, dest_addr;
	uint16_t port, dest_port;
	bool esmtp;                   /* PROTO */
	struct str name, helo, login; /* decoded, in `store` */
};

/* store: room for as many bytes as the argument has.  NULL: all is well; otherwise the text of the 501. */
const char *xclient_parse(struct str argument, struct out *store, struct xclient *x) NODISCARD;

#endif
