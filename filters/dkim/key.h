/* key.h - a DKIM key record (RFC 6376 3.6.1, RFC 8463): strict, bytes in, struct out; pure. */
#ifndef FILTERS_DKIM_KEY_H
#define FILTERS_DKIM_KEY_H

#include "base/attr.h"
#include "base/limits.h"
#include "base/out.h"
#include "filters/dkim/signature.h"

/* An RSAPublicKey as SubjectPublicKeyInfo: modulus, exponent, and what is around them. */
enum { DKIM_KEY_DER = LIMIT_DKIM_KEY_BITS / 8 + LIMIT_DKIM_EXPONENT_BITS / 8 + 64 };

/* Not to be copied: it points into itself. */
struct dkim_key {
	bool ed25519;       /* else RSA */
	bool no_subdomains; /* t=s */
	bool testing;       /* t=y */
	unsigned bits;      /* of an RSA key's modulus */
	struct str modulus,
		exponent; /* of an RSA key: the number without leading zeros, its first byte first */
	struct str point;         /* of an Ed25519 key: 32 bytes */
	char bytes[DKIM_KEY_DER]; /* p= decoded */
};

/* NULL: good for SHA-256 signatures of mail.  Else what is wrong. */
const char *dkim_key_parse(struct str record, struct dkim_key *key) NODISCARD;

/* May this key verify this signature?  NULL: yes.  Else what is wrong, and in *result what RFC 8601 calls it. */
const char *dkim_key_fits(const struct dkim_key *key, const struct dkim_signature *signature,
			  enum auth_result *result) NODISCARD;

/* Is this the signature of a SHA-256 hash? */
bool dkim_key_verifies(const struct dkim_key *key, struct str signature,
		       const unsigned char hash[32]) NODISCARD;

#endif
