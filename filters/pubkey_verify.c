/* pubkey_verify.c - pubkey_verifies(): see pubkey.h.
 *
 * libopendkim would do it, by reading p= as a SubjectPublicKeyInfo once more: with OpenSSL 3 that alone takes 110 us of
 * CPU, where making a key of its two numbers and verifying with it takes 40. */
#include "filters/pubkey.h"

#include "base/base64.h"
#include "base/check.h"
#include "filters/taglist.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

/* TEXT_MAX: base64 of what the largest key makes, generously. */
enum { NUMBER_BYTES = LIMIT_KEY_BITS / 8, TEXT_MAX = NUMBER_BYTES * 2 };

static unsigned char *bytes_of(struct str s)
{
	return (unsigned char *)(uintptr_t)s.p;
}

/* An OSSL_PARAM's number is in the machine's order. */
static OSSL_PARAM number(const char *name, struct str big_endian, unsigned char *room)
{
	CHECK(big_endian.n <= NUMBER_BYTES);
	for (size_t i = 0; i < big_endian.n; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		room[i] = (unsigned char)big_endian.p[big_endian.n - 1 - i];
#else
		room[i] = (unsigned char)big_endian.p[i];
#endif
	}
	return OSSL_PARAM_construct_BN(name, room, big_endian.n);
}

static EVP_PKEY *rsa_key(const struct pubkey *key)
{
	unsigned char modulus[NUMBER_BYTES], exponent[NUMBER_BYTES];
	OSSL_PARAM params[] = { number(OSSL_PKEY_PARAM_RSA_N, key->modulus, modulus),
				number(OSSL_PKEY_PARAM_RSA_E, key->exponent, exponent),
				OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *made = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_PUBLIC_KEY, params) != 1)
		made = NULL;
	EVP_PKEY_CTX_free(ctx);
	return made;
}

static bool rsa_verifies(EVP_PKEY *made, struct str signature, const struct sha256 *hash)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, made, NULL);
	const bool good = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
			  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
			  EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
			  EVP_PKEY_verify(ctx, bytes_of(signature), signature.n, hash->bytes,
					  sizeof(hash->bytes)) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* RFC 8463 3: the hash is what is signed. */
static bool ed25519_verifies(EVP_PKEY *made, struct str signature, const struct sha256 *hash)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, made) == 1 &&
			  EVP_DigestVerify(ctx, bytes_of(signature), signature.n, hash->bytes,
					   sizeof(hash->bytes)) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

bool pubkey_verifies(const struct pubkey *key, struct str base64, const struct sha256 *hash)
{
	char text[TEXT_MAX], bytes[NUMBER_BYTES];
	struct out tight = OUT(text), signature = OUT(bytes);
	EVP_PKEY *made;
	bool good;

	taglist_squeeze(&tight, base64);
	if (tight.full || !base64_decode(out_text(&tight), &signature))
		return false;
	made = key->ed25519 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
							  bytes_of(key->point), key->point.n)
			    : rsa_key(key);
	good = made && (key->ed25519 ? ed25519_verifies(made, out_text(&signature), hash)
				     : rsa_verifies(made, out_text(&signature), hash));
	EVP_PKEY_free(made);
	ERR_clear_error(); /* what else OpenSSL does for the worker looks there */
	return good;
}
