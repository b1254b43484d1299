#include "policy/finding.h"

#include "base/limits.h"

static struct finding *find(const struct findings *list, symbol_id symbol)
{
	for (struct finding *f = list->first; f; f = f->next)
		if (f->symbol == symbol)
			return f;
	return NULL;
}

static void add_detail(struct finding *f, struct arena *arena, struct str detail)
{
	struct str joined;

	if (detail.n == 0)
		return;
	joined = f->detail.n == 0 ? arena_str(arena, detail)
				  : arena_printf(arena, STR_FMT ", " STR_FMT, STR_ARG(f->detail),
						 STR_ARG(detail));
	if (joined.p)
		f->detail = joined;
}

static struct finding *append(struct findings *list, struct arena *arena, symbol_id symbol,
			      unsigned hits)
{
	struct finding *f;

	if (list->count >= LIMIT_FINDINGS || !(f = arena_new(arena, struct finding)))
		return NULL;
	f->symbol = symbol;
	f->hits = hits;
	if (list->first)
		*list->last = f;
	else
		list->first = f;
	list->last = &f->next;
	list->count++;
	return f;
}

void findings_add(struct findings *list, struct arena *arena, symbol_id symbol, struct str detail)
{
	struct finding *f = find(list, symbol);

	if (f) {
		add_detail(f, arena, detail);
		return;
	}
	f = append(list, arena, symbol, 1);
	if (f)
		add_detail(f, arena, detail);
}

void findings_hit(struct findings *list, struct arena *arena, symbol_id symbol, unsigned hits)
{
	append(list, arena, symbol, hits);
}

bool findings_equal(const struct findings *a, const struct findings *b)
{
	const struct finding *f = a->first, *g = b->first;

	if (a->count != b->count)
		return false;
	for (; f; f = f->next, g = g->next)
		if (f->symbol != g->symbol || f->hits != g->hits || !str_eq(f->detail, g->detail))
			return false;
	return true;
}
