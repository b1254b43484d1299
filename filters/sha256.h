/* sha256.h - SHA-256 as mail's signatures have it: over bytes as they come, written in base64 (RFC 6376 3.3, 3.5). */
#ifndef FILTERS_SHA256_H
#define FILTERS_SHA256_H

#include "base/str.h"

#include <openssl/types.h>
#include <stdbool.h>

struct sha256 {
	unsigned char bytes[32];
};

EVP_MD_CTX *sha256_new(void); /* EVP_MD_CTX_free() for one that is given up */
void sha256_add(EVP_MD_CTX *hash, struct str bytes);
void sha256_end(EVP_MD_CTX *hash, struct sha256 *digest); /* frees it */

/* Is this what the base64 says?  There may be white space in it. */
bool sha256_is(const struct sha256 *digest, struct str base64);

#endif
