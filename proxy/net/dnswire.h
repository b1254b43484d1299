/* dnswire.h - DNS messages, pure: bytes in, values out, and the one packet we ask with.
 *
 * Every length, pointer and count is hostile: compression pointers only point back, names and
 * records are bounded by the limits table, CNAME chains are followed at most 8 steps.  Records
 * of other names than the asked one and its CNAMEs are not looked at. */
#ifndef NET_DNSWIRE_H
#define NET_DNSWIRE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rr.h"

/* Reads the answer to (name, type) of class IN.  ttl_s is the least of the records and CNAMEs
 * it was read from; of a negative answer it comes from the SOA (RFC 2308 5), 0 when there is none.
 * Records and texts are in the arena; the root as a name ("MX 0 .") is the empty text; a TXT
 * record over the limit is left out.
 *   ERR_SYNTAX    malformed, truncated, or not an answer to this question
 *   ERR_SERVFAIL  well-formed, but the server says it cannot (SERVFAIL, REFUSED, FORMERR ...): rcode
 *   ERR_NOMEM     over the arena's ceiling
 * With an error the status is DNS_FAILED and there are no records. */
enum err dnswire_parse(struct str packet, struct str name, enum rr_type type, struct arena *arena,
		       struct dns_answer *answer) NODISCARD;

/* A server without EDNS (RFC 6891 7): FORMERR and no OPT record. */
bool dnswire_lacks_edns(struct str packet);

/* There is more than came (TC). */
bool dnswire_is_truncated(struct str packet);

/* It says that the server cannot answer (SERVFAIL, REFUSED ...), or nothing at all. */
bool dnswire_is_failure(struct str packet);

/* Is it a name that can be asked?  Labels of 1..63 bytes, at most 253 in all, printable ASCII without
 * backslashes; no final dot. */
bool dnswire_name_ok(struct str name);

enum { DNSWIRE_QUERY_MAX = 12 + 255 + 4 + 11 };

struct dnswire_query {
	size_t n;
	unsigned char bytes[DNSWIRE_QUERY_MAX];
};

/* `name` is dnswire_name_ok().  edns: with an OPT record that offers 1232 bytes (the most that
 * passes everywhere unfragmented; DNS Flag Day 2020). */
struct dnswire_query dnswire_build(struct str name, enum rr_type type, uint16_t id, bool edns);

#endif
