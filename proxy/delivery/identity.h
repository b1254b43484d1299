/* identity.h - telling the backend who the client is: XCLIENT and XFORWARD commands, pure.
 *
 * Values are xtext (RFC 3461 4, as XCLIENT_README and XFORWARD_README ask), so nothing a
 * client says can end a value or a command. */
#ifndef DELIVERY_IDENTITY_H
#define DELIVERY_IDENTITY_H

#include "base/ip.h"
#include "base/out.h"
#include "base/str.h"
#include "protocol/xattr.h"

#include <assert.h>
#include <stdint.h>

struct delivery_sender;

/* In a set of attributes: IPv6 addresses are not said. */
#define IDENTITY_NO_IPV6 (1u << 31)
static_assert(XATTR_COUNT < 31, "a set has room for IDENTITY_NO_IPV6");

enum {
	IDENTITY_LINE_MAX = 512, /* both READMEs: a command has at most 512 characters */
	IDENTITY_MAX = IDENTITY_LINE_MAX * XATTR_COUNT
};

/* Commands `verb` with every attribute of the set; an unknown value is [UNAVAILABLE], which also
 * takes back what was said about the client before.  Each command ends in CRLF; returns how many. */
unsigned identity_print(struct out *o, const char *verb, uint32_t attributes,
			const struct delivery_sender *sender);

/* Whether an IPv6 address would be said. */
bool identity_has_ipv6(const struct delivery_sender *sender);

/* All that XCLIENT can say of a client: where two are equal, they are one client to the backend. */
struct str identity_client(struct out *o, const struct delivery_sender *sender);

#endif
