/* xattr.h - the attributes of XCLIENT and XFORWARD (Postfix XCLIENT_README, XFORWARD_README), and sets of them. */
#ifndef PROTOCOL_XATTR_H
#define PROTOCOL_XATTR_H

#include "base/str.h"

#include <stdint.h>

#define XATTRS(X)                                                                                  \
	X(NAME)                                                                                    \
	X(ADDR)                                                                                    \
	X(PORT)                                                                                    \
	X(PROTO)                                                                                   \
	X(HELO)                                                                                    \
	X(LOGIN)                                                                                   \
	X(DESTADDR)                                                                                \
	X(DESTPORT)                                                                                \
	X(IDENT)                                                                                   \
	X(SOURCE)

enum xattr {
#define X(ID) XATTR_##ID,
	XATTRS(X)
#undef X
		XATTR_COUNT
};

/* As it is written. */
struct str xattr_name(enum xattr attr);

/* The attribute's bit in a set, 0 when we do not know it. */
uint32_t xattr_bit(struct str word);

#endif
