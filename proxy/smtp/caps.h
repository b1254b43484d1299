/* caps.h - SMTP service extensions as a set: what a backend offers, what we offer. */
#ifndef SMTP_CAPS_H
#define SMTP_CAPS_H

#include "base/attr.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* keyword; who must have it before we offer it:
 *   OURS     we do it whatever the backend does
 *   BOTH     offered when the backend has it: it is carried end to end
 *   HOP      belongs to one hop: used toward the backend, offered to clients by other rules
 *   SIZED    BOTH, with the smaller of two limits as its parameter (RFC 1870) */
#define CAPS(X)                                                                                    \
	X(PIPELINING, "PIPELINING", OURS, "RFC 2920")                                              \
	X(SIZE, "SIZE", SIZED, "RFC 1870")                                                         \
	X(STARTTLS, "STARTTLS", HOP, "RFC 3207")                                                   \
	X(8BITMIME, "8BITMIME", BOTH, "RFC 6152")                                                  \
	X(ENHANCED, "ENHANCEDSTATUSCODES", OURS, "RFC 2034")                                       \
	X(SMTPUTF8, "SMTPUTF8", BOTH, "RFC 6531")                                                  \
	X(DSN, "DSN", BOTH, "RFC 3461")                                                            \
	X(XCLIENT, "XCLIENT", HOP, "Postfix XCLIENT_README")                                       \
	X(XFORWARD, "XFORWARD", HOP, "Postfix XFORWARD_README")

enum cap {
#define X(ID, KEYWORD, OFFER, SOURCE) CAP_##ID,
	CAPS(X)
#undef X
		CAP_COUNT
};

struct caps {
	uint32_t set;               /* bit per enum cap */
	uint64_t size;              /* SIZE's parameter; 0: no fixed limit */
	uint32_t xclient, xforward; /* attributes offered: bits of enum xattr (smtp/identity.h) */
};

/* The keyword of a capability, and the other way round; false: not one of ours. */
const char *caps_keyword(enum cap cap);
bool caps_lookup(struct str keyword, enum cap *cap) NODISCARD;

/* What an EHLO reply says: its lines separated by '\n', the first one is the server's name
 * (RFC 5321 4.1.1.1).  Unknown keywords are left out. */
struct caps caps_parse(struct str text);

/* What both offer; the smaller size. */
struct caps caps_common(const struct caps *a, const struct caps *b);

/* The extensions that parameters of MAIL or RCPT belong to: bits as in set. */
uint32_t caps_needed(struct str params);

static inline bool caps_has(const struct caps *c, enum cap cap)
{
	return (c->set & (1u << cap)) != 0;
}

#endif
