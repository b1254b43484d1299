/* record.h - the text of an SPF record (RFC 7208 4.5, 4.6, 12): bytes in, terms out; pure. */
#ifndef FILTERS_SPF_RECORD_H
#define FILTERS_SPF_RECORD_H

#include "base/attr.h"
#include "base/ip.h"
#include "base/str.h"

#include <stdbool.h>

/* name, takes a domain-spec (N: no, O: optional, R: required), costs a lookup (RFC 7208 4.6.4) */
#define SPF_MECHANISMS(X)                                                                          \
	X(ALL, "all", N, false)                                                                    \
	X(INCLUDE, "include", R, true)                                                             \
	X(A, "a", O, true)                                                                         \
	X(MX, "mx", O, true)                                                                       \
	X(PTR, "ptr", O, true)                                                                     \
	X(IP4, "ip4", N, false)                                                                    \
	X(IP6, "ip6", N, false)                                                                    \
	X(EXISTS, "exists", R, true)

enum spf_mechanism {
#define X(ID, TEXT, DOMAIN, COSTS) SPF_##ID,
	SPF_MECHANISMS(X)
#undef X
		SPF_MECHANISM_COUNT
};

enum spf_qualifier {
	SPF_Q_PASS,
	SPF_Q_FAIL,
	SPF_Q_SOFTFAIL,
	SPF_Q_NEUTRAL,
};

struct spf_term {
	enum spf_mechanism mechanism;
	enum spf_qualifier qualifier;
	struct str whole;      /* as written */
	struct str domain;     /* domain-spec; empty: the current domain */
	struct ip_net net;     /* ip4, ip6; base.family IP_NONE: nobody is in it */
	unsigned bits4, bits6; /* of a and mx */
};

struct spf_record {
	struct str text;          /* as it came */
	struct str redirect, exp; /* domain-specs; p == NULL: there is none */
};

/* Does a TXT record say "v=spf1" (RFC 7208 4.5)? */
bool spf_record_is(struct str txt);

/* Checks every term; NULL: good, else what is wrong and in *where the term. */
const char *spf_record_parse(struct str txt, struct spf_record *record,
			     struct str *where) NODISCARD;

/* The mechanisms of a record that was good, one after the other.  *rest begins as record.text. */
bool spf_record_next(struct str *rest, struct spf_term *term);

bool spf_mechanism_costs(enum spf_mechanism mechanism);

#endif
