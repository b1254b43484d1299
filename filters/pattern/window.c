#include "filters/pattern/window.h"

#include "base/mem.h"
#include "filters/pattern/sight.h"
#include "filters/pattern/start.h"
#include "filters/pattern/ways.h"

enum {
	STARTS = 24, /* of them that a window may begin at */
	LEAD_MOST = 255,
	LINES_MOST = 4, /* before a window: each is looked for where it is seen */
	COPY_DEPTH =
		8, /* bytes that are seen of a part that is there several times, and of what is behind it */
	BY_TWO = 64, /* of two bytes: more take long to choose from */
};

#define SELDOM (1.f / 30)      /* a window that is there more often is none */
#define OFTEN  (1.f / 3000)    /* it is worth a closer look */
#define RARE   (1.f / 1000000) /* there is no need of a better one */
#define ASK    16 /* lanes are asked for their last bytes in the time that one try takes */
#define WORD                                                                                       \
	3.f /* places of which one begins a word, less what it costs to see that the others do not */
#define HARDLY 2.f             /* so much more often */
#define WORTH  (1.f / 1000000) /* what a lane of its own must tell more */

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
	return &l->both[a < b ? b * WAYS_MOST + a : a * WAYS_MOST + b];
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
	l.both = mem_array(NULL, (size_t)WAYS_MOST * WAYS_MOST, sizeof(*l.both));
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

/* Of an expression, those that are in every match, one behind the other. */
struct elements {
	const struct tree *items[WAYS_ELEMENTS];
	unsigned count;
	bool are_own;                      /* parts that stand in it once each */
	struct tree before[WAYS_ELEMENTS]; /* if not: copies that stand before the last one */
};

static void add_element(struct elements *e, const struct tree *t)
{
	if (e->count < WAYS_ELEMENTS)
		e->items[e->count++] = t;
}

static void list_elements(const struct tree *t, struct elements *e)
{
	if (t->kind != TREE_SEQUENCE) {
		add_element(e, t);
		return;
	}
	for (t = t->first; t; t = t->next)
		list_elements(t, e);
}

static void list_own(const struct tree *expression, struct elements *e)
{
	e->count = 0;
	e->are_own = true;
	list_elements(expression, e);
}

/* The same, but the last copy of what is there several times is gone into: between it and what is behind it is what may be
 * seen less often than either, as the end of the last word of a line is. */
static void list_last_copies(const struct tree *t, struct elements *e)
{
	if (t->kind == TREE_REPEAT && t->least > 0 && e->count < WAYS_ELEMENTS) {
		struct tree *before = &e->before[e->count];

		*before = *t;
		before->least--;
		if (t->most < TREE_REPEAT_MOST)
			before->most--;
		add_element(e, before);
		list_last_copies(t->first, e);
	} else if (t->kind != TREE_SEQUENCE) {
		add_element(e, t);
	} else {
		for (t = t->first; t; t = t->next)
			list_last_copies(t, e);
	}
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

	ways_find(ways, items, count, false);
	share = share_of(shares, ways->lanes, ways->count, LANE_DEPTH);
	if (share <= OFTEN)
		return;
	ways_find(ways, items, count, true);
	if (ways->too_many || ways->count > BY_TWO ||
	    share_of(shares, ways->lanes, ways->count, LANE_DEPTH) * 2 > share)
		ways_find(ways, items, count, false);
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
	ways_find(ways, (const struct tree *const[]){ repeat->first }, 1, false);
	if (!ways->too_many &&
	    share_of(shares, ways->lanes, ways->count, LANE_DEPTH) <= HARDLY * share)
		return repeat->least;
	ways_find(ways, items, count, false);
	return see_copies(ways, repeat);
}

/* The first one that makes next to no work, or the one that makes least, and less than that; e->count: there is none. */
static unsigned choose_begin(const struct lane_shares *shares, const struct elements *e,
			     struct ways *ways, float *work)
{
	unsigned best = e->count;

	for (unsigned i = 0; i < e->count && i<STARTS && * work> RARE; i++) {
		float own;

		ways_find(ways, &e->items[i], e->count - i, false);
		if (ways->too_many)
			continue;
		own = work_of(shares, ways);
		/* One that begins further on must be worth it: where its match begins is known less well. */
		if (own * 2 < *work) {
			best = i;
			*work = own;
		}
	}
	return best;
}

/* The elements, and which a window begins at best: a last copy only where it is not known anyway how far before it a match
 * begins. */
static unsigned choose(const struct lane_shares *shares, const struct tree *expression,
		       struct ways *ways, struct elements *e)
{
	float work = 1;
	unsigned begin, copy;

	list_own(expression, e);
	begin = choose_begin(shares, e, ways, &work);
	if (work <= RARE || (begin < e->count && lead_of(e->items, begin) != SIGHT_ANYWHERE))
		return begin;
	e->count = 0;
	e->are_own = false;
	list_last_copies(expression, e);
	work /= 2;
	copy = choose_begin(shares, e, ways, &work);
	if (copy < e->count)
		return copy;
	list_own(expression, e);
	return begin;
}

bool window_find(const struct lane_shares *shares, const struct tree *expression, struct window *w)
{
	struct ways ways = { .lanes = mem_array(NULL, WAYS_MOST, sizeof(*ways.lanes)) };
	struct elements e;
	const unsigned begin = choose(shares, expression, &ways, &e);
	float share = 1;

	if (begin < e.count) {
		w->times = find_lanes(&ways, shares, &e.items[begin], e.count - begin);
		w->count = make_fewer(shares, ways.lanes, ways.count);
		memcpy(w->lanes, ways.lanes, w->count * sizeof(*w->lanes));
		w->lead = lead_of(e.items, begin);
		w->begin = e.are_own && w->times == 1 && w->lead ? e.items[begin] : NULL;
		w->lines = lines_before(e.items, begin);
		w->reach = reach_before(e.items, begin);
		share = share_of(shares, w->lanes, w->count, LANE_DEPTH);
		if (w->lead == 0 && start_of(expression) == PLACE_EDGE)
			share /= WORD;
	}
	mem_free(ways.lanes);
	return share <= SELDOM;
}
