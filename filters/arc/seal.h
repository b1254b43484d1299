/* seal.h - makes an ARC set of our own (RFC 8617 5.1). */
#ifndef FILTERS_ARC_SEAL_H
#define FILTERS_ARC_SEAL_H

#include "base/arena.h"
#include "filters/arc/digest.h"
#include "filters/body_hash.h"

/* Who seals. */
struct arc_sealer {
	struct str domain, selector;
	EVP_PKEY *key; /* private */
	enum arc_algorithm algorithm;
};

/* The private key of a PEM file; false: *why (static) says what is wrong with it. */
bool arc_sealer_read(const char *path, struct arc_sealer *sealer, const char **why) NODISCARD;

/* A message whose chain is there to be continued: what filter arc leaves in auth->arc.sealing. */
struct arc_sealing {
	const struct arc_sealer *sealer;
	struct arc_chain *chain;      /* so far, with room for the new set */
	const struct body_hash *body; /* relaxed, all of it */
};

/* The three fields of the next set, each with CRLF, over the header section as it will be passed on.  results: the value
 * of Authentication-Results, perhaps folded.  p == NULL: no memory, or the key would not sign. */
struct str arc_seal(struct arc_sealing *s, struct arena *arena, struct str header,
		    struct str results, int64_t unix_s);

#endif
