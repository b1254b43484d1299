#include "filters/arc/digest.h"

#include "base/base64.h"
#include "base/check.h"
#include "filters/canon.h"
#include "filters/taglist.h"

#include <openssl/evp.h>

/* SIGNATURE_MAX: base64 of what the largest key makes, generously. */
enum { SIGNATURE_MAX = LIMIT_ARC_KEY_BITS / 8 * 2 };

static void put(void *arg, struct str bytes)
{
	sha256_add(arg, bytes);
}

static void sink_to(struct canon_sink *sink, EVP_MD_CTX *hash)
{
	sink->put = put;
	sink->arg = hash;
	sink->n = 0;
}

/* ---- ARC-Message-Signature ---- */

/* The last fields of one name, as many as h= names it (RFC 6376 5.4.2: from the bottom up). */
struct wanted {
	uint64_t hash;
	unsigned first, places; /* of struct pick's fields, a ring */
	unsigned seen;
};

struct pick {
	struct wanted wanted[LIMIT_ARC_FIELDS];
	unsigned count;
	struct header_field fields[LIMIT_ARC_FIELDS];
	uint64_t lengths; /* a bit per length of a name that is wanted: most are not */
};

static uint64_t length_bit(struct str name)
{
	return UINT64_C(1) << (name.n & 63);
}

static struct wanted *find(struct pick *p, struct str name)
{
	const uint64_t hash = p->lengths & length_bit(name) ? str_ihash(name) : 0;

	for (unsigned i = 0; hash && i < p->count; i++)
		if (p->wanted[i].hash == hash)
			return &p->wanted[i];
	return NULL;
}

static bool next_name(struct str *h, struct str *name)
{
	if (!h->n)
		return false;
	str_cut(*h, ':', name, h);
	*name = taglist_trim(*name);
	return true;
}

static void want_names(struct pick *p, struct str h)
{
	struct str name;
	unsigned places = 0;

	while (next_name(&h, &name)) {
		struct wanted *w;

		p->lengths |= length_bit(name);
		w = find(p, name);
		if (!w) {
			w = &p->wanted[p->count++];
			*w = (struct wanted){ .hash = str_ihash(name) };
		}
		w->places++;
	}
	for (unsigned i = 0; i < p->count; i++) {
		p->wanted[i].first = places;
		places += p->wanted[i].places;
	}
}

static void pick_fields(struct pick *p, struct str header)
{
	struct header_field f;

	while (header_next(&header, &f)) {
		struct wanted *w = find(p, f.name);

		if (w)
			p->fields[w->first + w->seen++ % w->places] = f;
	}
}

/* The next one up of this name; false: there are no more. */
static bool take(struct pick *p, struct str name, struct header_field *f)
{
	struct wanted *w = find(p, name);

	if (!w || !w->seen || !w->places)
		return false;
	w->seen--;
	*f = p->fields[w->first + w->seen % w->places];
	return true;
}

void arc_digest_message(struct str header, const struct arc_signature *s, struct sha256 *digest)
{
	EVP_MD_CTX *hash = sha256_new();
	struct canon_sink sink;
	struct pick p = { .count = 0 };
	struct canon_field f = { .relaxed = s->relaxed_header };
	struct str h = s->h, name;

	sink_to(&sink, hash);
	want_names(&p, h);
	pick_fields(&p, header);
	while (next_name(&h, &name))
		if (take(&p, name, &f.field))
			canon_field(&sink, &f);
	f.field = s->field;
	f.hole = s->hole;
	f.last = true;
	canon_field(&sink, &f);
	canon_flush(&sink);
	sha256_end(hash, digest);
}

/* ---- ARC-Seal ---- */

/* A copy, so that the hash over the sets so far goes on for the next one: all of it is linear. */
static void seal(const EVP_MD_CTX *so_far, const struct arc_signature *s, struct sha256 *digest)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	struct canon_sink sink;

	CHECK(hash && EVP_MD_CTX_copy_ex(hash, so_far));
	sink_to(&sink, hash);
	canon_field(&sink,
		    &(struct canon_field){
			    .field = s->field, .hole = s->hole, .relaxed = true, .last = true });
	canon_flush(&sink);
	sha256_end(hash, digest);
}

void arc_digest_seals(const struct arc_chain *chain, struct sha256 digests[LIMIT_ARC_SETS])
{
	EVP_MD_CTX *hash = sha256_new();
	struct sha256 unused;
	struct canon_sink sink;

	sink_to(&sink, hash);
	for (unsigned i = 0; i < chain->count; i++) {
		const struct arc_set *s = &chain->sets[i];

		canon_field(&sink, &(struct canon_field){ .field = s->results, .relaxed = true });
		canon_field(&sink,
			    &(struct canon_field){ .field = s->message.field, .relaxed = true });
		canon_flush(&sink);
		seal(hash, &s->seal, &digests[i]);
		canon_field(&sink,
			    &(struct canon_field){ .field = s->seal.field, .relaxed = true });
	}
	sha256_end(hash, &unused);
}

/* ---- verifying ---- */

static bool decode(struct str base64, struct out *o)
{
	char text[SIGNATURE_MAX];
	struct out squeezed = OUT(text);

	taglist_squeeze(&squeezed, base64);
	return !squeezed.full && base64_decode(out_text(&squeezed), o);
}

/* RFC 8463 3: Ed25519 signs the SHA-256 hash. */
static bool verify_ed25519(EVP_PKEY *key, const struct sha256 *d, struct str signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	CHECK(ctx);
	ok = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n, d->bytes,
			      sizeof(d->bytes)) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool verify_rsa(EVP_PKEY *key, const struct sha256 *d, struct str signature)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok;

	CHECK(ctx);
	ok = EVP_PKEY_verify_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	     EVP_PKEY_verify(ctx, (const unsigned char *)signature.p, signature.n, d->bytes,
			     sizeof(d->bytes)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

bool arc_verify(EVP_PKEY *key, const struct sha256 *digest, const struct arc_signature *s)
{
	char bytes[SIGNATURE_MAX];
	struct out o = OUT(bytes);

	if (!decode(s->b, &o))
		return false;
	return s->algorithm == ARC_RSA_SHA256 ? verify_rsa(key, digest, out_text(&o))
					      : verify_ed25519(key, digest, out_text(&o));
}
