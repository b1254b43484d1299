#include "filters/pattern/window.h"

#include "base/arena.h"
#include "base/mem.h"
#include "filters/pattern/sight.h"
#include "filters/pattern/start.h"

enum {
	ELEMENTS = 96, /* of a sequence that are looked at */
	STARTS = 24,   /* of them that a window may begin at */
	LEAD_MOST = 255,
	LINES_MOST = 4, /* before a window: each is looked for where it is seen */
	COPY_DEPTH =
		8, /* bytes that are seen of a part that is there several times, and of what is behind it */
	ALTERNATIVES = 1024,
	BY_TWO = 64,     /* of two bytes: more take long to choose from */
	DEPTH_MOST = 64, /* of trees in one another, before a byte is met */
	VISITS_MOST = 65536,
	STEPS_MOST = 32 << 20, /* bytes */
};

#define SELDOM (1.f / 30)      /* a window that is there more often is none */
#define OFTEN  (1.f / 3000)    /* it is worth a closer look */
#define RARE   (1.f / 1000000) /* there is no need of a better one */
#define ASK    16 /* lanes are asked for their last bytes in the time that one try takes */
#define WORD                                                                                       \
	3.f /* places of which one begins a word, less what it costs to see that the others do not */
#define HARDLY 2.f             /* so much more often */
#define WORTH  (1.f / 1000000) /* what a lane of its own must tell more */

/* ---- alternatives ---- */

/* The ways to begin a window, each with another byte of the tree; or with two. */
struct ways {
	bool by_two;
	const struct byte_set *first; /* of two; NULL: it is yet to come */
	struct arena arena;
	struct lane *lanes;
	unsigned count;
	unsigned visits;
	bool too_many; /* or it can be nothing */
};

static void put_ways(struct ways *w, struct step *s, unsigned depth);

static struct step *step(struct ways *w, const struct tree *tree, struct step *next)
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
static struct step *steps_of(struct ways *w, const struct tree *t, struct step *next)
{
	const struct tree *items[ELEMENTS];
	unsigned n = 0;

	for (; t && n < ELEMENTS; t = t->next)
		items[n++] = t;
	if (t)
		w->too_many = true;
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

static void put_class(struct ways *w, struct step *s, unsigned depth)
{
	struct lane *lane = &w->lanes[w->count];

	if (w->by_two && !w->first) {
		w->first = &s->tree->set;
		put_ways(w, s->next, depth);
		w->first = NULL;
		return;
	}
	*lane = *lane_of(s);
	if (w->first)
		put_before(lane, w->first);
	w->count++;
}

static void put_repeat(struct ways *w, struct step *s, unsigned depth)
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
static void put_ways(struct ways *w, struct step *s, unsigned depth)
{
	while (s && s->tree->kind == TREE_PLACE)
		s = s->next;
	if (!s || s->tree->kind == TREE_ANYTHING || depth == DEPTH_MOST ||
	    w->count == ALTERNATIVES || ++w->visits > VISITS_MOST)
		w->too_many = true;
	if (w->too_many)
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

/* Of the elements from here on. */
static void find_ways(struct ways *w, const struct tree *const *items, unsigned count)
{
	struct step *steps;

	arena_init(&w->arena, STEPS_MOST);
	w->count = w->visits = 0;
	w->too_many = false;
	steps = step(w, &the_end, NULL);
	while (count > 0 && steps)
		steps = step(w, items[--count], steps);
	put_ways(w, steps, 0);
	arena_reset(&w->arena);
}

static float share_of(const struct lane_shares *shares, const struct lane *lanes, unsigned count,
		      unsigned depth)
{
	float sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += lane_share(shares, &lanes[i], depth);
	return sum;
}

/* The work that it makes: it is tried where it is seen, and asked for its last bytes where the first ones are. */
static float work_of(const struct lane_shares *shares, const struct ways *w)
{
	return share_of(shares, w->lanes, w->count, LANE_DEPTH) +
	       share_of(shares, w->lanes, w->count, LANE_DENSE) / ASK;
}

/* ---- fewer lanes ---- */

/* What is lost when two lanes become one. */
struct losses {
	const struct lane_shares *shares;
	struct lane *lanes;
	float *own;  /* share of each lane */
	float *both; /* loss by pair */
	unsigned count;
};

static float *loss_of(const struct losses *l, unsigned a, unsigned b)
{
	return &l->both[a < b ? b * ALTERNATIVES + a : a * ALTERNATIVES + b];
}

static void weigh(struct losses *l, unsigned a)
{
	for (unsigned b = 0; b < l->count; b++)
		if (a != b)
			*loss_of(l, a, b) =
				lane_share_united(l->shares, &l->lanes[a], &l->lanes[b]) -
				l->own[a] - l->own[b];
}

static float find_least(const struct losses *l, unsigned *one, unsigned *other)
{
	float least = 1;

	for (unsigned a = 1; a < l->count; a++)
		for (unsigned b = 0; b < a; b++)
			if (*loss_of(l, a, b) < least) {
				least = *loss_of(l, a, b);
				*one = b;
				*other = a;
			}
	return least;
}

/* The last one takes the place of `other`. */
static void unite(struct losses *l, unsigned one, unsigned other)
{
	const unsigned last = --l->count;

	lane_unite(&l->lanes[one], &l->lanes[other]);
	l->own[one] = lane_share(l->shares, &l->lanes[one], LANE_DEPTH);
	if (other != last) {
		l->lanes[other] = l->lanes[last];
		l->own[other] = l->own[last];
		for (unsigned i = 0; i < last; i++)
			if (i != other)
				*loss_of(l, other, i) = *loss_of(l, last, i);
	}
	weigh(l, one);
}

static unsigned make_fewer(const struct lane_shares *shares, struct lane *lanes, unsigned count)
{
	struct losses l = { .shares = shares, .lanes = lanes, .count = count };
	unsigned one = 0, other = 0;

	l.own = mem_array(NULL, count, sizeof(*l.own));
	l.both = mem_array(NULL, (size_t)ALTERNATIVES * ALTERNATIVES, sizeof(*l.both));
	for (unsigned i = 0; i < count; i++)
		l.own[i] = lane_share(shares, &lanes[i], LANE_DEPTH);
	for (unsigned i = 0; i < count; i++)
		weigh(&l, i);
	while (l.count > 1 && (find_least(&l, &one, &other) < WORTH || l.count > WINDOW_LANES))
		unite(&l, one, other);
	mem_free(l.own);
	mem_free(l.both);
	return l.count;
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
static uint32_t longest_of(const struct tree *t)
{
	uint32_t most = 0;

	switch (t->kind) {
	case TREE_PLACE:
		break;
	case TREE_ANYTHING:
		return SIGHT_ANYWHERE;
	case TREE_CLASS:
		return 1;
	case TREE_SEQUENCE:
		for (t = t->first; t && most <= LEAD_MOST; t = t->next) {
			const uint32_t own = longest_of(t);

			most = own > LEAD_MOST ? own : most + own;
		}
		break;
	case TREE_CHOICE:
		for (t = t->first; t && most <= LEAD_MOST; t = t->next) {
			const uint32_t own = longest_of(t);

			most = own > most ? own : most;
		}
		break;
	case TREE_REPEAT:
		most = longest_of(t->first);
		if (most > LEAD_MOST || (most && t->most == TREE_REPEAT_MOST))
			return SIGHT_ANYWHERE;
		most *= t->most;
	}
	return most > LEAD_MOST ? SIGHT_ANYWHERE : most;
}

static uint32_t lead_of(const struct tree *const *items, unsigned count)
{
	uint32_t lead = 0;

	for (unsigned i = 0; i < count; i++) {
		const uint32_t own = longest_of(items[i]);

		if (own == SIGHT_ANYWHERE || lead + own > LEAD_MOST)
			return SIGHT_ANYWHERE;
		lead += own;
	}
	return lead;
}

/* Line ends in what it takes, at most. */
static unsigned lines_of(const struct tree *t)
{
	unsigned most = 0;

	switch (t->kind) {
	case TREE_PLACE:
		break;
	case TREE_ANYTHING:
		return SIGHT_LINES;
	case TREE_CLASS:
		return byte_set_has(&t->set, '\n');
	case TREE_SEQUENCE:
		for (t = t->first; t && most < SIGHT_LINES; t = t->next)
			most += lines_of(t);
		break;
	case TREE_CHOICE:
		for (t = t->first; t; t = t->next) {
			const unsigned own = lines_of(t);

			most = own > most ? own : most;
		}
		break;
	case TREE_REPEAT:
		most = lines_of(t->first);
		most = most && t->most == TREE_REPEAT_MOST ? SIGHT_LINES : most * t->most;
	}
	return most < SIGHT_LINES ? most : SIGHT_LINES;
}

static uint8_t lines_before(const struct tree *const *items, unsigned count)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < count && lines < SIGHT_LINES; i++)
		lines += lines_of(items[i]);
	return (uint8_t)(lines <= LINES_MOST ? lines : SIGHT_LINES);
}

static uint8_t reach_before(const struct tree *const *items, unsigned count)
{
	uint32_t bytes = 0, reach = 0;

	for (unsigned i = 0; i < count; i++) {
		const uint32_t own = longest_of(items[i]);

		bytes = bytes >= SIGHT_REACH || own >= SIGHT_REACH ? SIGHT_REACH : bytes + own;
		if (lines_of(items[i]))
			reach = bytes;
	}
	return (uint8_t)(reach < SIGHT_REACH ? reach : SIGHT_REACH);
}

/* What is there several times, one copy behind the other, where the elements begin; NULL: nothing is. */
static const struct tree *repeated(const struct tree *const *items, unsigned count)
{
	unsigned i = 0;

	while (i < count && items[i]->kind == TREE_PLACE)
		i++;
	return i < count && items[i]->kind == TREE_REPEAT && items[i]->least > 1 &&
			       tree_least(items[i]->first, 1) > 0
		       ? items[i]
		       : NULL;
}

/* Copies are to be seen one by one: the last ones have not as many behind them as a window is deep, so it is less deep. */
static unsigned see_copies(struct ways *ways, const struct tree *repeat)
{
	const unsigned behind = (COPY_DEPTH - 1) / tree_least(repeat->first, COPY_DEPTH);

	for (unsigned i = 0; i < ways->count; i++)
		if (ways->lanes[i].open > COPY_DEPTH)
			ways->lanes[i].open = COPY_DEPTH;
	return repeat->least > behind ? repeat->least - behind : 1;
}

/* By two bytes, when those by one are there often, and these half as often. */
static void find_seldom_ways(struct ways *ways, const struct lane_shares *shares,
			     const struct tree *const *items, unsigned count)
{
	float share;

	find_ways(ways, items, count);
	share = share_of(shares, ways->lanes, ways->count, LANE_DEPTH);
	if (share <= OFTEN)
		return;
	ways->by_two = true;
	find_ways(ways, items, count);
	ways->by_two = false;
	if (ways->too_many || ways->count > BY_TWO ||
	    share_of(shares, ways->lanes, ways->count, LANE_DEPTH) * 2 > share)
		find_ways(ways, items, count);
}

/* The lanes of these elements.  Of copies they are those of one alone, when it is seen hardly more often without what is behind
 * it: then each of them is.  Returns how often they will be seen. */
static unsigned find_lanes(struct ways *ways, const struct lane_shares *shares,
			   const struct tree *const *items, unsigned count)
{
	const struct tree *repeat = repeated(items, count);
	float share;

	find_seldom_ways(ways, shares, items, count);
	if (!repeat)
		return 1;
	share = share_of(shares, ways->lanes, ways->count, LANE_DEPTH);
	find_ways(ways, (const struct tree *const[]){ repeat->first }, 1);
	if (!ways->too_many &&
	    share_of(shares, ways->lanes, ways->count, LANE_DEPTH) <= HARDLY * share)
		return repeat->least;
	find_ways(ways, items, count);
	return see_copies(ways, repeat);
}

/* The first one that makes next to no work, or the one that makes least.  `count`: there is none. */
static unsigned choose_begin(const struct lane_shares *shares, const struct tree *const *items,
			     unsigned count, struct ways *ways)
{
	unsigned best = count;
	float least = 1;

	for (unsigned i = 0; i < count && i < STARTS && least > RARE; i++) {
		float own;

		find_ways(ways, &items[i], count - i);
		if (ways->too_many)
			continue;
		own = work_of(shares, ways);
		/* One that begins further on must be worth it: where its match begins is known less well. */
		if (own * 2 < least) {
			best = i;
			least = own;
		}
	}
	return best;
}

bool window_find(const struct lane_shares *shares, const struct tree *expression, struct window *w)
{
	struct ways ways = { .lanes = mem_array(NULL, ALTERNATIVES, sizeof(*ways.lanes)) };
	const struct tree *items[ELEMENTS];
	const unsigned count = list_elements(expression, items, 0);
	const unsigned begin = choose_begin(shares, items, count, &ways);
	float share = 1;

	if (begin < count) {
		w->times = find_lanes(&ways, shares, &items[begin], count - begin);
		w->count = make_fewer(shares, ways.lanes, ways.count);
		memcpy(w->lanes, ways.lanes, w->count * sizeof(*w->lanes));
		w->lead = lead_of(items, begin);
		w->begin = w->times == 1 && w->lead ? items[begin] : NULL;
		w->lines = lines_before(items, begin);
		w->reach = reach_before(items, begin);
		share = share_of(shares, w->lanes, w->count, LANE_DEPTH);
		if (w->lead == 0 && start_of(expression) == PLACE_EDGE)
			share /= WORD;
	}
	mem_free(ways.lanes);
	return share <= SELDOM;
}
