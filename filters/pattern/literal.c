/* literal.c - goes over an expression from left to right, and keeps of each part of it what texts it can be.
 *
 * Behind a part that is exact the next one goes on; behind one that is not (".*"), a new beginning is made. */
#include "filters/pattern/literal.h"

#include "base/mem.h"
#include "filters/regex/tree.h"

enum { CLASS_MOST = 12 };

/* exact: `tail` is all texts that the part can be, which are few and short; else it begins with one of `head`, and ends in
 * one of `tail`.  best: texts of which so many are in every text that the part matches, the set that tells most; count 0: none. */
struct part {
	bool is_exact;
	uint32_t least, most; /* bytes */
	struct literals head, tail;
	struct literals best;
	struct str usual; /* what is not looked for, of the expression that it is a part of */
};

static void part_of(const struct tree *t, struct part *p);

static struct part *part_new(struct str usual)
{
	struct part *p = mem_new(sizeof(*p));

	p->usual = usual;
	return p;
}

/* ---- lengths ---- */

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a > SIGHT_ANYWHERE - b ? SIGHT_ANYWHERE : a + b;
}

static uint32_t product(uint32_t length, unsigned times)
{
	return length > SIGHT_ANYWHERE / (times + 1) ? SIGHT_ANYWHERE : length * times;
}

/* Behind so much more. */
static void shift(struct literals *set, uint32_t least, uint32_t most)
{
	set->least = sum(set->least, least);
	set->most = sum(set->most, most);
}

/* Its texts end where the part ends. */
static void place_tail(struct part *p)
{
	uint32_t longest = 0, shortest = LITERAL_LONGEST;

	p->tail.least = p->tail.most = 0;
	if (p->is_exact)
		return;
	for (unsigned i = 0; i < p->tail.count; i++) {
		const uint32_t n = p->tail.items[i].n;

		longest = n > longest ? n : longest;
		shortest = n < shortest ? n : shortest;
	}
	if (p->least > longest)
		p->tail.least = p->least - longest;
	p->tail.most =
		p->most == SIGHT_ANYWHERE || p->most < shortest ? p->most : p->most - shortest;
}

/* ---- parts ---- */

static void part_nothing(struct part *p) /* a place, no text */
{
	p->is_exact = true;
	literals_only(&p->tail, STR(""));
	p->best.count = 0;
}

static void part_anything(struct part *p)
{
	part_nothing(p);
	p->is_exact = false;
	literals_only(&p->head, STR(""));
}

/* NUL is in no literal: Vectorscan takes none that begins with it. */
static void part_class(const struct byte_set *set, struct part *p)
{
	struct literals all = { .count = 0 };

	for (unsigned c = 0; c < 256; c++) {
		const char byte = (char)c;
		struct literals single;

		if (!byte_set_has(set, c))
			continue;
		literals_only(&single, (struct str){ .p = &byte, .n = 1 });
		(void)literals_unite(&all, &single); /* there is room for one more */
		if (c == '\0' || all.count > CLASS_MOST) {
			part_anything(p);
			return;
		}
	}
	part_nothing(p);
	p->tail = all;
}

static bool is_nothing(const struct literals *set)
{
	return set->count == 1 && set->items[0].n == 0;
}

static void consider(struct part *p, const struct literals *set)
{
	if (literals_tell_more(set, &p->best) && !literals_in(set, p->usual))
		p->best = *set;
}

/* ---- so often ---- */

/* Once, or not at all. */
static void make_optional(struct part *p)
{
	struct literals none;

	literals_only(&none, STR(""));
	p->best.count = 0;
	if (!p->is_exact || !literals_unite(&p->tail, &none))
		part_anything(p);
}

/* The part is there so often, at least once. */
static void multiply(struct part *p, const struct tree *t)
{
	const struct literals once = p->tail;
	unsigned n = 1;

	if (!p->is_exact) { /* in each of them */
		p->best.times *= t->least;
		if (p->best.times > LITERAL_TIMES_MOST)
			p->best.times = LITERAL_TIMES_MOST;
		return;
	}
	while (n < t->least && literals_follow(&p->tail, &once))
		n++;
	if (n == t->least && t->most == t->least)
		return;
	p->is_exact = false;
	p->head = p->tail;
	consider(p, &p->tail);
}

static void repeat(struct part *p, const struct tree *t)
{
	p->least = product(p->least, t->least);
	p->most =
		t->most == TREE_REPEAT_MOST && p->most ? SIGHT_ANYWHERE : product(p->most, t->most);
	if (t->most == 0)
		part_nothing(p);
	else if (p->is_exact && is_nothing(&p->tail))
		return;
	else if (t->least == 0 && t->most == 1)
		make_optional(p);
	else if (t->least == 0)
		part_anything(p);
	else
		multiply(p, t);
}

/* ---- one behind the other ---- */

static const struct literals *head_of(const struct part *p)
{
	return p->is_exact ? &p->tail : &p->head;
}

/* As literals_follow(), with as much of the heads of those behind as fits. */
static bool follow_heads(struct literals *to, const struct literals *with)
{
	struct literals heads = *with;

	for (unsigned n = LITERAL_LONGEST - 1; n > 0; n--) {
		literals_cut(&heads, n);
		if (literals_follow(to, &heads))
			return true;
	}
	return false;
}

/* `p` goes on with `next`. */
static void append(struct part *p, struct part *next)
{
	struct literals joined;
	bool whole, fits;

	shift(&next->best, p->least, p->most);
	consider(p, &next->best);
	place_tail(p);
	joined = p->tail;
	whole = literals_follow(&joined, head_of(next));
	fits = whole || follow_heads(&joined, head_of(next));
	if (!next->is_exact || !whole) {
		consider(p, fits ? &joined : &p->tail);
		if (p->is_exact)
			p->head = fits ? joined : p->tail;
		p->is_exact = false;
		p->tail = next->tail;
	} else {
		p->tail = joined;
	}
	p->least = sum(p->least, next->least);
	p->most = sum(p->most, next->most);
}

static void part_sequence(const struct tree *t, struct part *p)
{
	struct part *next = part_new(p->usual);

	part_nothing(p);
	p->least = p->most = 0;
	for (const struct tree *below = t->first; below; below = below->next) {
		part_of(below, next);
		append(p, next);
	}
	place_tail(p);
	consider(p, &p->tail);
	mem_free(next);
}

/* ---- one or the other ---- */

/* Rather the heads of all than nothing. */
static bool unite(struct literals *to, struct literals *with)
{
	for (unsigned n = LITERAL_LONGEST; n >= 3; n = n > 6 ? 6 : n - 1) {
		literals_cut(to, n);
		literals_cut(with, n);
		if (literals_unite(to, with))
			return true;
	}
	return false;
}

/* One of both, or what is known of neither. */
static void either(struct literals *to, const struct literals *with)
{
	if (!literals_unite(to, with))
		literals_only(to, STR(""));
}

/* p, or the other. */
static void alternate(struct part *p, struct part *other)
{
	if (other->least < p->least)
		p->least = other->least;
	if (other->most > p->most)
		p->most = other->most;
	if (!p->best.count || !other->best.count || !unite(&p->best, &other->best))
		p->best.count = 0;
	if (p->is_exact && other->is_exact && literals_unite(&p->tail, &other->tail))
		return;
	if (p->is_exact)
		p->head = p->tail;
	p->is_exact = false;
	either(&p->head, head_of(other));
	either(&p->tail, &other->tail);
}

static void part_choice(const struct tree *t, struct part *p)
{
	struct part *other = part_new(p->usual);

	part_of(t->first, p);
	for (const struct tree *below = t->first->next; below; below = below->next) {
		part_of(below, other);
		alternate(p, other);
	}
	mem_free(other);
}

static void part_of(const struct tree *t, struct part *p)
{
	switch (t->kind) {
	case TREE_PLACE:
		part_nothing(p);
		p->least = p->most = 0;
		break;
	case TREE_CLASS:
		part_class(&t->set, p);
		p->least = p->most = 1;
		break;
	case TREE_ANYTHING:
		part_anything(p);
		p->least = 0;
		p->most = SIGHT_ANYWHERE;
		break;
	case TREE_SEQUENCE:
		part_sequence(t, p);
		break;
	case TREE_CHOICE:
		part_choice(t, p);
		break;
	case TREE_REPEAT:
		part_of(t->first, p);
		repeat(p, t);
		break;
	}
}

void literals_of(const struct tree *tree, struct str usual, struct literals *out)
{
	struct part *p = part_new(usual);

	part_of(tree, p);
	*out = p->best;
	mem_free(p);
}
