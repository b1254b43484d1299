/* key.c - see key.h.
 *
 * p= of an RSA key is an RSAPublicKey says RFC 6376; everybody publishes a SubjectPublicKeyInfo (erratum 3017).  Both
 * are read, with a DER reader that knows these two structures and nothing else: so the size of a key is known before
 * anybody computes with it. */
#include "filters/dkim/key.h"

#include "base/base64.h"
#include "base/check.h"
#include "filters/dkim/word.h"
#include "filters/taglist.h"

#include <openssl/evp.h>

enum { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_SEQUENCE = 0x30, ED25519_BYTES = 32 };

/* AlgorithmIdentifier of RSA: rsaEncryption, NULL (RFC 3279 2.3.1). */
static const struct str rsa_algorithm =
	STR_INIT("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");

/* ---- DER ---- */

/* Cuts the next element, of this type, from *rest. */
static bool cut_element(struct str *rest, unsigned type, struct str *content)
{
	size_t at = 2, n;

	if (rest->n < 2 || (unsigned char)rest->p[0] != type)
		return false;
	n = (unsigned char)rest->p[1];
	if (n > 0x80) {
		size_t bytes = n - 0x80;

		if (bytes > 2 || rest->n < 2 + bytes)
			return false;
		for (n = 0; bytes; bytes--)
			n = n << 8 | (unsigned char)rest->p[at++];
	} else if (n == 0x80) {
		return false;
	}
	if (n > rest->n - at)
		return false;
	*content = str_head(str_from(*rest, at), n);
	*rest = str_from(*rest, at + n);
	return true;
}

/* Bits of an INTEGER over 0; 0: it is none. */
static unsigned bits_of(struct str integer)
{
	unsigned bits = 0;

	if (integer.n == 0 || (unsigned char)integer.p[0] >= 0x80)
		return 0;
	while (integer.n && integer.p[0] == 0)
		integer = str_from(integer, 1);
	if (integer.n == 0 || integer.n > LIMIT_DKIM_FIELD)
		return 0;
	for (unsigned top = (unsigned char)integer.p[0]; top; top >>= 1)
		bits++;
	return bits + 8 * (unsigned)(integer.n - 1);
}

/* SubjectPublicKeyInfo: the RSAPublicKey in it. */
static bool unwrap(struct str der, struct str *rsa)
{
	struct str info, bits;

	if (!cut_element(&der, DER_SEQUENCE, &info) || der.n || !str_starts(info, rsa_algorithm))
		return false;
	info = str_from(info, rsa_algorithm.n);
	if (!cut_element(&info, DER_BIT_STRING, &bits) || info.n || bits.n == 0 || bits.p[0])
		return false;
	*rsa = str_from(bits, 1);
	return true;
}

static const char *read_rsa(struct str der, struct dkim_key *key)
{
	struct str numbers, modulus, exponent;
	unsigned exponent_bits;

	if (!cut_element(&der, DER_SEQUENCE, &numbers) || der.n ||
	    !cut_element(&numbers, DER_INTEGER, &modulus) ||
	    !cut_element(&numbers, DER_INTEGER, &exponent) || numbers.n)
		return "p= is no RSA key";
	key->bits = bits_of(modulus);
	exponent_bits = bits_of(exponent);
	if (key->bits == 0 || exponent_bits < 2)
		return "p= is no RSA key";
	if (key->bits > LIMIT_DKIM_KEY_BITS || exponent_bits > LIMIT_DKIM_EXPONENT_BITS)
		return "the key is too long";
	return NULL;
}

static void put_length(struct out *o, unsigned type, size_t n)
{
	CHECK(n < 65536);
	out_char(o, (char)type);
	if (n >= 256) {
		out_char(o, (char)0x82);
		out_char(o, (char)(n >> 8));
	} else if (n >= 128) {
		out_char(o, (char)0x81);
	}
	out_char(o, (char)(n & 0xff));
}

static size_t length_bytes(size_t n)
{
	return n >= 256 ? 4 : n >= 128 ? 3 : 2;
}

static void wrap(struct str rsa, struct out *o)
{
	const size_t bits = 1 + rsa.n;

	put_length(o, DER_SEQUENCE, rsa_algorithm.n + length_bytes(bits) + bits);
	out_str(o, rsa_algorithm);
	put_length(o, DER_BIT_STRING, bits);
	out_char(o, '\0');
	out_str(o, rsa);
}

/* ---- tags ---- */

static bool lists(struct str list, struct str one, struct str other)
{
	while (list.p) {
		const struct str item = dkim_item(&list);

		if (str_ieq(item, one) || str_ieq(item, other))
			return true;
	}
	return false;
}

static const char *read_rsa_bytes(struct str der, struct dkim_key *key)
{
	struct out o = { .p = (char *)key->der, .cap = sizeof(key->der) };
	struct str rsa = der;
	const char *problem;

	(void)!unwrap(der, &rsa);
	problem = read_rsa(rsa, key);
	if (problem)
		return problem;
	wrap(rsa, &o);
	key->der_n = o.n;
	return o.full ? "the key is too long" : NULL;
}

static const char *read_bytes(struct str base64, struct dkim_key *key)
{
	char text[LIMIT_DNS_TXT], bytes[LIMIT_DNS_TXT];
	struct out tight = OUT(text), der = OUT(bytes);

	taglist_squeeze(&tight, base64);
	if (tight.n == 0)
		return "the key was revoked";
	if (tight.full || !base64_decode(out_text(&tight), &der))
		return "p= is not base64";
	if (!key->ed25519)
		return read_rsa_bytes(out_text(&der), key);
	if (der.n != ED25519_BYTES)
		return "p= is no Ed25519 key";
	memcpy(key->der, der.p, der.n);
	key->der_n = der.n;
	return NULL;
}

const char *dkim_key_parse(struct str record, struct dkim_key *key)
{
	struct taglist list;
	struct str v, k, h, s, t, p;

	*key = (struct dkim_key){ 0 };
	if (!dkim_ascii(record))
		return "it is not ASCII";
	if (!taglist_parse(record, &list))
		return list.wrong.p;
	v = taglist_get(&list, STR("v"));
	k = taglist_get(&list, STR("k"));
	h = taglist_get(&list, STR("h"));
	s = taglist_get(&list, STR("s"));
	t = taglist_get(&list, STR("t"));
	p = taglist_get(&list, STR("p"));
	if (v.p && (!str_eq(v, STR("DKIM1")) || !str_eq(list.tags[0].name, STR("v"))))
		return "it does not begin with v=DKIM1";
	if (!p.p)
		return "p= is missing";
	key->ed25519 = k.p && str_ieq(k, STR("ed25519"));
	if (k.p && !key->ed25519 && !str_ieq(k, STR("rsa")))
		return "unknown kind of key";
	if (h.p && !lists(h, STR("sha256"), STR("sha256")))
		return "the key is not for SHA-256";
	if (s.p && !lists(s, STR("email"), STR("*")))
		return "the key is not for mail";
	key->testing = lists(t, STR("y"), STR("y"));
	key->no_subdomains = lists(t, STR("s"), STR("s"));
	return read_bytes(p, key);
}

const char *dkim_key_fits(const struct dkim_key *key, const struct dkim_signature *signature,
			  enum auth_result *result)
{
	*result = AUTH_PERMERROR;
	if (key->ed25519 != (signature->algorithm == DKIM_ED25519_SHA256))
		return "the key is of another kind";
	if (key->no_subdomains && dkim_signature_subdomain(signature))
		return "the key is not for subdomains";
	*result = AUTH_POLICY; /* RFC 8301 3.2 */
	return key->ed25519 || key->bits >= LIMIT_DKIM_KEY_WEAK_BITS
		       ? NULL
		       : "the key has less than 1024 bits (RFC 8301)";
}

void dkim_key_print(const struct dkim_key *key, struct out *o)
{
	char text[DKIM_KEY_TEXT];

	CHECK((key->der_n + 2) / 3 * 4 < sizeof(text));
	EVP_EncodeBlock((unsigned char *)text, key->der, (int)key->der_n);
	out_str(o, key->ed25519 ? STR("k=ed25519; p=") : STR("k=rsa; p="));
	out_str(o, str_z(text));
}
