#include "filters/pattern/prefilter.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/pattern/literal.h"

#include <hs/hs.h>

struct prefilter_scratch {
	hs_scratch_t *hs;
	char *squeezed;
	size_t room;
	uint8_t *seen; /* by item: its literals so far */
	size_t seen_room;
};

/* What is looked for in a text, as it is or squeezed. */
struct search {
	hs_database_t *database; /* NULL: nothing */
	/* The items of literal i are items[first[i]] to items[first[i + 1]]. */
	uint32_t *first;
	uint32_t *items;
};

struct prefilter {
	struct search plain, squeezed;
	struct search ascii; /* squeezed; only where the text is ASCII */
	size_t words, count;
	uint8_t *times;            /* by item: how often its literals must be there */
	uint64_t *always, *beyond; /* beyond: also in other texts */
};

struct prefilter_scratch *prefilter_scratch_new(void)
{
	return mem_new(sizeof(struct prefilter_scratch));
}

void prefilter_scratch_free(struct prefilter_scratch *scratch)
{
	hs_free_scratch(scratch->hs);
	mem_free(scratch->squeezed);
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

/* Where it is told more of an expression it is looked for; where nothing is, it is always tried. */
static void gather(struct prefilter *f, const struct prefilter_item *items, size_t count,
		   struct wishes *plain, struct wishes *squeezed, struct wishes *ascii)
{
	struct literals a = { .count = 0 }, b = { .count = 0 };

	for (size_t i = 0; i < count; i++) {
		a.count = b.count = 0;
		if (!items[i].always) {
			literals_of(items[i].expression, items[i].flags, LITERAL_PLAIN, &a);
			literals_of(items[i].expression, items[i].flags, LITERAL_SQUEEZED, &b);
		}
		if (literals_tell_more(&b, &a))
			wish_add(f, squeezed, &b, i);
		else
			wish_add(f, plain, &a, i);
		if (a.count || b.count)
			continue;
		if (!items[i].always)
			literals_of(items[i].expression, items[i].flags, LITERAL_ASCII, &a);
		wish_add(f, ascii, &a, i);
		(a.count ? f->beyond : f->always)[i / 64] |= 1ull << (i % 64);
	}
}

/* Each literal once, those who ask for it together.  Returns how many there are. */
static unsigned number(struct search *s, const struct wishes *w)
{
	unsigned n = 0;

	s->first = mem_array(NULL, w->count + 1, sizeof(*s->first));
	s->items = mem_array(NULL, w->count, sizeof(*s->items));
	for (size_t i = 0; i < w->count; i++) {
		if (i == 0 || compare(&w->items[i - 1].literal, &w->items[i].literal) != 0)
			s->first[n++] = (uint32_t)i;
		s->items[i] = w->items[i].item;
	}
	s->first[n] = (uint32_t)w->count;
	return n;
}

/* Its first place in a text is all that anybody asks for. */
static bool once_is_enough(const struct prefilter *f, const struct search *s, unsigned literal)
{
	for (uint32_t i = s->first[literal]; i < s->first[literal + 1]; i++)
		if (f->times[s->items[i]] > 1)
			return false;
	return true;
}

static hs_database_t *compile(const struct prefilter *f, const struct search *s,
			      const struct wishes *w, unsigned n)
{
	const char **texts = mem_array(NULL, n, sizeof(*texts));
	unsigned *flags = mem_array(NULL, n, sizeof(*flags));
	unsigned *ids = mem_array(NULL, n, sizeof(*ids));
	size_t *lengths = mem_array(NULL, n, sizeof(*lengths));
	hs_database_t *database = NULL;
	hs_compile_error_t *error = NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct literal *l = &w->items[s->first[i]].literal;

		texts[i] = l->bytes;
		lengths[i] = l->n;
		flags[i] = HS_FLAG_CASELESS | (once_is_enough(f, s, i) ? HS_FLAG_SINGLEMATCH : 0u);
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

/* False: this machine cannot. */
static bool search_make(const struct prefilter *f, struct search *s, struct wishes *w,
			struct prefilter_scratch *scratch)
{
	if (w->count == 0)
		return true;
	qsort(w->items, w->count, sizeof(*w->items), by_literal);
	s->database = compile(f, s, w, number(s, w));
	return s->database && hs_alloc_scratch(s->database, &scratch->hs) == HS_SUCCESS;
}

struct prefilter *prefilter_new(const struct prefilter_item *items, size_t count,
				struct prefilter_scratch *scratch)
{
	struct prefilter *f = mem_new(sizeof(*f));
	struct wishes plain = { .count = 0 }, squeezed = { .count = 0 }, ascii = { .count = 0 };
	bool ok;

	f->words = prefilter_words(count);
	f->count = count;
	f->times = mem_new(count + 1);
	f->always = mem_new(f->words * sizeof(*f->always) + 1);
	f->beyond = mem_new(f->words * sizeof(*f->beyond) + 1);
	gather(f, items, count, &plain, &squeezed, &ascii);
	ok = search_make(f, &f->plain, &plain, scratch) &&
	     search_make(f, &f->squeezed, &squeezed, scratch) &&
	     search_make(f, &f->ascii, &ascii, scratch) &&
	     plain.count + squeezed.count + ascii.count;
	mem_free(plain.items);
	mem_free(squeezed.items);
	mem_free(ascii.items);
	if (count > scratch->seen_room) {
		scratch->seen_room = count;
		scratch->seen = mem_resize(scratch->seen, count);
	}
	if (ok)
		return f;
	prefilter_free(f);
	return NULL;
}

static void search_free(struct search *s)
{
	hs_free_database(s->database);
	mem_free(s->first);
	mem_free(s->items);
}

void prefilter_free(void *prefilter)
{
	struct prefilter *f = prefilter;

	search_free(&f->plain);
	search_free(&f->squeezed);
	search_free(&f->ascii);
	mem_free(f->times);
	mem_free(f->always);
	mem_free(f->beyond);
	mem_free(f);
}

/* ---- a text ---- */

struct finding {
	const struct search *search;
	const uint8_t *times;
	uint8_t *seen;
	uint64_t *candidates;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		    void *ctx)
{
	const struct finding *found = ctx;
	const struct search *s = found->search;

	(void)from;
	(void)to;
	(void)flags;
	for (uint32_t i = s->first[id]; i < s->first[id + 1]; i++) {
		const uint32_t item = s->items[i];

		if (found->seen[item] < found->times[item])
			found->seen[item]++;
		if (found->seen[item] == found->times[item])
			found->candidates[item / 64] |= 1ull << (item % 64);
	}
	return 0;
}

static void look(const struct prefilter *f, const struct search *s,
		 struct prefilter_scratch *scratch, struct str text, uint64_t *candidates)
{
	struct finding found = {
		.search = s, .times = f->times, .seen = scratch->seen, .candidates = candidates
	};

	CHECK(hs_scan(s->database, text.p, (unsigned)text.n, 0, scratch->hs, on_match, &found) ==
	      HS_SUCCESS);
}

static struct str squeeze(struct prefilter_scratch *scratch, struct str text)
{
	if (text.n > scratch->room) {
		scratch->room = 2 * text.n;
		scratch->squeezed = mem_resize(scratch->squeezed, scratch->room);
	}
	return (struct str){ .p = scratch->squeezed,
			     .n = literal_squeeze(text, scratch->squeezed) };
}

static bool is_ascii(struct str text)
{
	unsigned char all = 0;

	for (size_t i = 0; i < text.n; i++)
		all |= (unsigned char)text.p[i];
	return all < 128;
}

void prefilter_find(const struct prefilter *f, struct prefilter_scratch *scratch, struct str text,
		    uint64_t *candidates)
{
	const bool ascii = is_ascii(text);
	struct str squeezed = { .n = 0 };

	memcpy(candidates, f->always, f->words * sizeof(*candidates));
	if (text.n == 0)
		return;
	memset(scratch->seen, 0, f->count);
	if (f->plain.database)
		look(f, &f->plain, scratch, text, candidates);
	if (f->squeezed.database || (ascii && f->ascii.database))
		squeezed = squeeze(scratch, text);
	if (f->squeezed.database)
		look(f, &f->squeezed, scratch, squeezed, candidates);
	if (ascii && f->ascii.database)
		look(f, &f->ascii, scratch, squeezed, candidates);
	for (size_t i = 0; !ascii && i < f->words; i++)
		candidates[i] |= f->beyond[i];
}
