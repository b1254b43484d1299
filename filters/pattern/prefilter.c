#include "filters/pattern/prefilter.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/pattern/literal.h"

#include <hs/hs.h>

struct prefilter_scratch {
	hs_scratch_t *hs;
	uint8_t *seen; /* by item: its literals so far */
	size_t seen_room;
};

struct prefilter {
	hs_database_t *database;
	/* The items of literal i are items[first[i]] to items[first[i + 1]]. */
	uint32_t *first;
	uint32_t *items;
	size_t words, count;
	uint8_t *times; /* by item: how often its literals must be there */
	uint64_t *always;
};

struct prefilter_scratch *prefilter_scratch_new(void)
{
	return mem_new(sizeof(struct prefilter_scratch));
}

void prefilter_scratch_free(struct prefilter_scratch *scratch)
{
	hs_free_scratch(scratch->hs);
	mem_free(scratch->seen);
	mem_free(scratch);
}

/* ---- making one ---- */

/* A literal and which item asks for it. */
struct wish {
	struct literal literal;
	uint32_t item;
};

struct wishes {
	struct wish *items;
	size_t count, room;
};

static void wish_add(struct prefilter *f, struct wishes *w, const struct literals *l, size_t item)
{
	if (l->count)
		f->times[item] = (uint8_t)l->times;
	if (w->count + l->count > w->room) {
		w->room = 2 * w->room + LITERALS_MOST;
		w->items = mem_array(w->items, w->room, sizeof(*w->items));
	}
	for (unsigned i = 0; i < l->count; i++)
		w->items[w->count++] =
			(struct wish){ .literal = l->items[i], .item = (uint32_t)item };
}

static int compare(const struct literal *a, const struct literal *b)
{
	const int d = memcmp(a->bytes, b->bytes, a->n < b->n ? a->n : b->n);

	return d ? d : a->n - b->n;
}

static int by_literal(const void *a, const void *b)
{
	return compare(&((const struct wish *)a)->literal, &((const struct wish *)b)->literal);
}

/* Where nothing is told of an expression, it is always tried. */
static void gather(struct prefilter *f, const struct prefilter_item *items, size_t count,
		   struct wishes *wishes)
{
	struct literals l;

	for (size_t i = 0; i < count; i++) {
		l.count = 0;
		if (items[i].expression)
			literals_of(items[i].expression, &l);
		if (l.count)
			wish_add(f, wishes, &l, i);
		else
			f->always[i / 64] |= 1ull << (i % 64);
	}
}

/* Each literal once, those who ask for it together.  Returns how many there are. */
static unsigned number(struct prefilter *f, const struct wishes *w)
{
	unsigned n = 0;

	f->first = mem_array(NULL, w->count + 1, sizeof(*f->first));
	f->items = mem_array(NULL, w->count, sizeof(*f->items));
	for (size_t i = 0; i < w->count; i++) {
		if (i == 0 || compare(&w->items[i - 1].literal, &w->items[i].literal) != 0)
			f->first[n++] = (uint32_t)i;
		f->items[i] = w->items[i].item;
	}
	f->first[n] = (uint32_t)w->count;
	return n;
}

/* Its first place in a text is all that anybody asks for. */
static bool once_is_enough(const struct prefilter *f, unsigned literal)
{
	for (uint32_t i = f->first[literal]; i < f->first[literal + 1]; i++)
		if (f->times[f->items[i]] > 1)
			return false;
	return true;
}

static hs_database_t *compile(const struct prefilter *f, const struct wishes *w, unsigned n)
{
	const char **texts = mem_array(NULL, n, sizeof(*texts));
	unsigned *flags = mem_array(NULL, n, sizeof(*flags));
	unsigned *ids = mem_array(NULL, n, sizeof(*ids));
	size_t *lengths = mem_array(NULL, n, sizeof(*lengths));
	hs_database_t *database = NULL;
	hs_compile_error_t *error = NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct literal *l = &w->items[f->first[i]].literal;

		texts[i] = l->bytes;
		lengths[i] = l->n;
		flags[i] = HS_FLAG_CASELESS | (once_is_enough(f, i) ? HS_FLAG_SINGLEMATCH : 0u);
		ids[i] = i;
	}
	if (hs_compile_lit_multi(texts, flags, ids, lengths, n, HS_MODE_BLOCK, NULL, &database,
				 &error) != HS_SUCCESS) {
		hs_free_compile_error(error);
		database = NULL;
	}
	mem_free(texts);
	mem_free(flags);
	mem_free(ids);
	mem_free(lengths);
	return database;
}

struct prefilter *prefilter_new(const struct prefilter_item *items, size_t count,
				struct prefilter_scratch *scratch)
{
	struct prefilter *f = mem_new(sizeof(*f));
	struct wishes wishes = { .count = 0 };

	f->words = prefilter_words(count);
	f->count = count;
	f->times = mem_new(count + 1);
	f->always = mem_new(f->words * sizeof(*f->always) + 1);
	gather(f, items, count, &wishes);
	if (wishes.count) {
		qsort(wishes.items, wishes.count, sizeof(*wishes.items), by_literal);
		f->database = compile(f, &wishes, number(f, &wishes));
	}
	mem_free(wishes.items);
	if (count > scratch->seen_room) {
		scratch->seen_room = count;
		scratch->seen = mem_resize(scratch->seen, count);
	}
	if (f->database && hs_alloc_scratch(f->database, &scratch->hs) == HS_SUCCESS)
		return f;
	prefilter_free(f); /* there is nothing to look for, or this machine cannot */
	return NULL;
}

void prefilter_free(void *prefilter)
{
	struct prefilter *f = prefilter;

	hs_free_database(f->database);
	mem_free(f->first);
	mem_free(f->items);
	mem_free(f->times);
	mem_free(f->always);
	mem_free(f);
}

/* ---- a text ---- */

struct finding {
	const struct prefilter *prefilter;
	uint8_t *seen;
	uint64_t *candidates;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		    void *ctx)
{
	const struct finding *found = ctx;
	const struct prefilter *f = found->prefilter;

	(void)from;
	(void)to;
	(void)flags;
	for (uint32_t i = f->first[id]; i < f->first[id + 1]; i++) {
		const uint32_t item = f->items[i];

		if (found->seen[item] < f->times[item])
			found->seen[item]++;
		if (found->seen[item] == f->times[item])
			found->candidates[item / 64] |= 1ull << (item % 64);
	}
	return 0;
}

void prefilter_find(const struct prefilter *f, struct prefilter_scratch *scratch, struct str text,
		    uint64_t *candidates)
{
	struct finding found = { .prefilter = f, .seen = scratch->seen, .candidates = candidates };

	memcpy(candidates, f->always, f->words * sizeof(*candidates));
	if (text.n == 0)
		return;
	memset(scratch->seen, 0, f->count);
	CHECK(hs_scan(f->database, text.p, (unsigned)text.n, 0, scratch->hs, on_match, &found) ==
	      HS_SUCCESS);
}
