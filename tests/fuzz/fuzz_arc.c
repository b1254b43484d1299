/* A header section with whatever sets: what is read of it lies in it, hashing it is done, and a key is a key. */
#include "base/check.h"
#include "filters/arc/digest.h"
#include "filters/arc/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_signature(struct str header, const struct arc_signature *s)
{
	CHECK(lies_in(s->field.whole, header) && lies_in(s->hole, s->field.value));
	CHECK(lies_in(s->b, s->hole) && lies_in(s->h, header) && lies_in(s->bh, header));
	CHECK(s->domain.n && s->selector.n);
}

static void read_chain(struct str header)
{
	static struct arc_chain chain;
	struct sha256 digests[LIMIT_ARC_SETS], message;
	struct str wrong;
	EVP_PKEY *key;

	if (!arc_chain_read(header, &chain)) {
		CHECK(chain.wrong.n || !arc_chain_present(header));
		return;
	}
	CHECK(chain.count > 0 && chain.count <= LIMIT_ARC_SETS && arc_chain_present(header));
	for (unsigned i = 0; i < chain.count; i++) {
		check_signature(header, &chain.sets[i].message);
		check_signature(header, &chain.sets[i].seal);
		arc_results_dmarc(chain.sets[i].results.value);
		arc_digest_message(header, &chain.sets[i].message, &message);
	}
	arc_digest_seals(&chain, digests);
	/* What signs it may be a key as well as not. */
	key = arc_key_read(chain.sets[0].seal.field.value, chain.sets[0].seal.algorithm, &wrong);
	if (key)
		arc_verify(key, &digests[0], &chain.sets[0].seal);
	EVP_PKEY_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str message = { .p = (const char *)data, .n = size };
	const size_t n = header_length(message);
	struct str wrong;
	EVP_PKEY *key;

	read_chain(n ? str_head(message, n) : message);
	for (unsigned i = 0; i < 2; i++) {
		key = arc_key_read(message, (enum arc_algorithm)i, &wrong);
		EVP_PKEY_free(key);
	}
	arc_results_dmarc(message);
	ERR_clear_error();
	return 0;
}
