/* chain.h - the ARC sets of a header section (RFC 8617 4), read and checked for structure, pure. */
#ifndef FILTERS_ARC_CHAIN_H
#define FILTERS_ARC_CHAIN_H

#include "base/limits.h"
#include "filters/auth.h"
#include "mail/header.h"

enum arc_algorithm { ARC_RSA_SHA256, ARC_ED25519_SHA256 };
enum arc_cv { ARC_CV_NONE, ARC_CV_FAIL, ARC_CV_PASS };

/* ARC-Message-Signature or ARC-Seal.  Views into the header section. */
struct arc_signature {
	struct header_field field;
	enum arc_algorithm algorithm;
	struct str domain, selector;
	struct str b; /* with white space in it */
	struct str
		hole; /* what is left out of the field when it signs itself: the value of b= with all around it */
	/* of ARC-Message-Signature */
	bool relaxed_header, relaxed_body;
	struct str bh, h;
	uint64_t length; /* l=; UINT64_MAX: the whole body */
	/* of ARC-Seal */
	enum arc_cv cv;
};

struct arc_set {
	struct header_field results; /* name.n == 0: not there */
	struct arc_signature message, seal;
};

struct arc_chain {
	unsigned count; /* the highest instance */
	struct arc_set sets[LIMIT_ARC_SETS];
	struct str wrong; /* static; empty: nothing is */
};

/* Are there any fields of ARC?  Cheap. */
bool arc_chain_present(struct str header);

/* False: the chain fails by its looks (RFC 8617 5.2 steps 1 to 3), wrong says why. */
bool arc_chain_read(struct str header, struct arc_chain *chain) NODISCARD;

/* What an ARC-Authentication-Results field says of DMARC; AUTH_NONE: nothing. */
enum auth_result arc_results_dmarc(struct str value);

#endif
