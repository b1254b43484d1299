/* signature.h - the text of a DKIM-Signature field (RFC 6376 3.5): strict, bytes in, struct out; pure.
 *
 * Stricter than the RFC where libopendkim is not safe or is mistaken: see wrapper.h. */
#ifndef FILTERS_DKIM_SIGNATURE_H
#define FILTERS_DKIM_SIGNATURE_H

#include "base/attr.h"
#include "base/limits.h"
#include "filters/auth.h"
#include "filters/pubkey.h"

/* tag, must it be there */
#define DKIM_SIGNATURE_TAGS(X)                                                                     \
	X(V, "v", true)                                                                            \
	X(A, "a", true)                                                                            \
	X(B, "b", true)                                                                            \
	X(BH, "bh", true)                                                                          \
	X(C, "c", false)                                                                           \
	X(D, "d", true)                                                                            \
	X(H, "h", true)                                                                            \
	X(I, "i", false)                                                                           \
	X(L, "l", false)                                                                           \
	X(Q, "q", false)                                                                           \
	X(S, "s", true)                                                                            \
	X(T, "t", false)                                                                           \
	X(X, "x", false)

enum dkim_signature_tag {
#define X(ID, TEXT, REQUIRED) DKIM_TAG_##ID,
	DKIM_SIGNATURE_TAGS(X)
#undef X
		DKIM_TAG_COUNT
};

enum dkim_algorithm { DKIM_RSA_SHA256, DKIM_ED25519_SHA256, DKIM_RSA_SHA1 };

/* Views into the field. */
struct dkim_signature {
	struct str tags[DKIM_TAG_COUNT]; /* as written, trimmed; p == NULL: not there */
	enum dkim_algorithm algorithm;
	bool relaxed_body;
	unsigned name_count;
	struct str names[LIMIT_DKIM_NAMES]; /* h= */
	uint64_t length, time_s, expires_s; /* l=, t=, x=; UINT64_MAX: not there */
	char b[9];                          /* the first 8 characters of b=, NUL-terminated */
};

/* The value of a field, behind its colon.  NULL: good.  Else what is wrong, and in *result what RFC 8601 calls it;
 * the tags that could be read are set even so. */
const char *dkim_signature_parse(struct str value, struct dkim_signature *signature,
				 enum auth_result *result) NODISCARD;

/* Is t= or x= against it at this time?  NULL: no. */
const char *dkim_signature_time(const struct dkim_signature *signature, uint64_t now_s,
				enum auth_result *result) NODISCARD;

/* May this key verify it?  NULL: yes. */
const char *dkim_signature_fits(const struct dkim_signature *signature, const struct pubkey *key,
				enum auth_result *result) NODISCARD;

/* Does h= name this field? */
bool dkim_signature_signs(const struct dkim_signature *signature, struct str name);

#endif
