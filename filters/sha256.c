#include "filters/sha256.h"

#include "base/base64.h"
#include "base/check.h"
#include "filters/taglist.h"

#include <openssl/evp.h>

EVP_MD_CTX *sha256_new(void)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	CHECK(hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL));
	return hash;
}

void sha256_add(EVP_MD_CTX *hash, struct str bytes)
{
	CHECK(EVP_DigestUpdate(hash, bytes.p, bytes.n));
}

void sha256_end(EVP_MD_CTX *hash, struct sha256 *digest)
{
	unsigned n = 0;

	CHECK(EVP_DigestFinal_ex(hash, digest->bytes, &n) && n == sizeof(digest->bytes));
	EVP_MD_CTX_free(hash);
}

bool sha256_is(const struct sha256 *digest, struct str base64)
{
	char text[64], bytes[sizeof(digest->bytes)];
	struct out tight = OUT(text), o = OUT(bytes);

	taglist_squeeze(&tight, base64);
	return !tight.full && base64_decode(out_text(&tight), &o) &&
	       str_eq(out_text(&o),
		      (struct str){ .p = (const char *)digest->bytes, .n = sizeof(digest->bytes) });
}
