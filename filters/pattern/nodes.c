/* nodes.c - see nodes.h.  A tree is walked from its end to its beginning: what stands behind a part is there already. */
#include "filters/pattern/nodes.h"

#include "base/mem.h"
#include "filters/pattern/share.h"

enum {
	ELEMENTS = 96, /* of a sequence; behind them nothing is asked */
	LARGE = 17,    /* parts of a tree: what must be there often is asked for a few times */
	FEW = 3,
	PARTS_MOST = 4 * NODES_OF_ONE,
};

#define NEARLY_ALL .9f /* of mail's bytes */

struct maker {
	struct nodes *nodes;
	uint32_t base;
	unsigned parts;          /* of trees, gone into so far */
	const struct tree *seen; /* NULL: nothing is */
	uint16_t seen_node;      /* where it begins; NODES_NONE: it is not put yet */
	bool counts;             /* bytes that may be there so often and not more often */
	bool too_many;
};

static uint16_t put(struct maker *m, struct node node)
{
	struct nodes *nodes = m->nodes;

	if (nodes->count - m->base == NODES_OF_ONE)
		m->too_many = true;
	if (m->too_many)
		return 0;
	nodes->items =
		mem_grow(nodes->items, &nodes->room, nodes->count + 1, sizeof(*nodes->items));
	nodes->items[nodes->count] = node;
	return (uint16_t)(nodes->count++ - m->base);
}

static uint16_t put_end(struct maker *m)
{
	return put(m, (struct node){ .kind = NODE_END });
}

static uint16_t put_split(struct maker *m, uint16_t one, uint16_t other)
{
	return put(m, (struct node){ .kind = NODE_SPLIT, .next = one, .other = other });
}

/* A line end, which the end of a text is taken for. */
static const struct byte_set line_end = { { 1ull << '\n' } };

static uint16_t put_class(struct maker *m, const struct byte_set *set, uint16_t next)
{
	struct node node = { .kind = NODE_BYTE, .next = next };

	if (!byte_sets_number(&m->nodes->sets, set, &node.set))
		m->too_many = true;
	return put(m, node);
}

static uint16_t put_tree(struct maker *m, const struct tree *t, uint16_t next);

static uint16_t put_sequence(struct maker *m, const struct tree *t, uint16_t next)
{
	const struct tree *items[ELEMENTS];
	unsigned n = 0, least = 0;

	for (; t && n < ELEMENTS && least < NODES_DEPTH; t = t->next) {
		least += tree_least(t, NODES_DEPTH);
		items[n++] = t;
	}
	if (t)
		next = put_end(m);
	while (n > 0 && !m->too_many)
		next = put_tree(m, items[--n], next);
	return next;
}

static uint16_t put_choice(struct maker *m, const struct tree *t, uint16_t next)
{
	uint16_t at = put_tree(m, t, next);

	for (t = t->next; t && !m->too_many; t = t->next)
		at = put_split(m, put_tree(m, t, next), at);
	return at;
}

/* Once and as often as may be. */
static uint16_t put_loop(struct maker *m, const struct tree *t, uint16_t next)
{
	const uint16_t split = put_split(m, next, next);
	const uint16_t body = put_tree(m, t, split);

	if (!m->too_many)
		m->nodes->items[m->base + split].other = body;
	return body;
}

static uint16_t put_times(struct maker *m, const struct tree *t, unsigned times, uint16_t next)
{
	for (; times > 0 && !m->too_many; times--)
		next = put_tree(m, t, next);
	return next;
}

/* Hardly a text leaves it: what stands behind it would be asked for at each of its bytes, in vain. */
static bool takes_nearly_all(const struct tree *t)
{
	float share = 0;

	if (t->kind != TREE_CLASS)
		return false;
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(&t->set, c))
			share += share_of_byte((unsigned char)c);
	return share > NEARLY_ALL;
}

/* So often or less often. */
static uint16_t put_up_to(struct maker *m, const struct tree *t, unsigned times, uint16_t next)
{
	uint16_t at = next;

	for (; times > 0 && !m->too_many; times--)
		at = put_split(m, next, put_tree(m, t, at));
	return at;
}

static uint16_t put_repeat(struct maker *m, const struct tree *t, uint16_t next)
{
	const unsigned asked = tree_size(t->first, LARGE) < LARGE ? NODES_DEPTH : FEW;

	if (t->least > asked)
		return put_times(m, t->first, asked, put_end(m));
	if (t->most == t->least)
		return put_times(m, t->first, t->least, next);
	if (t->most == 1 || (m->counts && t->first->kind == TREE_CLASS && t->most < NODES_DEPTH))
		return put_times(m, t->first, t->least,
				 put_up_to(m, t->first, t->most - t->least, next));
	if (takes_nearly_all(t->first))
		return put_times(m, t->first, t->least, put_end(m));
	if (t->least == 0)
		return put_split(m, next, put_loop(m, t->first, next));
	return put_times(m, t->first, t->least - 1u, put_loop(m, t->first, next));
}

static uint16_t put_part(struct maker *m, const struct tree *t, uint16_t next)
{
	switch (t->kind) {
	case TREE_PLACE:
		return t->place == PLACE_END ? put_class(m, &line_end, put_end(m)) : next;
	case TREE_CLASS:
		return put_class(m, &t->set, next);
	case TREE_ANYTHING:
		return put_end(m);
	case TREE_SEQUENCE:
		return put_sequence(m, t->first, next);
	case TREE_CHOICE:
		return put_choice(m, t->first, next);
	case TREE_REPEAT:
		return put_repeat(m, t, next);
	}
	return next;
}

/* The first node of the tree, behind which stands `next`. */
static uint16_t put_tree(struct maker *m, const struct tree *t, uint16_t next)
{
	uint16_t first;

	if (++m->parts > PARTS_MOST)
		m->too_many = true;
	if (m->too_many)
		return next;
	first = put_part(m, t, next);
	if (t == m->seen)
		m->seen_node = first;
	return first;
}

/* What is large and stands there several times where a match begins; NULL: nothing does. */
static const struct tree *copies_of(const struct tree *t)
{
	while (t && (t->kind == TREE_SEQUENCE || t->kind == TREE_PLACE))
		t = t->kind == TREE_SEQUENCE ? t->first : t->next;
	return t && t->kind == TREE_REPEAT && t->least > 1 && tree_size(t->first, LARGE) == LARGE &&
			       tree_least(t->first, 1) > 0
		       ? t
		       : NULL;
}

bool nodes_add(struct nodes *nodes, const struct tree *expression, const struct tree *seen,
	       struct beginning *b)
{
	const struct tree *copies = copies_of(expression);
	struct maker m = { .nodes = nodes,
			   .base = nodes->count,
			   .seen = seen,
			   .seen_node = NODES_NONE,
			   .counts = copies != NULL };
	const uint16_t end = put(&m, (struct node){ .kind = copies ? NODE_COPY : NODE_END });
	const uint16_t start = put_tree(&m, copies ? copies->first : expression, end);

	if (m.too_many) {
		nodes->count = m.base;
		return false;
	}
	*b = (struct beginning){ .base = m.base,
				 .start = start,
				 .seen = m.seen_node,
				 .count = (uint16_t)(nodes->count - m.base),
				 .copies = copies ? copies->least : 1 };
	return true;
}

void nodes_close(struct nodes *nodes)
{
	mem_free(nodes->items);
	byte_sets_close(&nodes->sets);
}
