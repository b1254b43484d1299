#include "base/bulk.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/octets.h"
#include "base/siphash.h"

enum { CLUSTER = 'c', DOMAIN = 'd' };

/* No secret: several machines have to find the same. */
static const uint64_t hash_key[2] = { 0x706f737465726e20, 0x62756c6b20726164 };

uint64_t bulk_hash(struct str s)
{
	const uint64_t hash = siphash(hash_key, s);

	return hash ? hash : 1;
}

static struct str key(char what, uint64_t v, char to[BULK_KEY])
{
	to[0] = what;
	octets_put_be(to + 1, v, BULK_KEY - 1);
	return (struct str){ .p = to, .n = BULK_KEY };
}

/* ---- what leads to clusters ---- */

static uint64_t way(enum bulk_kind kind, unsigned number, uint64_t value)
{
	char bytes[2 + 8] = { (char)kind, (char)number };

	octets_put_be(bytes + 2, value, sizeof(value));
	return bulk_hash((struct str){ .p = bytes, .n = sizeof(bytes) });
}

/* Its kind lies in a byte that neither buckets nor tags are made of (store/bucket.h). */
enum { KIND_SHIFT = 24, KIND_LEADS_NOWHERE = 0x80 };

static uint64_t sign_way(const struct bulk_sign *s)
{
	const uint64_t kind = (uint64_t)s->kind | (s->leads_nowhere ? KIND_LEADS_NOWHERE : 0);

	return (way(s->kind, 0, s->hash) & ~(UINT64_C(0xff) << KIND_SHIFT)) | kind << KIND_SHIFT;
}

enum bulk_kind bulk_way_kind(uint64_t way)
{
	const unsigned kind = way >> KIND_SHIFT & 0xff & ~(unsigned)KIND_LEADS_NOWHERE;

	return kind > BULK_TEXT && kind < BULK_KIND_COUNT ? (enum bulk_kind)kind : BULK_KIND_COUNT;
}

bool bulk_way_leads(uint64_t way)
{
	return !(way >> KIND_SHIFT & KIND_LEADS_NOWHERE);
}

unsigned bulk_ways(const struct bulk_sighting *s, uint64_t ways[BULK_BANDS + BULK_SIGNS])
{
	unsigned n = 0;

	static_assert(BULK_VALUES == 2 * BULK_BANDS, "two of them make a band");
	for (; s->has_text && n < BULK_BANDS; n++)
		ways[n] = way(BULK_TEXT, n, (uint64_t)s->text[2 * n] << 32 | s->text[2 * n + 1]);
	for (unsigned i = 0; i < s->sign_count; i++)
		ways[n++] = sign_way(&s->signs[i]);
	return n;
}

uint64_t bulk_again_way(const struct bulk_sighting *s)
{
	return s->again ? way(BULK_KIND_COUNT, 0, s->again) : 0;
}

/* ---- keys ---- */

/* The same mail always makes the same cluster. */
struct str bulk_mail_key(const struct bulk_sighting *s, char to[BULK_KEY])
{
	uint64_t ways[BULK_BANDS + BULK_SIGNS];
	char bytes[BULK_BANDS * 8];
	const unsigned n = s->has_text ? BULK_BANDS : 1;

	CHECK(bulk_ways(s, ways) >= n);
	for (size_t i = 0; i < n; i++)
		octets_put_be(bytes + 8 * i, ways[i], sizeof(ways[i]));
	return bulk_cluster_key(bulk_hash((struct str){ .p = bytes, .n = (size_t)n * 8 }), to);
}

struct str bulk_cluster_key(uint64_t id, char to[BULK_KEY])
{
	return key(CLUSTER, id, to);
}

struct str bulk_domain_key(uint64_t domain, char to[BULK_KEY])
{
	return key(DOMAIN, domain, to);
}

uint64_t bulk_key_id(struct str key)
{
	if (key.n != BULK_KEY || key.p[0] != CLUSTER)
		return 0;
	return octets_be(key.p + 1, BULK_KEY - 1);
}

bool bulk_key_is_domain(struct str key)
{
	return key.n == BULK_KEY && key.p[0] == DOMAIN;
}

/* ---- for people ---- */

const char *bulk_kind_name(enum bulk_kind k)
{
	static const char *const names[] = {
#define X(ID, NAME) NAME,
		BULK_SIGN_KINDS(X)
#undef X
	};

	CHECK((unsigned)k < BULK_KIND_COUNT);
	return names[k];
}

struct str bulk_print_id(uint64_t id, char to[BULK_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < BULK_ID_TEXT; i++)
		to[i] = digits[id >> (60 - 4 * i) & 15];
	return (struct str){ .p = to, .n = BULK_ID_TEXT };
}

bool bulk_read_id(struct str text, uint64_t *id)
{
	*id = 0;
	for (size_t i = 0; i < text.n; i++) {
		const int digit = hex_digit(text.p[i]);

		if (digit < 0)
			return false;
		*id = *id << 4 | (unsigned)digit;
	}
	return text.n == BULK_ID_TEXT && *id != 0;
}
