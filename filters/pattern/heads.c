#include "filters/pattern/heads.h"

#include "base/mem.h"
#include "base/sixteen.h"
#include "filters/pattern/planes.h"
#include "filters/pattern/share.h"

enum {
	DEPTH = PLANES_DEPTH,
	CLASSES =
		PLANES_CLASSES, /* of bytes whose lower six bits are the same, when their letters are small */
	SETS = 96,
	CHOSEN = 2048, /* sets of which the best are united; of more those first that begin alike */
	BLOCK = PLANES_PLACES, /* places that are looked at before the literals that are left at them */
	HASH = 15,             /* bits, */
	BUCKET = 12,           /* and so many of them say the bucket */
	TIERS = 4,
};

/* Bytes that are hashed: of a literal, the most that it has. */
static const uint8_t tiers[TIERS] = { 8, 5, 3, 1 };

/* A literal: its bytes, eight of them in each, or fewer of them and as much is 0 below. */
struct head {
	uint64_t bytes[2];
	uint32_t literal;
	uint8_t n;
};

struct heads {
	struct planes *planes;
	struct head *items;
	uint64_t hashes[(TIERS << HASH) / 64]; /* that literals have, a bit each */
	uint16_t first[(TIERS << BUCKET) + 1]; /* of each bucket, in `items`; the next follow */
};

/* ---- making some ---- */

/* What the literals begin with. */
struct set {
	uint64_t takes[DEPTH];
	float share;
	float cost; /* of uniting it with the next */
};

static unsigned class_of(char byte)
{
	return (unsigned char)ascii_lower(byte) % CLASSES;
}

static struct set set_of(const struct literal *l)
{
	struct set s = { .share = 0 };

	for (unsigned d = 0; d < DEPTH; d++)
		s.takes[d] = d < l->n ? UINT64_C(1) << class_of(l->bytes[d]) : UINT64_MAX;
	return s;
}

static struct set united(const struct set *a, const struct set *b)
{
	struct set s = { .share = 0 };

	for (unsigned d = 0; d < DEPTH; d++)
		s.takes[d] = a->takes[d] | b->takes[d];
	return s;
}

/* At what share of places of mail it is left: a guess, as if bytes did not depend on one another. */
static float share_of(const struct set *s, const float classes[CLASSES])
{
	float share = 1;

	for (unsigned d = 0; d < DEPTH; d++) {
		float sum = 0;

		for (uint64_t rest = s->takes[d]; rest; rest &= rest - 1)
			sum += classes[__builtin_ctzll(rest)];
		share *= sum < 1 ? sum : 1;
	}
	return share;
}

static void weigh(struct set *s, const float classes[CLASSES])
{
	const struct set both = united(&s[0], &s[1]);

	s->cost = share_of(&both, classes) - s[0].share - s[1].share;
}

/* Those are one that begin with the same bytes, the fewer the more sets there are.  Returns how many are left. */
static uint32_t unite_alike(struct set *sets, uint32_t count)
{
	for (unsigned bytes = DEPTH - 1; count > CHOSEN && bytes > 0; bytes--) {
		uint32_t n = 1;

		for (uint32_t i = 1; i < count; i++)
			if (memcmp(sets[n - 1].takes, sets[i].takes,
				   bytes * sizeof(*sets[i].takes)) == 0)
				sets[n - 1] = united(&sets[n - 1], &sets[i]);
			else
				sets[n++] = sets[i];
		count = n;
	}
	return count;
}

/* Neighbours are united, those first of which the set is left at the fewest places more.  Returns how many are left. */
static uint32_t unite_all(struct set *sets, uint32_t count, const float classes[CLASSES])
{
	for (uint32_t i = 0; i < count; i++)
		sets[i].share = share_of(&sets[i], classes);
	for (uint32_t i = 0; i + 1 < count; i++)
		weigh(&sets[i], classes);
	for (; count > SETS; count--) {
		uint32_t best = 0;

		for (uint32_t i = 1; i + 1 < count; i++)
			if (sets[i].cost < sets[best].cost)
				best = i;
		sets[best] = united(&sets[best], &sets[best + 1]);
		sets[best].share = share_of(&sets[best], classes);
		memmove(&sets[best + 1], &sets[best + 2], (count - best - 2) * sizeof(*sets));
		if (best + 2 < count)
			weigh(&sets[best], classes);
		if (best)
			weigh(&sets[best - 1], classes);
	}
	return count;
}

static void fill(struct planes *p, const struct set *s, uint32_t number)
{
	for (unsigned d = 0; d < DEPTH; d++)
		for (uint64_t rest = s->takes[d]; rest; rest &= rest - 1)
			planes_put(p, number, d, (unsigned)__builtin_ctzll(rest));
}

static struct planes *make_planes(const struct literal *const *literals, uint32_t count)
{
	struct set *sets = mem_array(NULL, count, sizeof(*sets));
	float classes[CLASSES] = { 0 };
	uint8_t class[256];
	struct planes *p;
	uint32_t n = 0;

	for (unsigned byte = 0; byte < 256; byte++) {
		class[byte] = (uint8_t)class_of((char)byte);
		classes[class[byte]] += share_of_byte((unsigned char)byte);
	}
	for (uint32_t i = 0; i < count; i++) {
		sets[n] = set_of(literals[i]);
		n += n == 0 || memcmp(sets[n - 1].takes, sets[n].takes, sizeof(sets[n].takes)) != 0;
	}
	n = unite_all(sets, unite_alike(sets, n), classes);
	p = planes_new(n, class);
	for (uint32_t i = 0; i < n; i++)
		fill(p, &sets[i], i);
	mem_free(sets);
	return p;
}

/* Only the first n of eight bytes are left of them. */
static uint64_t first_of(uint64_t bytes, unsigned n)
{
	return n < 8 ? bytes << 8 * (8 - n) : bytes;
}

/* The highest bits are those of the bucket. */
static uint32_t hash_at(uint64_t bytes, unsigned tier)
{
	const uint64_t hash = first_of(bytes, tiers[tier]) * UINT64_C(0x9e3779b97f4a7c15);

	return (tier << HASH) + (uint32_t)(hash >> (64 - HASH));
}

static uint32_t bucket_of(uint32_t hash)
{
	return hash >> (HASH - BUCKET);
}

static uint32_t hash_of(const struct literal *l)
{
	unsigned tier = 0;

	while (l->n < tiers[tier])
		tier++;
	return hash_at(eight_load(l->bytes), tier);
}

static void make_head(struct head *head, const struct literal *l, uint32_t number)
{
	char bytes[16] = { 0 };

	memcpy(bytes, l->bytes, l->n);
	*head = (struct head){
		.bytes = { first_of(eight_load(bytes), l->n),
			   l->n > 8 ? first_of(eight_load(bytes + 8), l->n - 8u) : 0 },
		.literal = number,
		.n = l->n,
	};
}

static void make_buckets(struct heads *h, const struct literal *const *literals, uint32_t count)
{
	h->items = mem_array(NULL, count, sizeof(*h->items));
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t hash = hash_of(literals[i]);

		h->hashes[hash / 64] |= UINT64_C(1) << hash % 64;
		h->first[bucket_of(hash)]++;
	}
	for (uint32_t b = 1; b < COUNTOF(h->first); b++)
		h->first[b] += h->first[b - 1];
	for (uint32_t i = count; i-- > 0;)
		make_head(&h->items[--h->first[bucket_of(hash_of(literals[i]))]], literals[i], i);
}

struct heads *heads_new(const struct literal *const *literals, uint32_t count)
{
	struct heads *h;

	if (count == 0 || count > UINT16_MAX || !planes_can())
		return NULL;
	h = mem_new(sizeof(*h));
	h->planes = make_planes(literals, count);
	make_buckets(h, literals, count);
	return h;
}

void heads_free(struct heads *h)
{
	if (!h)
		return;
	planes_free(h->planes);
	mem_free(h->items);
	mem_free(h);
}

/* ---- a text ---- */

/* Where a literal may begin, and the bucket that it is in. */
struct find {
	uint16_t place, bucket;
};

/* Places that lie behind one another. */
struct block {
	/* From the first one on, small letters for capitals; behind the end 0, which no literal has. */
	char text[BLOCK + LITERAL_LONGEST + sizeof(sixteen)];
	uint16_t places[BLOCK]; /* that are left */
	struct find finds[BLOCK * TIERS];
	unsigned count; /* of finds */
};

static void fold(struct block *b, struct str text, unsigned n)
{
	text = str_head(text, n + LITERAL_LONGEST);
	memcpy(b->text, text.p, text.n);
	memset(b->text + text.n, 0, sizeof(b->text) - text.n);
	for (size_t at = 0; at < text.n; at += sizeof(sixteen)) {
		const sixteen bytes = sixteen_load(b->text + at);
		const sixteen folded = bytes + ((sixteen)(bytes - 'A' < 26) & ('a' - 'A'));

		memcpy(b->text + at, &folded, sizeof(folded));
	}
}

/* Before any literal is compared: at most places there is none, and the CPU cannot guess at which. */
static unsigned add_finds(const struct heads *h, struct block *b, uint16_t place, unsigned count)
{
	const uint64_t bytes = eight_load(b->text + place);

#pragma GCC unroll 4 /* TIERS */
	for (unsigned tier = 0; tier < TIERS; tier++) {
		const uint32_t hash = hash_at(bytes, tier);

		b->finds[count] =
			(struct find){ .place = place, .bucket = (uint16_t)bucket_of(hash) };
		count += h->hashes[hash / 64] >> hash % 64 & 1;
	}
	return count;
}

struct looking {
	const struct heads *heads;
	heads_seen *seen;
	void *ctx;
};

static bool is_at(const struct head *head, const char *text)
{
	return first_of(eight_load(text), head->n) == head->bytes[0] &&
	       (head->n <= 8 || first_of(eight_load(text + 8), head->n - 8u) == head->bytes[1]);
}

static void tell(const struct looking *l, uint32_t bucket, const char *text, size_t at)
{
	const struct heads *h = l->heads;

	for (uint32_t i = h->first[bucket]; i < h->first[bucket + 1]; i++)
		if (is_at(&h->items[i], text))
			l->seen(l->ctx, h->items[i].literal, at + h->items[i].n);
}

void heads_look(const struct heads *h, struct str text, struct sight_window window,
		heads_seen *seen, void *ctx)
{
	const struct looking l = { .heads = h, .seen = seen, .ctx = ctx };
	struct block b;

	for (size_t at = window.from; at < window.to; at += BLOCK) {
		const unsigned n = window.to - at < BLOCK ? (unsigned)(window.to - at) : BLOCK;
		const struct str from = str_from(text, at);
		const unsigned places = planes_look(h->planes, from, n, b.places);

		fold(&b, from, n);
		b.count = 0;
		for (unsigned i = 0; i < places; i++)
			b.count = add_finds(h, &b, b.places[i], b.count);
		for (unsigned i = 0; i < b.count; i++)
			tell(&l, b.finds[i].bucket, b.text + b.finds[i].place,
			     at + b.finds[i].place);
	}
}
