/* body_hash.h - a message's body as signatures have hashed it (RFC 6376 3.4, 3.7): canonicalized once in each way that
 * some signature asks for, and hashed once for all signatures that agree on the length. */
#ifndef FILTERS_BODY_HASH_H
#define FILTERS_BODY_HASH_H

#include "base/arena.h"
#include "filters/sha256.h"

struct body_hash {
	uint64_t length; /* l=: so much of the body is hashed; UINT64_MAX: all */
	/* from body_hashes_end() on */
	uint64_t body; /* so long is all of it, canonicalized */
	struct sha256 digest;
	/* at work */
	EVP_MD_CTX *hash; /* NULL: ended, or given up */
	struct body_hash *next;
};

/* Those of one message, zeroed before; in the end body_hashes_drop(). */
struct body_form;
struct body_hashes {
	struct body_form *forms[2]; /* simple, relaxed */
};

/* Before the body comes.  NULL: no memory. */
struct body_hash *body_hashes_want(struct body_hashes *b, struct arena *arena, bool relaxed,
				   uint64_t length);
void body_hashes_add(struct body_hashes *b, struct str bytes);
void body_hashes_end(struct body_hashes *b);
void body_hashes_drop(struct body_hashes *b);

#endif
