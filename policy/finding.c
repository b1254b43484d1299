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

void findings_add(struct findings *list, struct arena *arena, symbol_id symbol, struct str detail)
{
	struct finding *f = find(list, symbol);

	if (f) {
		add_detail(f, arena, detail);
		return;
	}
	if (list->count >= LIMIT_FINDINGS || !(f = arena_new(arena, struct finding)))
		return;
	f->symbol = symbol;
	add_detail(f, arena, detail);
	if (list->first)
		*list->last = f;
	else
		list->first = f;
	list->last = &f->next;
	list->count++;
}

bool findings_equal(const struct findings *a, const struct findings *b)
{
	const struct finding *f = a->first, *g = b->first;

	if (a->count != b->count)
		return false;
	for (; f; f = f->next, g = g->next)
		if (f->symbol != g->symbol || !str_eq(f->detail, g->detail))
			return false;
	return true;
}
