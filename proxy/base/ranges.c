/* ranges.c - see ranges.h. */
#define _GNU_SOURCE /* MADV_HUGEPAGE */
#include "base/ranges.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>
#include <sys/mman.h>

enum {
	CACHE_LINE = 64,
	LEAF_BYTES = 4 * CACHE_LINE,
	LEVELS_MAX = 10, /* 28 * 8^10 ranges are more than 2^32 */
	HUGE_PAGE = 2 << 20,
};

enum { V4_FANOUT = 16, V4_LEAF = 48, V6_FANOUT = 8, V6_LEAF = 28 };

/* Keys are last addresses: all of one in IPv4, the high half in IPv6.  A leaf has the keys of its ranges and,
 * behind them, the bits of each. */
struct shape {
	size_t key;    /* bytes */
	size_t fanout; /* keys in a cache line */
	size_t leaf;   /* ranges */
	size_t beside; /* room for what each range of a leaf has elsewhere, in whole lines */
};

static const struct shape shape_v4 = { sizeof(uint32_t), V4_FANOUT, V4_LEAF, V4_LEAF };
static const struct shape shape_v6 = { sizeof(uint64_t), V6_FANOUT, V6_LEAF, 32 };

static_assert(V4_LEAF * (sizeof(uint32_t) + 1) <= LEAF_BYTES, "a leaf fits its lines");
static_assert(V6_LEAF * (sizeof(uint64_t) + 1) <= LEAF_BYTES, "a leaf fits its lines");

/* The last address of each block of the level below; filled up with the last one there is, which is before none. */
struct level {
	void *keys;
	uint64_t *lo; /* low halves; NULL: all bits are set in all */
	size_t count;
};

struct ranges {
	const struct shape *shape;
	struct level levels[LEVELS_MAX]; /* the one with a single line first */
	unsigned depth;
	uint8_t *leaves;
	uint64_t *lo;    /* of the leaves; NULL: all bits are set in all */
	uint32_t *texts; /* of the leaves; NULL: there are none */
	void *mapped;
	size_t mapped_bytes, bytes; /* bytes: what of it is touched */
};

/* ---- packing ---- */

/* Hands out what is in one piece of memory; at NULL it only counts. */
struct carver {
	char *memory;
	size_t used;
};

static void *carve(struct carver *c, size_t count, size_t size)
{
	const size_t at = c->used;

	c->used += (count * size + LEAF_BYTES - 1) / LEAF_BYTES * LEAF_BYTES;
	return c->memory ? c->memory + at : NULL;
}

static size_t blocks(size_t count, size_t block)
{
	return (count + block - 1) / block;
}

static void place(struct ranges *r, size_t leaves, bool wide, bool texts, struct carver *c)
{
	const struct shape *shape = r->shape;
	size_t counts[LEVELS_MAX];

	r->depth = 0;
	for (size_t n = leaves; n > 1; n = blocks(n, shape->fanout))
		counts[r->depth++] = blocks(n, shape->fanout) * shape->fanout;
	for (unsigned i = 0; i < r->depth; i++) {
		struct level *level = &r->levels[i];

		level->count = counts[r->depth - 1 - i];
		level->keys = carve(c, level->count, shape->key);
		level->lo = wide ? carve(c, level->count, sizeof(*level->lo)) : NULL;
	}
	r->leaves = carve(c, leaves, LEAF_BYTES);
	r->lo = wide ? carve(c, leaves * shape->beside, sizeof(*r->lo)) : NULL;
	r->texts = texts ? carve(c, leaves * shape->beside, sizeof(*r->texts)) : NULL;
}

/* On small pages a lookup waits a second time, for where the memory is.  The heap would hand out some that have been
 * in use and are small for good. */
static void *on_huge_pages(size_t bytes, struct ranges *r)
{
	const size_t align = bytes < HUGE_PAGE ? LEAF_BYTES : HUGE_PAGE;
	uintptr_t at;

	r->bytes = bytes;
	r->mapped_bytes = bytes + align;
	r->mapped = mmap(NULL, r->mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	CHECK(r->mapped != MAP_FAILED);
	at = ((uintptr_t)r->mapped + align - 1) / align * align;
	/* Refused, it is slower, and nothing else. */
	if (align == HUGE_PAGE)
		(void)madvise((void *)at, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
	return (void *)at;
}

static void put(const struct shape *shape, void *keys, size_t i, uint64_t hi)
{
	if (shape == &shape_v4)
		((uint32_t *)keys)[i] = (uint32_t)(hi >> 32);
	else
		((uint64_t *)keys)[i] = hi;
}

static void fill_level(const struct ranges *r, unsigned depth, const struct range *from,
		       size_t count, size_t block)
{
	const struct level *level = &r->levels[depth];

	for (size_t i = 0; i < level->count; i++) {
		const size_t behind = (i + 1) * block;
		const struct key last = from[(behind < count ? behind : count) - 1].last;

		put(r->shape, level->keys, i, last.hi);
		if (level->lo)
			level->lo[i] = last.lo;
	}
}

static void fill_leaves(struct ranges *r, const struct range *from, size_t count)
{
	const struct shape *shape = r->shape;

	for (size_t i = 0; i < blocks(count, shape->leaf) * shape->leaf; i++) {
		const struct range *range = &from[i < count ? i : count - 1];
		const size_t leaf = i / shape->leaf, at = i % shape->leaf;
		uint8_t *keys = r->leaves + leaf * LEAF_BYTES;

		put(shape, keys, at, range->last.hi);
		keys[shape->leaf * shape->key + at] = range->bits;
		if (r->lo)
			r->lo[leaf * shape->beside + at] = range->last.lo;
		if (r->texts)
			r->texts[leaf * shape->beside + at] = range->text;
	}
}

struct ranges *ranges_pack(enum ip_family family, const struct range *from, size_t count)
{
	struct ranges *r = mem_new(sizeof(*r));
	struct carver c = { .memory = NULL };
	bool wide = false, texts = false;
	size_t leaves, block;

	CHECK(count && key_same(from[count - 1].last, key_behind(0)));
	for (size_t i = 0; i < count; i++) {
		wide |= from[i].last.lo != UINT64_MAX;
		texts |= from[i].text != 0;
	}
	r->shape = family == IP_V4 ? &shape_v4 : &shape_v6;
	leaves = blocks(count, r->shape->leaf);
	place(r, leaves, wide, texts, &c);
	c = (struct carver){ .memory = on_huge_pages(c.used, r) };
	place(r, leaves, wide, texts, &c);
	block = r->shape->leaf;
	for (unsigned i = r->depth; i-- > 0; block *= r->shape->fanout)
		fill_level(r, i, from, count, block);
	fill_leaves(r, from, count);
	return r;
}

void ranges_free(struct ranges *r)
{
	if (!r)
		return;
	(void)munmap(r->mapped, r->mapped_bytes);
	mem_free(r);
}

size_t ranges_bytes(const struct ranges *r)
{
	return r ? sizeof(*r) + r->bytes : 0;
}

/* ---- looking up ---- */

/* How many of `count` keys, a constant, are before this one.  All are compared, for a search by halves would wait for
 * each before it knows the next. */
static inline size_t before_v4(const void *keys, size_t count, struct key key)
{
	const uint32_t *k = keys, wanted = (uint32_t)(key.hi >> 32);
	uint32_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += k[i] < wanted;
	return n;
}

static inline size_t before_v6(const void *keys, const uint64_t *lo, size_t count, struct key key)
{
	const uint64_t *hi = keys;
	size_t n = 0;

#pragma GCC unroll 28
	for (size_t i = 0; i < count; i++)
		n += hi[i] < key.hi;
	while (lo && n < count && hi[n] == key.hi && lo[n] < key.lo)
		n++;
	return n;
}

/* All lines of a leaf and what lies beside it, at once: which of them are needed is known one after the other. */
static inline void fetch(const struct ranges *r, size_t leaf)
{
	const size_t beside = leaf * r->shape->beside;

	for (size_t i = 0; i < LEAF_BYTES; i += CACHE_LINE)
		__builtin_prefetch(r->leaves + leaf * LEAF_BYTES + i);
	for (size_t i = 0; r->texts && i < r->shape->beside; i += CACHE_LINE / sizeof(*r->texts))
		__builtin_prefetch(r->texts + beside + i);
	for (size_t i = 0; r->lo && i < r->shape->beside; i += CACHE_LINE / sizeof(*r->lo))
		__builtin_prefetch(r->lo + beside + i);
}

static size_t leaf_v4(const struct ranges *r, struct key key)
{
	size_t at = 0;

	for (const struct level *l = r->levels; l < r->levels + r->depth; l++)
		at = at * V4_FANOUT +
		     before_v4((uint32_t *)l->keys + at * V4_FANOUT, V4_FANOUT, key);
	return at;
}

static size_t leaf_v6(const struct ranges *r, struct key key)
{
	size_t at = 0;

	for (const struct level *l = r->levels; l < r->levels + r->depth; l++) {
		const size_t first = at * V6_FANOUT;

		at = first + before_v6((uint64_t *)l->keys + first, l->lo ? l->lo + first : NULL,
				       V6_FANOUT, key);
	}
	return at;
}

static bool is_in(const struct range *range, struct key key)
{
	const struct key rest = key_behind(range->bits);

	return range->bits != RANGE_NOTHING && ((range->last.hi ^ key.hi) & ~rest.hi) == 0 &&
	       ((range->last.lo ^ key.lo) & ~rest.lo) == 0;
}

static bool find_v4(const struct ranges *r, struct key key, struct range *found)
{
	const size_t leaf = leaf_v4(r, key);
	const uint8_t *keys = r->leaves + leaf * LEAF_BYTES;
	size_t i;

	fetch(r, leaf);
	i = before_v4(keys, V4_LEAF, key);
	found->last =
		(struct key){ .hi = (uint64_t)((const uint32_t *)(const void *)keys)[i] << 32 };
	found->bits = keys[V4_LEAF * sizeof(uint32_t) + i];
	found->text = r->texts ? r->texts[leaf * shape_v4.beside + i] : 0;
	return is_in(found, key);
}

static bool find_v6(const struct ranges *r, struct key key, struct range *found)
{
	const size_t leaf = leaf_v6(r, key);
	const uint8_t *keys = r->leaves + leaf * LEAF_BYTES;
	const uint64_t *lo = r->lo ? r->lo + leaf * shape_v6.beside : NULL;
	size_t i;

	fetch(r, leaf);
	i = before_v6(keys, lo, V6_LEAF, key);
	found->last.hi = ((const uint64_t *)(const void *)keys)[i];
	found->last.lo = lo ? lo[i] : UINT64_MAX;
	found->bits = keys[V6_LEAF * sizeof(uint64_t) + i];
	found->text = r->texts ? r->texts[leaf * shape_v6.beside + i] : 0;
	return is_in(found, key);
}

bool ranges_find(const struct ranges *r, struct key key, struct range *found)
{
	return r->shape == &shape_v4 ? find_v4(r, key, found) : find_v6(r, key, found);
}
