/* nets.h - a set of networks made for millions of them: the longest prefix that covers an address.
 *
 * Built once from what was added, immutable afterwards: processes forked later share its pages.  Nested
 * networks are flattened into ranges, at most two for each network and one where none is inside another;
 * base/ranges.h tells what a range takes. */
#ifndef BASE_NETS_H
#define BASE_NETS_H

#include "base/attr.h"
#include "base/ip.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct nets;
struct nets_builder;

/* What covers an address most closely. */
struct nets_match {
	struct ip_net net;
	const char
		*text; /* as it was added; lives as long as the set, and is not read by a lookup */
};

struct nets_builder *nets_builder_new(void);
/* `except`: addresses in it are not in the set, but for those of longer prefixes.  Of the same network
 * added twice the later one counts.  The base has no bits set beyond the prefix; text holds no NUL. */
void nets_add(struct nets_builder *b, const struct ip_net *net, bool except, struct str text);
/* Ends the builder. */
struct nets *nets_build(struct nets_builder *b);
void nets_builder_free(struct nets_builder *b); /* of one that is not built; may be NULL */

void nets_free(struct nets *nets); /* may be NULL */

/* False: no network covers it, or an excepted one does so most closely. */
bool nets_find(const struct nets *nets, const struct ip *ip, struct nets_match *match) NODISCARD;

size_t nets_bytes(const struct nets *nets); /* of memory, all told: tests/bench asks */

#endif
