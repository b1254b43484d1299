/* nodes.c - the nodes of a window, made of the tree of an expression.
 *
 * A window ends where enough is known: what share of mail each of its bytes is says how much.  More is made of it than it
 * is where that is shorter: what may be there so often may be there for ever. */
#include "filters/pattern/automaton_parts.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/pattern/share.h"

#include <math.h>

enum {
	NODES_OF_ONE = 1 << 16, /* of an expression */
	SIMPLE = 16, /* parts of a tree: of a larger one that is there some times, one is made */
};

#define UNIT  0.72f /* bits of information, of news */
#define LOOSE 0.45f /* a set that takes so much of mail says nothing */

/* ---- sets of bytes ---- */

static float share_of(const struct byte_set *set)
{
	float sum = 0;

	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(set, c))
			sum += share_of_byte((unsigned char)c);
	return sum < 1 ? sum : 1;
}

/* ---- nodes ---- */

static unsigned hash_of(const struct byte_set *set)
{
	uint64_t h = 0;

	for (unsigned i = 0; i < COUNTOF(set->bits); i++)
		h = (h ^ set->bits[i]) * 0x9e3779b97f4a7c15u;
	return (unsigned)(h >> 54);
}

static uint16_t set_number(struct nodes *nodes, const struct byte_set *bytes)
{
	uint16_t *bucket;
	struct node_set *set;

	bucket = &nodes->buckets[hash_of(bytes)];
	for (unsigned i = *bucket; i; i = nodes->sets[i - 1].next)
		if (memcmp(&nodes->sets[i - 1].bytes, bytes, sizeof(*bytes)) == 0)
			return (uint16_t)(i - 1);
	nodes->sets =
		mem_grow(nodes->sets, &nodes->set_room, nodes->set_count + 1, sizeof(*nodes->sets));
	set = &nodes->sets[nodes->set_count++];
	*set = (struct node_set){ .bytes = *bytes, .share = share_of(bytes), .next = *bucket };
	set->news = set->share > 0 ? (uint8_t)(-log2f(set->share) / UNIT) : WINDOW_NEWS;
	*bucket = (uint16_t)nodes->set_count;
	return (uint16_t)(nodes->set_count - 1);
}

static uint32_t put_node(struct maker *m, struct node node)
{
	struct nodes *nodes = m->nodes;

	if (nodes->count - m->first >= NODES_OF_ONE || nodes->count >= NODES_MOST ||
	    nodes->set_count >= UINT16_MAX) {
		m->too_many = true;
		return m->first;
	}
	node.item = m->item;
	nodes->items =
		mem_grow(nodes->items, &nodes->room, nodes->count + 1, sizeof(*nodes->items));
	nodes->items[nodes->count] = node;
	return nodes->count++;
}

uint32_t put_found(struct maker *m)
{
	return put_node(m, (struct node){ .kind = NODE_FOUND });
}

static uint32_t put_split(struct maker *m, uint32_t one, uint32_t other)
{
	return put_node(m, (struct node){ .kind = NODE_SPLIT, .next = one, .other = other });
}

static uint32_t put_tree(struct maker *m, const struct tree *t, uint32_t next);

static uint32_t put_class(struct maker *m, const struct byte_set *bytes, uint32_t next)
{
	const uint16_t number = set_number(m->nodes, bytes);
	const struct node_set *set = &m->nodes->sets[number];

	if (set->share > LOOSE)
		return put_found(m);
	return put_node(
		m,
		(struct node){ .kind = NODE_BYTE, .next = next, .set = number, .news = set->news });
}

/* Bytes that it takes at least, as far as they matter. */
static unsigned least_of(const struct tree *t)
{
	unsigned least = 0;

	switch (t->kind) {
	case TREE_PLACE:
	case TREE_ANYTHING:
		break;
	case TREE_CLASS:
		return 1;
	case TREE_SEQUENCE:
		for (t = t->first; t && least < WINDOW_DEPTH; t = t->next)
			least += least_of(t);
		break;
	case TREE_CHOICE:
		least = WINDOW_DEPTH;
		for (t = t->first; t && least > 0; t = t->next) {
			const unsigned own = least_of(t);

			least = own < least ? own : least;
		}
		break;
	case TREE_REPEAT:
		return t->least ? t->least * least_of(t->first) : 0;
	}
	return least < WINDOW_DEPTH ? least : WINDOW_DEPTH;
}

uint32_t put_elements(struct maker *m, const struct tree *const *items, unsigned count,
		      uint32_t next)
{
	unsigned least = 0, n = 0;

	while (n < count && least < WINDOW_DEPTH)
		least += least_of(items[n++]);
	if (n < count)
		next = put_found(m);
	while (n > 0 && !m->too_many)
		next = put_tree(m, items[--n], next);
	return next;
}

static uint32_t put_sequence(struct maker *m, const struct tree *t, uint32_t next)
{
	const struct tree *items[ELEMENTS];
	unsigned n = 0;

	for (; t && n < ELEMENTS; t = t->next)
		items[n++] = t;
	if (t)
		next = put_found(m);
	return put_elements(m, items, n, next);
}

static uint32_t put_choice(struct maker *m, const struct tree *t, uint32_t next)
{
	uint32_t at = put_tree(m, t, next);

	for (t = t->next; t && !m->too_many; t = t->next)
		at = put_split(m, put_tree(m, t, next), at);
	return at;
}

/* Once more, and as often as may be. */
static uint32_t put_loop(struct maker *m, const struct tree *t, uint32_t next, uint32_t *body)
{
	const uint32_t split = put_split(m, next, next);

	*body = put_tree(m, t, split);
	if (!m->too_many)
		m->nodes->items[split].other = *body;
	return split;
}

/* Its parts, as far as they matter. */
static unsigned size_of(const struct tree *t)
{
	unsigned size = 1;

	for (const struct tree *below = t->first; below && size <= SIMPLE; below = below->next)
		size += size_of(below);
	return size;
}

/* More than its least times is any number of times. */
static uint32_t put_repeat(struct maker *m, const struct tree *t, uint32_t next)
{
	const bool simple = size_of(t) <= SIMPLE;
	const unsigned most_least = simple ? WINDOW_DEPTH : 1;
	const unsigned least = t->least < most_least ? t->least : most_least;
	unsigned times = 0;
	uint32_t at = next, body = 0;

	if (t->most == 0)
		return next;
	if (t->most == 1)
		return t->least ? put_tree(m, t->first, next)
				: put_split(m, next, put_tree(m, t->first, next));
	if (t->most > t->least || t->least > least) {
		at = put_loop(m, t->first, next, &body);
		if (least > 0) {
			at = body;
			times = 1;
		}
	}
	for (; times < least && !m->too_many; times++)
		at = put_tree(m, t->first, at);
	return at;
}

/* The first node of the tree, behind which stands `next`. */
static uint32_t put_tree(struct maker *m, const struct tree *t, uint32_t next)
{
	switch (t->kind) {
	case TREE_PLACE:
		break;
	case TREE_CLASS:
		return put_class(m, &t->set, next);
	case TREE_ANYTHING:
		return put_found(m);
	case TREE_SEQUENCE:
		return put_sequence(m, t->first, next);
	case TREE_CHOICE:
		return put_choice(m, t->first, next);
	case TREE_REPEAT:
		return put_repeat(m, t, next);
	}
	return next;
}
