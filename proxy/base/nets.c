/* nets.c - see nets.h.  Addresses are keys of 128 bits; those of IPv4 stand in their first 32, so that a prefix has
 * the same length in the key as in the address.  Each family has its own ranges. */
#include "base/nets.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/ranges.h"

#include <endian.h>

enum { NO_TEXT = 0 }; /* offset 0 of the texts is an empty one */

struct item {
	struct key base;
	uint32_t text;
	uint8_t bits;
	bool except;
};

struct nets {
	struct ranges *v4, *v6; /* NULL: empty */
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
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static struct key key_of(const struct ip *ip)
{
	if (ip->family == IP_V4)
		return (struct key){ .hi = be64(ip->bytes) & UINT64_C(0xffffffff00000000) };
	return (struct key){ .hi = be64(ip->bytes), .lo = be64(ip->bytes + 8) };
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
	const struct key base = key_of(&net->base), rest = key_behind(net->bits);

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
	if (!key_same(a->base, b->base))
		return key_before(a->base, b->base);
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
	struct range *ranges;
	size_t count;
};

static struct key last_of(const struct item *item)
{
	const struct key rest = key_behind(item->bits);

	return (struct key){ .hi = item->base.hi | rest.hi, .lo = item->base.lo | rest.lo };
}

static struct key one_before(struct key key)
{
	return (struct key){ .hi = key.hi - (key.lo == 0), .lo = key.lo - 1 };
}

static void add(struct flat *f, struct key last, uint8_t bits, uint32_t text)
{
	f->ranges[f->count++] = (struct range){ .last = last, .bits = bits, .text = text };
}

/* Up to `last` it is this one, unless all of that was said to be something closer. */
static void tell(struct flat *f, struct key last, const struct item *item)
{
	if (f->count == 0 || !key_same(f->ranges[f->count - 1].last, last))
		add(f, last, item->except ? RANGE_NOTHING : item->bits, item->text);
}

/* In order of their beginnings, wider ones first: those open at any point are nested in one another. */
static void flatten(const struct items *items, struct flat *f)
{
	const struct item *open[KEY_BITS + 2];
	unsigned depth = 0;

	for (const struct item *item = items->at; item < items->at + items->count; item++) {
		for (; depth && key_before(last_of(open[depth - 1]), item->base); depth--)
			tell(f, last_of(open[depth - 1]), open[depth - 1]);
		if (depth && open[depth - 1]->bits == item->bits)
			depth--; /* the same once more */
		else if (depth && !key_same(open[depth - 1]->base, item->base))
			tell(f, one_before(item->base), open[depth - 1]);
		open[depth++] = item;
	}
	for (; depth; depth--)
		tell(f, last_of(open[depth - 1]), open[depth - 1]);
	if (!key_same(f->ranges[f->count - 1].last, key_behind(0)))
		add(f, key_behind(0), RANGE_NOTHING, NO_TEXT);
}

static struct ranges *make(enum ip_family family, struct items *items)
{
	struct flat f = { .count = 0 };
	struct ranges *r;

	if (items->count == 0)
		return NULL;
	sort(items);
	f.ranges = mem_array(NULL, items->count * 2 + 1, sizeof(*f.ranges));
	flatten(items, &f);
	r = ranges_pack(family, f.ranges, f.count);
	mem_free(f.ranges);
	return r;
}

struct nets *nets_build(struct nets_builder *b)
{
	struct nets *nets = mem_new(sizeof(*nets));

	nets->v4 = make(IP_V4, &b->v4);
	nets->v6 = make(IP_V6, &b->v6);
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
	ranges_free(nets->v4);
	ranges_free(nets->v6);
	mem_free(nets->texts);
	mem_free(nets);
}

size_t nets_bytes(const struct nets *nets)
{
	return sizeof(*nets) + ranges_bytes(nets->v4) + ranges_bytes(nets->v6) + nets->text_bytes;
}

static struct ip ip_of(enum ip_family family, struct key key)
{
	struct ip ip = { .family = family };

	key = (struct key){ .hi = htobe64(key.hi), .lo = htobe64(key.lo) };
	memcpy(ip.bytes, &key.hi, sizeof(key.hi));
	memcpy(ip.bytes + sizeof(key.hi), &key.lo, sizeof(key.lo));
	return ip;
}

bool nets_find(const struct nets *nets, const struct ip *ip, struct nets_match *match)
{
	const struct ranges *r = ip->family == IP_V4 ? nets->v4 : nets->v6;
	const struct key key = key_of(ip);
	struct range range;
	struct key rest;

	if (ip->family == IP_NONE || !r || !ranges_find(r, key, &range))
		return false;
	rest = key_behind(range.bits);
	match->net.base = ip_of(ip->family, (struct key){ key.hi & ~rest.hi, key.lo & ~rest.lo });
	match->net.bits = range.bits;
	match->text = nets->texts + range.text;
	return true;
}
