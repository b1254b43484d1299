#include "smtp/digest.h"

#include "base/out.h"

#include <openssl/evp.h>

static enum err feed(EVP_MD_CTX *ctx, struct spool *spool)
{
	uint64_t at = 0;
	struct str run;
	enum err err;

	while ((err = spool_read(spool, at, &run)) == ERR_OK && run.n) {
		if (!EVP_DigestUpdate(ctx, run.p, run.n))
			return ERR_NOMEM;
		at += run.n;
	}
	return err;
}

enum err digest_job(void *arg)
{
	struct digest *d = arg;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum err err = ERR_NOMEM;

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		err = feed(ctx, d->spool);
	if (err == ERR_OK && !EVP_DigestFinal_ex(ctx, d->bytes, NULL))
		err = ERR_NOMEM;
	EVP_MD_CTX_free(ctx);
	return err;
}

struct str digest_hex(const struct digest *d, char hex[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		hex[2 * i] = digits[d->bytes[i] >> 4];
		hex[2 * i + 1] = digits[d->bytes[i] & 15];
	}
	return (struct str){ .p = hex, .n = DIGEST_HEX };
}
