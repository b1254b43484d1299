#include "filters/arc/digest.h"

#include "base/check.h"
#include "filters/canon.h"
#include "filters/taglist.h"

#include <openssl/evp.h>

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

static void want_names(struct pick *p, struct str h)
{
	unsigned places = 0;

	while (h.p) {
		const struct str name = taglist_item(&h);
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
	struct str h = s->h;

	sink_to(&sink, hash);
	want_names(&p, h);
	pick_fields(&p, header);
	while (h.p)
		if (take(&p, taglist_item(&h), &f.field))
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
