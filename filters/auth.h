/* auth.h - what is known of who sent a message: SPF, DKIM, ARC and DMARC results in the words of RFC 8601.
 *
 * One struct auth per transaction, in its arena; SPF's result for the greeting lives with the greeting, the client
 * with the connection.  Each of these filters writes its own part, once; in PHASE_ALIGN all but DMARC's own are
 * complete, and DMARC reads them.  Authentication-Results and `scan --json` are written from here.  Texts point into
 * the transaction's arena; whatever a stranger wrote is in them as he wrote it. */
#ifndef FILTERS_AUTH_H
#define FILTERS_AUTH_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* RFC 8601 2.7 */
#define AUTH_RESULTS(X)                                                                            \
	X(NONE, "none")                                                                            \
	X(PASS, "pass")                                                                            \
	X(FAIL, "fail")                                                                            \
	X(SOFTFAIL, "softfail")                                                                    \
	X(NEUTRAL, "neutral")                                                                      \
	X(TEMPERROR, "temperror")                                                                  \
	X(PERMERROR, "permerror")                                                                  \
	X(POLICY, "policy")

enum auth_result {
#define X(ID, TEXT) AUTH_##ID,
	AUTH_RESULTS(X)
#undef X
		AUTH_RESULT_COUNT
};
const char *auth_result_name(enum auth_result result);

/* Of the connection. */
struct auth_client {
	bool looked_up;  /* DNS has answered */
	struct str name; /* of its address, confirmed by the name's own addresses; empty: none */
};

/* One identity checked by SPF (RFC 7208 2.3, 2.4). */
struct auth_spf {
	bool checked;
	enum auth_result result;
	struct str domain;      /* whose record it was */
	struct str explanation; /* of a fail (RFC 7208 6.2) */
	struct str reason;      /* the mechanism that matched, or what is wrong */
};

/* One DKIM-Signature (RFC 6376), or DomainKeys-Signature (historic). */
struct auth_dkim {
	struct auth_dkim *next; /* in the order of the header section */
	bool domainkeys;
	bool testing; /* its key is under test (t=y) */
	enum auth_result result;
	bool trusted; /* passed, covers the whole body and the only From: good for alignment */
	struct str domain, selector, algorithm; /* d=, s=, a= */
	struct str identity;                    /* i=; empty: none */
	struct str b;                           /* the first 8 characters of b= (RFC 6008) */
	struct str reason;
};

/* RFC 9989 */
enum auth_policy { AUTH_POLICY_NONE, AUTH_POLICY_QUARANTINE, AUTH_POLICY_REJECT };
const char *auth_policy_name(enum auth_policy policy);
struct auth_dmarc {
	bool checked;
	enum auth_result result;
	struct str
		domain; /* of From, as A-labels; without one author: whose policy applies, or empty */
	struct str organization;      /* the domain it belongs to; empty: not known */
	enum auth_policy policy;      /* what p, sp or np says */
	enum auth_policy disposition; /* what applies after t=y and what the operator says */
	enum auth_policy undecided;   /* what would apply, had DNS not failed */
	struct str reason;
};

/* RFC 8617 */
struct arc_sealing;
struct auth_arc {
	bool checked;
	enum auth_result result; /* none, pass, fail */
	unsigned instance;       /* of the newest set */
	struct str domain;       /* its sealer */
	bool trusted; /* passes, the operator named the sealer, and who he named has not seen DMARC fail */
	enum auth_result dmarc; /* trusted: what they have seen of it; none: they do not say */
	struct str reason;
	bool seals; /* known from PHASE_HEADER on: it is sealed when it passes */
	struct arc_sealing *
		sealing; /* from PHASE_END on, see arc/seal.h; NULL: the chain is not ours to go on with */
};

/* Who wrote it (RFC 5322 3.6.2), by domain. */
enum auth_author {
	AUTH_AUTHOR_NONE,    /* no From, or no domain in it */
	AUTH_AUTHOR_ONE,     /* one domain */
	AUTH_AUTHOR_UNCLEAR, /* several, or not to be told */
};

struct auth {
	enum auth_author author; /* from PHASE_HEADER on, behind the filter `from` */
	struct str from_domain;  /* as A-labels; empty: not one */
	/* Each that the author may be of, as A-labels: what readers of an unclear From could find in it. */
	const struct str *from_domains;
	unsigned from_domain_count; /* at most LIMIT_FROM_DOMAINS */
	struct auth_spf
		spf; /* of MAIL FROM; with the null sender, of the greeting as postmaster's (RFC 7208 2.4) */
	bool dkim_checked;
	struct auth_dkim *dkim;
	struct auth_arc arc;
	struct auth_dmarc dmarc;
};

#endif
