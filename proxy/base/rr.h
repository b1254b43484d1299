/* rr.h - DNS answers as values: what the resolver hands out and what filters read.
 *
 * Everything in an answer was written by a stranger.  Names are lower case, without the final
 * dot, and hold only spaces and printable ASCII (other octets arrive as \DDD, RFC 1035 5.1). */
#ifndef BASE_RR_H
#define BASE_RR_H

#include "base/ip.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum rr_type {
	RR_A = 1,
	RR_NS = 2,
	RR_CNAME = 5,
	RR_SOA = 6,
	RR_PTR = 12,
	RR_MX = 15,
	RR_TXT = 16,
	RR_AAAA = 28
};

enum dns_status {
	DNS_OK,       /* there are records */
	DNS_NODATA,   /* the name exists, records of this type do not */
	DNS_NXDOMAIN, /* the name does not exist */
	DNS_FAILED,   /* no usable answer: servers down, timeout, SERVFAIL, malformed */
};

struct rr {
	enum rr_type type;
	uint16_t preference; /* MX */
	struct ip ip;        /* A, AAAA */
	struct str text;     /* NS, PTR, MX, CNAME: the name; TXT: its strings joined */
};

/* Valid until the op's done() returns, unless the asker is told otherwise. */
struct dns_answer {
	enum dns_status status;
	uint8_t rcode; /* DNS_FAILED: what a server has said, as SERVFAIL (RFC 1035 4.1.1); 0: none did */
	uint32_t ttl_s;
	bool cut; /* there are more records than these, or larger ones */
	unsigned count;
	const struct rr *records; /* of the asked type only, CNAMEs followed */
};

const char *rr_type_name(enum rr_type type);

#endif
