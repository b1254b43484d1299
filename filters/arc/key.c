#include "filters/arc/key.h"

#include "base/base64.h"
#include "filters/taglist.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/* EXPONENT_BITS: verifying takes as long as the exponent is; keys in use have 65537. */
enum { BITS_MIN = 1024, EXPONENT_BITS = 33, ED25519_BYTES = 32, DER_MAX = LIMIT_DNS_TXT };

/* One of a list that colons separate; a tag that is not there names everything. */
static bool names(struct str list, struct str word)
{
	struct str one;
	bool more = list.p != NULL;

	if (!list.p)
		return true;
	while (more) {
		more = str_cut(list, ':', &one, &list);
		if (str_eq(taglist_trim(one), word) || str_eq(taglist_trim(one), STR("*")))
			return true;
	}
	return false;
}

static struct str fault_of(const struct taglist *tags, enum arc_algorithm algorithm)
{
	const struct str v = taglist_get(tags, STR("v")), k = taglist_get(tags, STR("k"));
	const struct str kind = algorithm == ARC_RSA_SHA256 ? STR("rsa") : STR("ed25519");

	if (v.p && (!str_eq(v, STR("DKIM1")) || !str_eq(tags->tags[0].name, STR("v"))))
		return STR("the key's version is not DKIM1");
	if (!str_eq(k.p ? k : STR("rsa"), kind))
		return STR("the key is of another algorithm");
	if (!names(taglist_get(tags, STR("h")), STR("sha256")))
		return STR("the key is not for SHA-256");
	if (!names(taglist_get(tags, STR("s")), STR("email")))
		return STR("the key is not for mail");
	if (!taglist_get(tags, STR("p")).n)
		return STR("the key is revoked or missing");
	return (struct str){ 0 };
}

static bool is_quick(EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool quick = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) &&
		     BN_num_bits(e) <= EXPONENT_BITS;

	BN_free(e);
	return quick && EVP_PKEY_get_bits(key) <= LIMIT_ARC_KEY_BITS;
}

static EVP_PKEY *read_rsa(struct str der, struct str *wrong)
{
	const unsigned char *at = (const unsigned char *)der.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der.n);

	*wrong = (struct str){ 0 };
	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || !is_quick(key))
		*wrong = STR("the key is malformed or too large");
	else if (EVP_PKEY_get_bits(key) < BITS_MIN)
		*wrong = STR("the key is weak"); /* RFC 8301 3.2 */
	if (wrong->n) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static EVP_PKEY *read_ed25519(struct str bytes, struct str *wrong)
{
	EVP_PKEY *key = NULL;

	if (bytes.n == ED25519_BYTES)
		key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
						  (const unsigned char *)bytes.p, bytes.n);
	if (!key)
		*wrong = STR("the key is malformed");
	return key;
}

EVP_PKEY *arc_key_read(struct str record, enum arc_algorithm algorithm, struct str *wrong)
{
	char text[DER_MAX], der[DER_MAX];
	struct out base64 = OUT(text), bytes = OUT(der);
	struct taglist tags;

	if (!taglist_parse(record, &tags)) {
		*wrong = STR("the key record is malformed");
		return NULL;
	}
	*wrong = fault_of(&tags, algorithm);
	if (wrong->n)
		return NULL;
	taglist_squeeze(&base64, taglist_get(&tags, STR("p")));
	if (base64.full || !base64_decode(out_text(&base64), &bytes)) {
		*wrong = STR("the key is not base64");
		return NULL;
	}
	return algorithm == ARC_RSA_SHA256 ? read_rsa(out_text(&bytes), wrong)
					   : read_ed25519(out_text(&bytes), wrong);
}
