/* caps.h - SMTP service extensions as a set: what a backend offers, what we offer.
 *
 * The table itself is protocol/extensions.def. */
#ifndef PROTOCOL_CAPS_H
#define PROTOCOL_CAPS_H

#include "base/attr.h"
#include "base/limits.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum cap {
#define EXTENSION(ID, KEYWORD, OFFER, ARGUMENT, SOURCE) CAP_##ID,
#define PARAMETER(KEY, OF, CAP, CHECK, CARRY)
#include "protocol/extensions.def"
#undef PARAMETER
#undef EXTENSION
	CAP_COUNT
};

enum cap_offer { OFFER_OURS, OFFER_BOTH, OFFER_SECURE, OFFER_LOGIN, OFFER_HOP };
enum cap_argument {
	ARGUMENT_NONE,
	ARGUMENT_SIZE,
	ARGUMENT_LIMITS,
	ARGUMENT_ATTRIBUTES,
	ARGUMENT_SAME,
	ARGUMENT_MECHANISMS
};

struct extension {
	const char *keyword;
	enum cap_offer offer;
	enum cap_argument argument;
};

extern const struct extension extensions[CAP_COUNT];

enum { CAPS_WORDS_MAX = 480 };

struct caps {
	uint32_t set; /* bit per enum cap */
	uint8_t name_n;
	char name[LIMIT_DOMAIN];    /* what it calls itself (RFC 5321 4.1.1.1); empty: no domain */
	uint64_t size;              /* SIZE's parameter; 0: no fixed limit */
	uint32_t rcpt_max;          /* LIMITS RCPTMAX=; 0: none */
	uint32_t xclient, xforward; /* attributes offered: bits of enum xattr (protocol/xattr.h) */
	/* What stood behind the keywords of ARGUMENT_SAME and MECHANISMS, one after the other. */
	char words[CAPS_WORDS_MAX];
	struct {
		uint16_t at, n;
	} argument[CAP_COUNT];
};

/* False: not a keyword of ours. */
bool caps_lookup(struct str keyword, enum cap *cap) NODISCARD;

/* What an EHLO reply says: its lines separated by '\n', the first one is the server's name
 * (RFC 5321 4.1.1.1).  Unknown keywords are left out, and BINARYMIME without CHUNKING (RFC 3030 2.3),
 * and AUTH without a mechanism. */
struct caps caps_parse(struct str text);

/* What the reply to HELO says: a name. */
struct caps caps_parse_helo(struct str text);

/* Takes away what wants TLS with a server that has proved to be itself: this one has not. */
void caps_unproven(struct caps *c);

/* What both offer; the smaller size, the first one's name.  An extension with other words behind it is not common. */
struct caps caps_common(const struct caps *a, const struct caps *b);

struct str caps_name(const struct caps *c);

/* The words behind a keyword of ARGUMENT_SAME or MECHANISMS, as the backend wrote them. */
struct str caps_argument(const struct caps *c, enum cap cap);

static inline bool caps_has(const struct caps *c, enum cap cap)
{
	return (c->set & (1u << cap)) != 0;
}

#endif
