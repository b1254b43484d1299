/* pubkey.c - see pubkey.h.
 *
 * p= of an RSA key is an RSAPublicKey says RFC 6376; everybody publishes a SubjectPublicKeyInfo (erratum 3017).  Both
 * are read, with a DER reader that knows these two structures and nothing else: so the size of a key is known before
 * anybody computes with it. */
#include "filters/pubkey.h"

#include "base/base64.h"
#include "base/check.h"
#include "filters/taglist.h"

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

/* Without leading zeros; empty: 0, or below. */
static struct str number_of(struct str integer)
{
	if (integer.n && (unsigned char)integer.p[0] >= 0x80)
		return (struct str){ 0 };
	while (integer.n && integer.p[0] == 0)
		integer = str_from(integer, 1);
	return integer;
}

static unsigned bits_of(struct str number)
{
	unsigned bits = 0;

	if (number.n == 0)
		return 0;
	for (unsigned top = (unsigned char)number.p[0]; top; top >>= 1)
		bits++;
	return bits + 8 * (unsigned)(number.n - 1);
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

static const char *read_rsa(struct str der, struct pubkey *key)
{
	struct str numbers, modulus, exponent;

	if (!cut_element(&der, DER_SEQUENCE, &numbers) || der.n ||
	    !cut_element(&numbers, DER_INTEGER, &modulus) ||
	    !cut_element(&numbers, DER_INTEGER, &exponent) || numbers.n)
		return "p= is no RSA key";
	key->modulus = number_of(modulus);
	key->exponent = number_of(exponent);
	key->bits = bits_of(key->modulus);
	if (key->bits == 0 || bits_of(key->exponent) < 2)
		return "p= is no RSA key";
	return key->bits > LIMIT_KEY_BITS || bits_of(key->exponent) > LIMIT_KEY_EXPONENT_BITS
		       ? "the key is too long"
		       : NULL;
}

/* ---- tags ---- */

static bool lists(struct str list, struct str one, struct str other)
{
	while (list.p) {
		const struct str item = taglist_item(&list);

		if (str_ieq(item, one) || str_ieq(item, other))
			return true;
	}
	return false;
}

static const char *read_bytes(struct str base64, struct pubkey *key)
{
	char text[LIMIT_DNS_TXT];
	struct out tight = OUT(text), der = OUT(key->bytes);
	struct str rsa;

	taglist_squeeze(&tight, base64);
	if (tight.n == 0)
		return "the key was revoked";
	if (tight.full || !base64_ok(out_text(&tight)))
		return "p= is not base64";
	if (!base64_decode(out_text(&tight), &der))
		return "the key is too long";
	rsa = key->point = out_text(&der);
	if (key->ed25519)
		return der.n == ED25519_BYTES ? NULL : "p= is no Ed25519 key";
	(void)!unwrap(out_text(&der), &rsa);
	return read_rsa(rsa, key);
}

const char *pubkey_parse(struct str record, struct pubkey *key)
{
	struct taglist list;
	struct str v, k, h, s, t, p;

	*key = (struct pubkey){ 0 };
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

bool pubkey_is_weak(const struct pubkey *key)
{
	return !key->ed25519 && key->bits < LIMIT_KEY_WEAK_BITS;
}
