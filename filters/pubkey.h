/* pubkey.h - the public key of who signs mail, DKIM or ARC (RFC 6376 3.6.1, RFC 8463): strict, bytes in, struct out;
 * pure. */
#ifndef FILTERS_PUBKEY_H
#define FILTERS_PUBKEY_H

#include "base/attr.h"
#include "base/limits.h"
#include "base/out.h"
#include "filters/sha256.h"

/* An RSAPublicKey as SubjectPublicKeyInfo: modulus, exponent, and what is around them. */
enum { PUBKEY_DER = LIMIT_KEY_BITS / 8 + LIMIT_KEY_EXPONENT_BITS / 8 + 64 };

/* Not to be copied: it points into itself. */
struct pubkey {
	bool ed25519;       /* else RSA */
	bool no_subdomains; /* t=s */
	bool testing;       /* t=y */
	unsigned bits;      /* of an RSA key's modulus */
	struct str modulus,
		exponent; /* of an RSA key: the number without leading zeros, its first byte first */
	struct str point;       /* of an Ed25519 key: 32 bytes */
	char bytes[PUBKEY_DER]; /* p= decoded */
};

/* NULL: good for SHA-256 signatures of mail.  Else what is wrong. */
const char *pubkey_parse(struct str record, struct pubkey *key) NODISCARD;

/* Too short an RSA key to be trusted (RFC 8301 3.2). */
bool pubkey_is_weak(const struct pubkey *key);

/* Is this the signature of the hash?  In base64, perhaps with white space in it. */
bool pubkey_verifies(const struct pubkey *key, struct str base64,
		     const struct sha256 *hash) NODISCARD;

#endif
