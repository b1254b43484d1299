#include "base/store.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"

#include <openssl/evp.h>

enum { DIGEST = 16, HEX = 2 * DIGEST };

const char *store_procedure_name(enum store_procedure p)
{
	static const char *const names[] = {
#define X(ID, NAME, ABOUT) NAME,
		STORE_PROCEDURES(X)
#undef X
	};

	CHECK((unsigned)p < STORE_PROCEDURE_COUNT);
	return names[p];
}

static void digest(char hex[HEX], const struct str *parts, size_t count)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	static const char digits[] = "0123456789abcdef";
	struct out o = { .p = hex, .cap = HEX };

	CHECK(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
	for (size_t i = 0; i < count; i++) {
		const uint64_t n = parts[i].n; /* "ab" "c" is not "a" "bc" */

		CHECK(EVP_DigestUpdate(ctx, &n, sizeof(n)) &&
		      EVP_DigestUpdate(ctx, parts[i].p, parts[i].n));
	}
	CHECK(EVP_DigestFinal_ex(ctx, bytes, NULL));
	EVP_MD_CTX_free(ctx);
	for (unsigned i = 0; i < DIGEST; i++) {
		out_char(&o, digits[bytes[i] >> 4]);
		out_char(&o, digits[bytes[i] & 15]);
	}
}

struct str store_key(char *to, size_t room, const struct str *parts, size_t count)
{
	struct out o = { .p = to, .cap = LIMIT_STORE_KEY };

	bool whole = true;

	CHECK(room >= LIMIT_STORE_KEY && count > 0);
	for (size_t i = 0; i < count; i++) {
		if (i)
			out_char(&o, ' ');
		whole &= !o.full && parts[i].n <= o.cap - o.n;
		out_str(&o, str_head(parts[i], o.cap - o.n)); /* every byte of a key is set */
	}
	if (whole)
		return out_text(&o);
	digest(to + LIMIT_STORE_KEY - HEX, parts, count);
	to[LIMIT_STORE_KEY - HEX - 1] = '#';
	return (struct str){ .p = to, .n = LIMIT_STORE_KEY };
}
