/* key.h - a DKIM key record (RFC 6376 3.6.1, RFC 8463): strict, bytes in, struct out; pure. */
#ifndef FILTERS_DKIM_KEY_H
#define FILTERS_DKIM_KEY_H

#include "base/attr.h"
#include "base/limits.h"
#include "base/out.h"
#include "filters/dkim/signature.h"

enum {
	/* An RSAPublicKey as SubjectPublicKeyInfo: modulus, exponent, and what is around them. */
	DKIM_KEY_DER = LIMIT_DKIM_KEY_BITS / 8 + LIMIT_DKIM_EXPONENT_BITS / 8 + 64,
	DKIM_KEY_TEXT = 16 + (DKIM_KEY_DER + 2) / 3 * 4,
};

struct dkim_key {
	bool ed25519;                    /* else RSA */
	bool no_subdomains;              /* t=s */
	bool testing;                    /* t=y */
	unsigned bits;                   /* of an RSA key's modulus */
	unsigned char der[DKIM_KEY_DER]; /* RSA: SubjectPublicKeyInfo; Ed25519: the 32 bytes */
	size_t der_n;
};

/* NULL: good for SHA-256 signatures of mail.  Else what is wrong. */
const char *dkim_key_parse(struct str record, struct dkim_key *key) NODISCARD;

/* May this key verify this signature?  NULL: yes.  Else what is wrong, and in *result what RFC 8601 calls it. */
const char *dkim_key_fits(const struct dkim_key *key, const struct dkim_signature *signature,
			  enum auth_result *result) NODISCARD;

/* The record in its shortest form: for libopendkim, which reads records leniently. */
void dkim_key_print(const struct dkim_key *key, struct out *o);

#endif
