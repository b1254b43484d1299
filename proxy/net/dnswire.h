/* dnswire.h - DNS answers off the wire (RFC 1035 4.1), pure: bytes in, values out.
 *
 * Every length, pointer and count is hostile: compression pointers only point back, names and
 * records are bounded by the limits table, CNAME chains are followed at most 8 steps. */
#ifndef NET_DNSWIRE_H
#define NET_DNSWIRE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rr.h"

/* ttl_s of a negative answer comes from the SOA (RFC 2308 5), 0 when there is none.  Records and
 * texts are in the arena.  ERR_SYNTAX: malformed, or not an answer to this question. */
enum err dnswire_parse(struct str packet, struct str name, enum rr_type type, struct arena *arena,
		       struct dns_answer *answer) NODISCARD;

/* Is it a name that can be asked?  Labels of 1..63 bytes, at most 253 in all, no bytes outside
 * letters, digits, '-' and '_'. */
bool dnswire_name_ok(struct str name);

#endif
