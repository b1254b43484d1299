/* digest.h - what ARC's signatures are over: header fields and seals, hashed (RFC 8617 4.1, 5.1). */
#ifndef FILTERS_ARC_DIGEST_H
#define FILTERS_ARC_DIGEST_H

#include "filters/arc/chain.h"
#include "filters/sha256.h"

/* The signed fields, then the signature's own without b=. */
void arc_digest_message(struct str header, const struct arc_signature *s, struct sha256 *digest);

/* Of each seal, from the first to the last of the chain: each is over all sets up to its own. */
void arc_digest_seals(const struct arc_chain *chain, struct sha256 digests[LIMIT_ARC_SETS]);

#endif
