/* window.c - chooses a window of an expression.
 *
 * It may begin at any element of the expression that is in every match.  The share of mail of what follows another is taken
 * to be the same, which is wrong and good enough: a window that is found too often costs time only. */
#include "filters/pattern/automaton_parts.h"

#include "base/mem.h"

enum {
	STARTS = 24, /* elements that a window may begin at */
	LEAD_MOST = 255,
};

#define SELDOM (1.f / 256)    /* a window that is there more often is none */
#define RARE   (1.f / 500000) /* there is no need of a better one */

/* ---- where nodes lead ---- */

void reach_room(struct reach *reach, uint32_t nodes)
{
	if (nodes <= reach->room)
		return;
	reach_close(reach);
	reach->room = 2 * nodes;
	reach->seen = mem_new(reach->room * sizeof(*reach->seen));
	reach->stack = mem_array(NULL, reach->room, sizeof(*reach->stack));
	reach->found = mem_array(NULL, reach->room, sizeof(*reach->found));
	reach->tick = 0;
}

void reach_close(struct reach *reach)
{
	mem_free(reach->seen);
	mem_free(reach->stack);
	mem_free(reach->found);
}

void reach_begin(struct reach *reach)
{
	reach->count = 0;
	if (++reach->tick != 0)
		return;
	memset(reach->seen, 0, reach->room * sizeof(*reach->seen));
	reach->tick = 1;
}

/* False: it was seen since reach_begin(). */
static bool meet(struct reach *reach, uint32_t node)
{
	uint32_t *seen = &reach->seen[node - reach->base];

	if (*seen == reach->tick)
		return false;
	*seen = reach->tick;
	return true;
}

void reach_add(struct reach *reach, const struct nodes *nodes, uint32_t from)
{
	uint32_t depth = 0;

	if (!meet(reach, from))
		return;
	reach->stack[depth++] = from;
	while (depth > 0) {
		const uint32_t at = reach->stack[--depth];
		const struct node *n = &nodes->items[at];

		if (n->kind != NODE_SPLIT) {
			reach->found[reach->count++] = at;
			continue;
		}
		if (meet(reach, n->next))
			reach->stack[depth++] = n->next;
		if (meet(reach, n->other))
			reach->stack[depth++] = n->other;
	}
}

/* ---- how often it is found ---- */

/* Where walks through a window may stand after so many bytes, and the share of all walks that do. */
struct stand {
	uint32_t *nodes; /* from the first of the window */
	uint32_t count;
	float *share; /* by node; 0: none */
	float *news;  /* by node, of all who stand there, each with his share */
};

static void stand_open(struct stand *s, uint32_t nodes)
{
	s->nodes = mem_array(NULL, nodes, sizeof(*s->nodes));
	s->share = mem_new(nodes * sizeof(*s->share));
	s->news = mem_array(NULL, nodes, sizeof(*s->news));
	s->count = 0;
}

static void stand_close(struct stand *s)
{
	mem_free(s->nodes);
	mem_free(s->share);
	mem_free(s->news);
}

static void stand_add(struct stand *s, uint32_t node, float share, float news)
{
	if (s->share[node] == 0) {
		s->nodes[s->count++] = node;
		s->news[node] = 0;
	}
	s->share[node] += share;
	s->news[node] += share * news;
}

static void stand_clear(struct stand *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		s->share[s->nodes[i]] = 0;
	s->count = 0;
}

struct rating {
	const struct nodes *nodes;
	uint32_t first;
	struct reach *reach;
	struct stand stands[2]; /* now, and behind one more byte */
};

/* One more byte.  Returns the share that is found at that. */
static float advance(struct rating *r, const struct stand *now, struct stand *then)
{
	float found = 0;

	for (uint32_t i = 0; i < now->count; i++) {
		const uint32_t at = now->nodes[i];
		const struct node *n = &r->nodes->items[r->first + at];
		const float share = now->share[at] * r->nodes->sets[n->set].share;
		const float news = now->news[at] / now->share[at] + n->news;

		if (news >= WINDOW_NEWS) {
			found += share;
			continue;
		}
		reach_begin(r->reach);
		reach_add(r->reach, r->nodes, n->next);
		for (uint32_t j = 0; j < r->reach->count; j++) {
			const uint32_t to = r->reach->found[j];

			if (r->nodes->items[to].kind == NODE_FOUND)
				found += share;
			else
				stand_add(then, to - r->first, share, news);
		}
	}
	return found;
}

static float walk(struct rating *r, uint32_t start)
{
	struct stand *now = &r->stands[0], *then = &r->stands[1];
	float found = 0;

	reach_begin(r->reach);
	reach_add(r->reach, r->nodes, start);
	for (uint32_t i = 0; i < r->reach->count; i++) {
		if (r->nodes->items[r->reach->found[i]].kind == NODE_FOUND)
			return 1;
		stand_add(now, r->reach->found[i] - r->first, 1, 0);
	}
	for (unsigned depth = 0; depth < WINDOW_DEPTH && now->count && found < SELDOM; depth++) {
		struct stand *const behind = now;

		found += advance(r, now, then);
		stand_clear(now);
		now = then;
		then = behind;
	}
	for (uint32_t i = 0; i < now->count; i++)
		found += now->share[now->nodes[i]];
	return found;
}

/* In what share of places the window is found whose nodes are those from `first` on. */
static float rate(const struct nodes *nodes, uint32_t first, uint32_t start, struct reach *reach)
{
	struct rating r = { .nodes = nodes, .first = first, .reach = reach };
	float found;

	reach_room(reach, nodes->count - first);
	reach->base = first;
	stand_open(&r.stands[0], nodes->count - first);
	stand_open(&r.stands[1], nodes->count - first);
	found = walk(&r, start);
	stand_close(&r.stands[0]);
	stand_close(&r.stands[1]);
	return found;
}

/* ---- the choice ---- */

/* The elements that are in every match, one behind the other; returns how many. */
static unsigned list_elements(const struct tree *t, const struct tree **items, unsigned n)
{
	if (t->kind != TREE_SEQUENCE) {
		if (n < ELEMENTS)
			items[n++] = t;
		return n;
	}
	for (t = t->first; t; t = t->next)
		n = list_elements(t, items, n);
	return n;
}

/* Bytes that it takes at most. */
static uint32_t most_of(const struct tree *t)
{
	uint32_t most = 0;

	switch (t->kind) {
	case TREE_PLACE:
		break;
	case TREE_ANYTHING:
		return WINDOW_ANYWHERE;
	case TREE_CLASS:
		return 1;
	case TREE_SEQUENCE:
		for (t = t->first; t && most <= LEAD_MOST; t = t->next) {
			const uint32_t own = most_of(t);

			most = own > LEAD_MOST ? own : most + own;
		}
		break;
	case TREE_CHOICE:
		for (t = t->first; t && most <= LEAD_MOST; t = t->next) {
			const uint32_t own = most_of(t);

			most = own > most ? own : most;
		}
		break;
	case TREE_REPEAT:
		most = most_of(t->first);
		if (most > LEAD_MOST || (most && t->most == TREE_REPEAT_MOST))
			return WINDOW_ANYWHERE;
		most *= t->most;
	}
	return most > LEAD_MOST ? WINDOW_ANYWHERE : most;
}

static uint32_t put_window(struct maker *m, const struct tree *const *items, unsigned count)
{
	m->too_many = false;
	m->nodes->count = m->first;
	return put_elements(m, items, count, put_found(m));
}

/* The first one that is rare, or the rarest. */
static unsigned choose(struct maker *m, const struct tree *const *items, unsigned count,
		       float *share)
{
	struct reach reach = { .room = 0 };
	unsigned best = 0;

	*share = 1;
	for (unsigned i = 0; i < count && i<STARTS && * share> RARE; i++) {
		const uint32_t start = put_window(m, &items[i], count - i);
		const float own = m->too_many ? 1 : rate(m->nodes, m->first, start, &reach);

		/* One that begins further on must be worth it: where its match begins is known less well. */
		if (own * 2 < *share) {
			best = i;
			*share = own;
		}
	}
	reach_close(&reach);
	return best;
}

bool window_add(struct nodes *nodes, const struct tree *tree, uint32_t item, struct window *w)
{
	struct maker m = { .nodes = nodes, .first = nodes->count, .item = item };
	const struct tree *items[ELEMENTS];
	const unsigned count = list_elements(tree, items, 0);
	float share;
	const unsigned begin = choose(&m, items, count, &share);

	w->lead = 0;
	for (unsigned i = 0; i < begin && w->lead != WINDOW_ANYWHERE; i++) {
		const uint32_t own = most_of(items[i]);

		w->lead = own == WINDOW_ANYWHERE || w->lead + own > LEAD_MOST ? WINDOW_ANYWHERE
									      : w->lead + own;
	}
	if (share <= SELDOM) {
		w->start = put_window(&m, &items[begin], count - begin);
		if (!m.too_many)
			return true;
	}
	nodes->count = m.first;
	return false;
}
