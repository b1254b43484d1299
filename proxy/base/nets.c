/* nets.c - see nets.h.  Addresses are keys of 128 bits; those of IPv4 stand in their first 32, so that a prefix has
 * the same length in the key as in the address.  Each family has its own ranges. */
#define _GNU_SOURCE /* MADV_HUGEPAGE */
#include "base/nets.h"

#include "base/check.h"
#include "base/mem.h"

#include <sys/mman.h>

enum {
	FANOUT = 8, /* keys in a cache line */
	BLOCK = FANOUT * FANOUT,
	LEVELS_MAX = 12, /* 64 * 8^11 ranges are more than 2^32 */
	KEY_BITS = 128,
	CACHE_LINE = 64,
	HUGE_PAGE = 2 << 20,
	NO_TEXT = 0, /* offset 0 of the texts is an empty one */
};

struct key {
	uint64_t hi, lo;
};

/* What holds from a key on.  bits < 0: not in the set. */
struct meaning {
	uint32_t text; /* offset */
	int32_t bits;
};

struct item {
	struct key base;
	uint32_t text;
	uint8_t bits;
	bool except;
};

/* Sorted keys, in two arrays that begin at a cache line.  lo: NULL when it is zero in all. */
struct keys {
	uint64_t *hi, *lo;
	size_t count;
};

struct ranges {
	struct keys levels[LEVELS_MAX]; /* the last one has all keys */
	unsigned depth;                 /* 0: there are none */
	struct meaning *meanings;       /* of the last level */
	void *memory;                   /* of keys and meanings */
	size_t bytes;
};

struct nets {
	struct ranges v4, v6;
	char *texts;
	size_t text_bytes;
};

/* ---- collecting ---- */

struct items {
	struct item *at;
	size_t count, room;
};

struct nets_builder {
	struct items v4, v6;
	char *texts; /* each with a NUL behind it */
	size_t text_n, text_room;
	uint32_t last_text; /* lists say the same of many in a row: kept once */
};

static uint64_t be64(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static struct key key_of(const struct ip *ip)
{
	if (ip->family == IP_V4)
		return (struct key){ .hi = be64(ip->bytes) & UINT64_C(0xffffffff00000000) };
	return (struct key){ .hi = be64(ip->bytes), .lo = be64(ip->bytes + 8) };
}

/* The bits behind a prefix. */
static struct key behind(unsigned bits)
{
	if (bits < 64)
		return (struct key){ .hi = UINT64_MAX >> bits, .lo = UINT64_MAX };
	return (struct key){ .lo = bits < KEY_BITS ? UINT64_MAX >> (bits - 64) : 0 };
}

static inline bool before(struct key a, struct key b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

static inline bool same(struct key a, struct key b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

struct nets_builder *nets_builder_new(void)
{
	struct nets_builder *b = mem_new(sizeof(*b));

	b->text_room = 4096;
	b->texts = mem_new(b->text_room);
	b->text_n = 1;
	return b;
}

void nets_builder_free(struct nets_builder *b)
{
	if (!b)
		return;
	mem_free(b->v4.at);
	mem_free(b->v6.at);
	mem_free(b->texts);
	mem_free(b);
}

static uint32_t keep_text(struct nets_builder *b, struct str text)
{
	if (text.n == 0)
		return NO_TEXT;
	if (str_eq(text, str_z(b->texts + b->last_text)))
		return b->last_text;
	while (b->text_room - b->text_n <= text.n)
		b->texts = mem_array(b->texts, b->text_room *= 2, 1);
	CHECK(b->text_n <= UINT32_MAX - text.n - 1);
	b->last_text = (uint32_t)b->text_n;
	memcpy(b->texts + b->text_n, text.p, text.n);
	b->text_n += text.n;
	b->texts[b->text_n++] = '\0';
	return b->last_text;
}

void nets_add(struct nets_builder *b, const struct ip_net *net, bool except, struct str text)
{
	struct items *items = net->base.family == IP_V4 ? &b->v4 : &b->v6;
	const struct key base = key_of(&net->base), rest = behind(net->bits);

	CHECK(net->base.family != IP_NONE && items->count < UINT32_MAX / 4);
	CHECK((base.hi & rest.hi) == 0 && (base.lo & rest.lo) == 0);
	if (items->count == items->room) {
		items->room = items->room ? items->room * 2 : 64;
		items->at = mem_array(items->at, items->room, sizeof(*items->at));
	}
	items->at[items->count++] = (struct item){
		.base = base,
		.bits = net->bits,
		.except = except,
		.text = except ? NO_TEXT : keep_text(b, text),
	};
}

/* ---- flattening ---- */

static inline bool in_order(const struct item *a, const struct item *b)
{
	if (!same(a->base, b->base))
		return before(a->base, b->base);
	return a->bits <= b->bits;
}

static void merge(const struct item *a, const struct item *middle, const struct item *end,
		  struct item *to)
{
	const struct item *b = middle;

	while (a < middle && b < end)
		*to++ = in_order(a, b) ? *a++ : *b++;
	while (a < middle)
		*to++ = *a++;
	while (b < end)
		*to++ = *b++;
}

static bool is_sorted(const struct items *items)
{
	for (size_t i = 1; i < items->count; i++)
		if (!in_order(&items->at[i - 1], &items->at[i]))
			return false;
	return true;
}

/* By where they begin, wider ones first, the same in the order in which they came.  Lists are mostly sorted as they
 * come.  A merge that knows its comparison takes a third of qsort()'s time. */
static void sort(struct items *items)
{
	const size_t n = items->count;
	struct item *from = items->at, *to;

	if (is_sorted(items))
		return;
	to = mem_array(NULL, n, sizeof(*to));
	for (size_t run = 1; run < n; run *= 2) {
		struct item *swap = from;

		for (size_t i = 0; i < n; i += 2 * run)
			merge(from + i, from + (i + run < n ? i + run : n),
			      from + (i + 2 * run < n ? i + 2 * run : n), to + i);
		from = to;
		to = swap;
	}
	items->at = from;
	mem_free(to);
}

struct flat {
	struct key *keys;
	struct meaning *meanings;
	size_t count;
	bool wide; /* some key has a low half */
};

/* From this key on it is so, until something else is said. */
static void begin(struct flat *f, struct key key, struct meaning meaning)
{
	if (f->count && same(f->keys[f->count - 1], key))
		f->count--;
	if (f->count && f->meanings[f->count - 1].bits == meaning.bits &&
	    f->meanings[f->count - 1].text == meaning.text)
		return;
	f->wide |= key.lo != 0;
	f->keys[f->count] = key;
	f->meanings[f->count++] = meaning;
}

static struct key last_of(const struct item *item)
{
	const struct key rest = behind(item->bits);

	return (struct key){ .hi = item->base.hi | rest.hi, .lo = item->base.lo | rest.lo };
}

static struct meaning meaning_of(const struct item *item)
{
	return (struct meaning){ .text = item->text, .bits = item->except ? -1 : item->bits };
}

/* What begins behind a network that ends: what is around it. */
static void end(struct flat *f, const struct item *item, const struct item *around)
{
	const struct meaning outside = { .bits = -1 };
	struct key next = last_of(item);

	if (++next.lo == 0 && ++next.hi == 0)
		return; /* nothing is behind the last address */
	begin(f, next, around ? meaning_of(around) : outside);
}

/* In order of their beginnings, wider ones first: those open at any point are nested in one another. */
static void flatten(const struct items *items, struct flat *f)
{
	const struct item *open[KEY_BITS + 2];
	unsigned depth = 0;

	begin(f, (struct key){ 0 }, (struct meaning){ .bits = -1 });
	for (const struct item *item = items->at; item < items->at + items->count; item++) {
		while (depth && before(last_of(open[depth - 1]), item->base)) {
			depth--;
			end(f, open[depth], depth ? open[depth - 1] : NULL);
		}
		if (depth && open[depth - 1]->bits == item->bits)
			depth--; /* the same once more */
		open[depth++] = item;
		begin(f, item->base, meaning_of(item));
	}
	while (depth) {
		depth--;
		end(f, open[depth], depth ? open[depth - 1] : NULL);
	}
}

/* ---- levels ---- */

static size_t whole_lines(size_t bytes)
{
	return (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static size_t keys_bytes(size_t count, bool wide)
{
	return whole_lines(count * sizeof(uint64_t)) * (wide ? 2 : 1);
}

/* Each level has the first key of each block of the one below it. */
static void set_counts(struct ranges *r, size_t count)
{
	size_t counts[LEVELS_MAX] = { count };

	for (r->depth = 1; counts[r->depth - 1] > (r->depth == 1 ? BLOCK : FANOUT); r->depth++) {
		const size_t block = r->depth == 1 ? BLOCK : FANOUT;

		counts[r->depth] = (counts[r->depth - 1] + block - 1) / block;
	}
	for (unsigned i = 0; i < r->depth; i++)
		r->levels[r->depth - 1 - i].count = counts[i];
}

static char *place(struct keys *level, char *at, bool wide)
{
	const size_t bytes = keys_bytes(level->count, false);

	level->hi = (uint64_t *)(void *)at;
	level->lo = wide ? (uint64_t *)(void *)(at + bytes) : NULL;
	return at + keys_bytes(level->count, wide);
}

static void fill(struct keys *level, const struct key *keys, size_t step)
{
	for (size_t i = 0; i < level->count; i++)
		level->hi[i] = keys[i * step].hi;
	for (size_t i = 0; level->lo && i < level->count; i++)
		level->lo[i] = keys[i * step].lo;
}

/* A lookup waits for memory about once, and on small pages as long again for where that is. */
static void on_huge_pages(void *memory, size_t bytes)
{
	const uintptr_t begin = ((uintptr_t)memory + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	const uintptr_t end = ((uintptr_t)memory + bytes) / HUGE_PAGE * HUGE_PAGE;

	/* Refused, it is slower, and nothing else. */
	if (begin < end)
		(void)madvise((char *)memory + (begin - (uintptr_t)memory), end - begin,
			      MADV_HUGEPAGE);
}

static void stack(struct ranges *r, const struct flat *f)
{
	size_t step = 1;
	char *at;

	set_counts(r, f->count);
	r->bytes = CACHE_LINE + f->count * sizeof(*r->meanings);
	for (unsigned i = 0; i < r->depth; i++)
		r->bytes += keys_bytes(r->levels[i].count, f->wide);
	r->memory = mem_resize(NULL, r->bytes);
	on_huge_pages(r->memory, r->bytes);
	at = r->memory;
	at += (CACHE_LINE - (uintptr_t)at % CACHE_LINE) % CACHE_LINE;
	for (unsigned i = r->depth; i-- > 0; step *= step == 1 ? BLOCK : FANOUT) {
		at = place(&r->levels[i], at, f->wide);
		fill(&r->levels[i], f->keys, step);
	}
	r->meanings = (struct meaning *)(void *)at;
	memcpy(r->meanings, f->meanings, f->count * sizeof(*r->meanings));
}

static struct ranges make(struct items *items)
{
	struct ranges r = { .depth = 0 };
	struct flat f = { .count = 0 };

	if (items->count == 0)
		return r;
	sort(items);
	f.keys = mem_array(NULL, items->count * 2 + 2, sizeof(*f.keys));
	f.meanings = mem_array(NULL, items->count * 2 + 2, sizeof(*f.meanings));
	flatten(items, &f);
	stack(&r, &f);
	mem_free(f.keys);
	mem_free(f.meanings);
	return r;
}

struct nets *nets_build(struct nets_builder *b)
{
	struct nets *nets = mem_new(sizeof(*nets));

	nets->v4 = make(&b->v4);
	nets->v6 = make(&b->v6);
	nets->text_bytes = b->text_n;
	nets->texts = mem_array(b->texts, b->text_n, 1);
	b->texts = NULL;
	nets_builder_free(b);
	return nets;
}

void nets_free(struct nets *nets)
{
	if (!nets)
		return;
	mem_free(nets->v4.memory);
	mem_free(nets->v6.memory);
	mem_free(nets->texts);
	mem_free(nets);
}

size_t nets_bytes(const struct nets *nets)
{
	return sizeof(*nets) + nets->v4.bytes + nets->v6.bytes + nets->text_bytes;
}

/* ---- looking up ---- */

/* How many of up to eight keys, `step` apart from `first` on, are not behind `key`.  All of them are compared, for a
 * search by halves would wait for each before it knows the next. */
static inline size_t reach(const struct keys *keys, size_t first, size_t step, struct key key)
{
	const size_t left = (keys->count - first + step - 1) / step;
	const size_t count = left < FANOUT ? left : FANOUT;
	const uint64_t *hi = keys->hi + first, *lo = keys->lo ? keys->lo + first : NULL;
	size_t n = 0;

	if (!lo)
		for (size_t i = 0; i < count; i++)
			n += hi[i * step] <= key.hi;
	else
		for (size_t i = 0; i < count; i++)
			n += (hi[i * step] < key.hi) |
			     ((hi[i * step] == key.hi) & (lo[i * step] <= key.lo));
	return n;
}

/* The meanings of a block: their line is known last and is the farthest away. */
static inline void fetch(const struct meaning *meanings)
{
	for (size_t i = 0; i < BLOCK; i += CACHE_LINE / sizeof(*meanings))
		__builtin_prefetch(meanings + i);
}

/* The last range that begins at or before the key; the first begins at zero, so that each reach is one at least. */
static size_t range_of(const struct ranges *r, struct key key)
{
	const struct keys *last = &r->levels[r->depth - 1];
	size_t at = 0;

	for (const struct keys *level = r->levels; level < last; level++)
		at = at * FANOUT + reach(level, at * FANOUT, 1, key) - 1;
	at *= BLOCK;
	fetch(r->meanings + at);
	at += (reach(last, at, FANOUT, key) - 1) * FANOUT;
	return at + reach(last, at, 1, key) - 1;
}

bool nets_find(const struct nets *nets, const struct ip *ip, struct nets_match *match)
{
	const struct ranges *r = ip->family == IP_V4 ? &nets->v4 : &nets->v6;
	const struct meaning *m;

	if (ip->family == IP_NONE || r->depth == 0)
		return false;
	m = &r->meanings[range_of(r, key_of(ip))];
	if (m->bits < 0)
		return false;
	match->net = (struct ip_net){ .base = *ip, .bits = (uint8_t)m->bits };
	match->net.base = ip_net_first(&match->net);
	match->text = str_z(nets->texts + m->text);
	return true;
}
