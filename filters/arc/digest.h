/* digest.h - what ARC's signatures are over: header fields, seals and the body, hashed (RFC 8617 4.1, 5.1). */
#ifndef FILTERS_ARC_DIGEST_H
#define FILTERS_ARC_DIGEST_H

#include "filters/arc/canon.h"
#include "filters/arc/chain.h"

#include <openssl/types.h>

enum { ARC_DIGEST = 32 };

struct arc_digest {
	unsigned char bytes[ARC_DIGEST];
};

/* The signed fields, then the signature's own without b=. */
void arc_digest_message(struct str header, const struct arc_signature *s,
			struct arc_digest *digest);

/* Of each seal, from the first to the last of the chain: each is over all sets up to its own. */
void arc_digest_seals(const struct arc_chain *chain, struct arc_digest digests[LIMIT_ARC_SETS]);

/* A body as it comes. */
struct arc_body {
	struct canon_body canon;
	struct canon_sink sink;
	EVP_MD_CTX *hash; /* NULL: not begun, or given back */
};
void arc_body_begin(struct arc_body *b, bool relaxed, uint64_t length);
void arc_body_end(struct arc_body *b, struct arc_digest *digest);
void arc_body_drop(struct arc_body *b);

/* b: with white space in it.  False: another key, other bytes, or no base64. */
bool arc_verify(EVP_PKEY *key, const struct arc_digest *digest, const struct arc_signature *s);
bool arc_digest_is(const struct arc_digest *digest, struct str base64);

/* Makes what ARC's signatures hash and sign: a struct canon_sink on a hash. */
void arc_sink(struct canon_sink *sink, EVP_MD_CTX *hash);
EVP_MD_CTX *arc_hash_new(void);
void arc_hash_end(EVP_MD_CTX *hash, struct arc_digest *digest); /* frees it */

#endif
