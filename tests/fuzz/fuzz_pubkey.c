/* A key record: what is read of it lies in the key, is no larger than what anybody has to compute with, and computes;
 * a signature of nothing is not by it. */
#include "base/check.h"
#include "filters/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lies_in(const struct pubkey *key, struct str part)
{
	CHECK(part.n && part.p >= key->bytes && part.p + part.n <= key->bytes + sizeof(key->bytes));
}

/* The first line is the record, the rest what a signature says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sha256 hash = { { 1 } };
	struct str record = { .p = (const char *)data, .n = size }, signature;
	struct pubkey key;

	str_cut(record, '\n', &record, &signature);
	if (pubkey_parse(record, &key))
		return 0;
	if (key.ed25519) {
		CHECK(key.point.n == 32 && !pubkey_is_weak(&key));
		lies_in(&key, key.point);
	} else {
		CHECK(key.bits > 0 && key.bits <= LIMIT_KEY_BITS);
		CHECK(key.modulus.n == (key.bits + 7) / 8 && key.modulus.p[0] && key.exponent.p[0]);
		lies_in(&key, key.modulus);
		lies_in(&key, key.exponent);
	}
	if (!pubkey_is_weak(&key))
		CHECK(!pubkey_verifies(&key, signature, &hash));
	return 0;
}
