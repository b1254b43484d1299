#include "filters/pattern/prefilter.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/pattern/heads.h"

#include <hs/hs.h>

enum { MANY = 128 }; /* literals: fewer are found by Vectorscan as soon */

struct prefilter_scratch {
	hs_scratch_t *hs;
};

/* A literal and which item asks for it. */
struct wish {
	struct literal literal;
	uint32_t item;
	uint32_t least, most; /* bytes before its end that a match begins */
};

struct prefilter {
	struct heads *heads; /* NULL: the database looks */
	hs_database_t *database;
	struct wish *wishes; /* by literal */
	uint32_t count, room;
	uint32_t *first; /* of each literal: its wishes lie before those of the next */
};

const char *prefilter_engine(void)
{
	return hs_version();
}

struct prefilter_scratch *prefilter_scratch_new(void)
{
	return mem_new(sizeof(struct prefilter_scratch));
}

void prefilter_scratch_free(struct prefilter_scratch *scratch)
{
	hs_free_scratch(scratch->hs);
	mem_free(scratch);
}

/* ---- making one ---- */

struct prefilter *prefilter_new(void)
{
	return mem_new(sizeof(struct prefilter));
}

void prefilter_free(void *prefilter)
{
	struct prefilter *f = prefilter;

	if (!f)
		return;
	heads_free(f->heads);
	hs_free_database(f->database);
	mem_free(f->wishes);
	mem_free(f->first);
	mem_free(f);
}

void prefilter_add(struct prefilter *f, const struct literals *literals, uint32_t item)
{
	f->wishes = mem_grow(f->wishes, &f->room, f->count + literals->count, sizeof(*f->wishes));
	for (unsigned i = 0; i < literals->count; i++) {
		const struct literal *l = &literals->items[i];

		f->wishes[f->count++] = (struct wish){
			.literal = *l,
			.item = item,
			.least = literals->least + l->n,
			.most = literals->most == SIGHT_ANYWHERE ? SIGHT_ANYWHERE
								 : literals->most + l->n,
		};
	}
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

/* Each literal once, those who ask for it together.  Returns how many there are. */
static unsigned number(struct prefilter *f)
{
	unsigned n = 0;

	qsort(f->wishes, f->count, sizeof(*f->wishes), by_literal);
	f->first = mem_array(NULL, f->count + 1, sizeof(*f->first));
	for (uint32_t i = 0; i < f->count; i++)
		if (i == 0 || by_literal(&f->wishes[i - 1], &f->wishes[i]) != 0)
			f->first[n++] = i;
	f->first[n] = f->count;
	return n;
}

static struct heads *make_heads(const struct prefilter *f, uint32_t n)
{
	const struct literal **literals = mem_array(NULL, n, sizeof(*literals));
	struct heads *heads;

	for (uint32_t i = 0; i < n; i++)
		literals[i] = &f->wishes[f->first[i]].literal;
	heads = heads_new(literals, n);
	mem_free(literals);
	return heads;
}

static hs_database_t *compile(const struct prefilter *f, unsigned n)
{
	const char **texts = mem_array(NULL, n, sizeof(*texts));
	unsigned *flags = mem_array(NULL, n, sizeof(*flags));
	unsigned *ids = mem_array(NULL, n, sizeof(*ids));
	size_t *lengths = mem_array(NULL, n, sizeof(*lengths));
	hs_database_t *database = NULL;
	hs_compile_error_t *error = NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct literal *l = &f->wishes[f->first[i]].literal;

		texts[i] = l->bytes;
		lengths[i] = l->n;
		flags[i] = HS_FLAG_CASELESS;
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

bool prefilter_close(struct prefilter *f, struct prefilter_scratch *scratch)
{
	const unsigned n = number(f);

	if (n >= MANY)
		f->heads = make_heads(f, n);
	if (f->heads)
		return true;
	f->database = compile(f, n);
	return f->database && hs_alloc_scratch(f->database, &scratch->hs) == HS_SUCCESS;
}

/* ---- a text ---- */

struct looking {
	const struct prefilter *prefilter;
	size_t from,
		told; /* where it is looked from; what ends there or before was told of before */
	sight_seen *seen;
	void *ctx;
};

static void on_literal(void *ctx, uint32_t literal, size_t end)
{
	const struct looking *l = ctx;
	const struct prefilter *f = l->prefilter;

	for (uint32_t i = f->first[literal]; i < f->first[literal + 1]; i++) {
		const struct wish *w = &f->wishes[i];
		const struct sight sight = { .end = end,
					     .least = w->least,
					     .most = w->most,
					     .lines = SIGHT_LINES,
					     .reach = SIGHT_REACH };

		l->seen(l->ctx, w->item, &sight);
	}
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		    void *ctx)
{
	const struct looking *l = ctx;

	(void)from;
	(void)flags;
	if (l->from + to > l->told)
		on_literal(ctx, id, l->from + to);
	return 0;
}

void prefilter_look(const struct prefilter *f, struct prefilter_scratch *scratch, struct str text,
		    struct sight_window window, sight_seen *seen, void *ctx)
{
	const size_t before =
		LITERAL_LONGEST - 1; /* a literal may begin there, and end in the window */
	struct looking l = { .prefilter = f, .told = window.from, .seen = seen, .ctx = ctx };

	if (f->heads) {
		heads_look(f->heads, text, window, on_literal, &l);
		return;
	}
	if (window.from > before)
		l.from = window.from - before;
	text = str_from(str_head(text, window.to), l.from);
	if (text.n)
		CHECK(hs_scan(f->database, text.p, (unsigned)text.n, 0, scratch->hs, on_match,
			      &l) == HS_SUCCESS);
}
