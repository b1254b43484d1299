#include "redis/redis_script.h"

#include "base/check.h"

#include <openssl/evp.h>

struct redis_script redis_script(struct str text)
{
	static const char digits[] = "0123456789abcdef";
	struct redis_script s = { .text = text };
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	CHECK(EVP_Digest(text.p, text.n, hash, &n, EVP_sha1(), NULL) == 1);
	CHECK(n * 2 == sizeof(s.digest));
	for (unsigned i = 0; i < n; i++) {
		s.digest[2 * i] = digits[hash[i] >> 4];
		s.digest[2 * i + 1] = digits[hash[i] & 15];
	}
	return s;
}
