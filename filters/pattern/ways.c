#include "filters/pattern/ways.h"

#include "base/arena.h"

enum {
	DEPTH_MOST = 64, /* of trees in one another, before a byte is met */
	VISITS_MOST = 65536,
	STEPS_MOST = 32 << 20, /* bytes */
};

struct walk {
	struct ways *ways;
	bool by_two;
	const struct byte_set *first; /* of two; NULL: it is yet to come */
	struct arena arena;
	unsigned visits;
};

static void put_ways(struct walk *w, struct step *s, unsigned depth);

static struct step *step(struct walk *w, const struct tree *tree, struct step *next)
{
	struct step *s = arena_new(&w->arena, struct step);

	if (!s)
		return NULL;
	s->tree = tree;
	s->least = tree->least;
	s->most = tree->most;
	s->next = next;
	return s;
}

/* All of `t` and what is beside it. */
static struct step *steps_of(struct walk *w, const struct tree *t, struct step *next)
{
	const struct tree *items[WAYS_ELEMENTS];
	unsigned n = 0;

	for (; t && n < WAYS_ELEMENTS; t = t->next)
		items[n++] = t;
	if (t)
		w->ways->too_many = true;
	while (n > 0 && next != NULL)
		next = step(w, items[--n], next);
	return next;
}

/* What stands in the lane stands behind that. */
static void put_before(struct lane *lane, const struct byte_set *first)
{
	memmove(lane->sets + 1, lane->sets, (LANE_DEPTH - 1) * sizeof(*lane->sets));
	lane->sets[0] = *first;
	lane->open = lane->open < LANE_DEPTH ? lane->open + 1 : LANE_DEPTH;
}

static void put_class(struct walk *w, struct step *s, unsigned depth)
{
	struct lane *lane = &w->ways->lanes[w->ways->count];

	if (w->by_two && !w->first) {
		w->first = &s->tree->set;
		put_ways(w, s->next, depth);
		w->first = NULL;
		return;
	}
	*lane = *lane_of(s);
	if (w->first)
		put_before(lane, w->first);
	w->ways->count++;
}

static void put_repeat(struct walk *w, struct step *s, unsigned depth)
{
	struct step *again;

	if (s->least == 0)
		put_ways(w, s->next, depth);
	if (s->most == 0)
		return;
	again = step(w, s->tree, s->next);
	if (again) {
		again->least = s->least > 0 ? s->least - 1 : 0;
		again->most = s->most < TREE_REPEAT_MOST ? s->most - 1 : s->most;
	}
	put_ways(w, again ? step(w, s->tree->first, again) : NULL, depth);
}

/* s: NULL: there was no room. */
static void put_ways(struct walk *w, struct step *s, unsigned depth)
{
	while (s && s->tree->kind == TREE_PLACE)
		s = s->next;
	if (!s || s->tree->kind == TREE_ANYTHING || depth == DEPTH_MOST ||
	    w->ways->count == WAYS_MOST || ++w->visits > VISITS_MOST)
		w->ways->too_many = true;
	if (w->ways->too_many)
		return;
	switch (s->tree->kind) {
	case TREE_CLASS:
		put_class(w, s, depth + 1);
		break;
	case TREE_SEQUENCE:
		put_ways(w, steps_of(w, s->tree->first, s->next), depth + 1);
		break;
	case TREE_CHOICE:
		for (const struct tree *t = s->tree->first; t; t = t->next)
			put_ways(w, step(w, t, s->next), depth + 1);
		break;
	case TREE_REPEAT:
		put_repeat(w, s, depth + 1);
		break;
	case TREE_PLACE:
	case TREE_ANYTHING:
		break;
	}
}

static const struct tree the_end = { .kind = TREE_ANYTHING };

void ways_find(struct ways *ways, const struct tree *const *elements, unsigned count, bool by_two)
{
	struct walk w = { .ways = ways, .by_two = by_two };
	struct step *steps;

	arena_init(&w.arena, STEPS_MOST);
	ways->count = 0;
	ways->too_many = false;
	steps = step(&w, &the_end, NULL);
	while (count > 0 && steps)
		steps = step(&w, elements[--count], steps);
	put_ways(&w, steps, 0);
	arena_reset(&w.arena);
}
