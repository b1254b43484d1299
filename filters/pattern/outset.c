/* outset.c - see outset.h.  A state is the nodes that a text may stand before. */
#include "filters/pattern/outset.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/pattern/byte_classes.h"
#include "filters/pattern/nodes.h"

enum {
	UNIT = 8, /* entries: a row has some units, and is called by the number of the first */
	UNITS_MOST = 1 << 16, /* of all rows, which is 1 MB, */
	PARTS_MOST = 1 << 18, /* or of all states, before the table begins anew */
	STATES_MOST = 1 << 14,
	BUCKETS = 1 << 12,

	PART = 4, /* bytes that are looked at in the time that a part of an entry takes */
	ENTRY = 64,
	CREDIT_MOST = 1 << 22,

	COPIES_SPAN = 256, /* bytes that copies are looked for in, */
	COPIES_ASKED = 32, /* and places in them that are asked for one; more are given up */
};

/* Entries of rows: rows, and */
enum { NOT_MADE, NEVER, MAY, ROWS };

/* Entries of a row: the number of its state, then the classes.  Most states are one node, as words are behind their first
 * letters: their rows are the node's set and what is behind its bytes, and LONE is in the number. */
enum { STATE, CLASSES };
enum { SET = CLASSES, BEHIND };
enum { LONE = 0x8000, COPY = 0x4000, NUMBER = COPY - 1 }; /* COPY: a copy may end here */

struct item {
	struct beginning beginning; /* no nodes: it was not added */
	uint16_t start, seen;       /* rows, or NOT_MADE now, or what is so of all texts */
	uint16_t units;             /* of its rows */
	uint8_t class_of[256];
};

struct state {
	uint32_t item;
	uint32_t parts; /* in the pool */
	uint32_t hash;
	uint16_t count;
	uint16_t row;
	uint16_t next; /* in its bucket, and 1; 0: none */
	bool copied;   /* a copy may end here */
};

struct outset {
	struct nodes nodes;
	struct item *items;
	uint32_t item_count, item_room;

	struct state *states;
	uint32_t state_count, state_room;
	uint16_t *rows;
	uint32_t unit_count, unit_room;
	uint16_t *pool; /* nodes of states */
	uint32_t pool_count, pool_room;
	uint16_t buckets[BUCKETS];
	size_t credit;

	/* What is reached by a byte: while an entry is made. */
	uint16_t *found, *ways;
	uint64_t *marks; /* by node: the last time that it was */
	uint64_t time;
	unsigned found_count;
	bool ended, copied;
};

struct outset *outset_new(void)
{
	return mem_new(sizeof(struct outset));
}

void outset_free(void *outset)
{
	struct outset *o = outset;

	if (!o)
		return;
	nodes_close(&o->nodes);
	mem_free(o->items);
	mem_free(o->states);
	mem_free(o->rows);
	mem_free(o->pool);
	mem_free(o->found);
	mem_free(o->ways);
	mem_free(o->marks);
	mem_free(o);
}

/* ---- made ready ---- */

static void classify(const struct nodes *nodes, struct item *item)
{
	const struct node *const first = nodes->items + item->beginning.base;
	bool known[BYTE_SETS_MOST] = { false };
	unsigned classes = 1;

	for (unsigned i = 0; i < item->beginning.count; i++) {
		if (first[i].kind != NODE_BYTE || known[first[i].set])
			continue;
		known[first[i].set] = true;
		classes = byte_classes_split(item->class_of, classes,
					     &nodes->sets.items[first[i].set]);
	}
	byte_classes_order(item->class_of, classes);
	item->units = (uint16_t)((CLASSES + classes + UNIT - 1) / UNIT);
}

bool outset_add(struct outset *o, const struct tree *expression, const struct tree *seen,
		uint32_t item)
{
	struct beginning b;

	if (!nodes_add(&o->nodes, expression, seen, &b))
		return false;
	o->items = mem_grow(o->items, &o->item_room, item + 1, sizeof(*o->items));
	for (; o->item_count <= item; o->item_count++)
		o->items[o->item_count] = (struct item){ .units = 0 };
	o->items[item].beginning = b;
	classify(&o->nodes, &o->items[item]);
	return b.seen != NODES_NONE;
}

/* The table is empty. */
static void restart(struct outset *o)
{
	memset(o->buckets, 0, sizeof(o->buckets));
	for (uint32_t i = 0; i < o->item_count; i++)
		o->items[i].start = o->items[i].seen = NOT_MADE;
	o->pool_count = 0;
	o->state_count = 0;
	o->unit_count = ROWS;
}

void outset_close(struct outset *o)
{
	uint32_t largest = 0;

	for (uint32_t i = 0; i < o->item_count; i++)
		if (o->items[i].beginning.count > largest)
			largest = o->items[i].beginning.count;
	o->found = mem_array(NULL, largest + 1, sizeof(*o->found));
	o->ways = mem_array(NULL, 2 * largest + 2, sizeof(*o->ways));
	o->marks = mem_new((largest + 1) * sizeof(*o->marks));
	o->credit = CREDIT_MOST;
	restart(o);
}

/* ---- one byte ---- */

static void forget(struct outset *o)
{
	o->time++;
	o->found_count = 0;
	o->ended = o->copied = false;
}

/* A node, and what is reached from it without a byte. */
static void reach(struct outset *o, const struct node *nodes, uint16_t node)
{
	unsigned n = 0;

	o->ways[n++] = node;
	while (n > 0) {
		node = o->ways[--n];
		if (o->marks[node] == o->time)
			continue;
		o->marks[node] = o->time;
		switch (nodes[node].kind) {
		case NODE_BYTE:
			o->found[o->found_count++] = node;
			break;
		case NODE_SPLIT:
			o->ways[n++] = nodes[node].next;
			o->ways[n++] = nodes[node].other;
			break;
		case NODE_COPY:
			o->copied = true;
			break;
		case NODE_END:
			o->ended = true;
			break;
		}
	}
}

static const struct node *nodes_of(const struct outset *o, uint32_t item)
{
	return o->nodes.items + o->items[item].beginning.base;
}

static void pass(struct outset *o, const struct state *s, unsigned byte)
{
	const struct node *nodes = nodes_of(o, s->item);

	for (unsigned i = 0; i < s->count; i++) {
		const struct node *n = &nodes[o->pool[s->parts + i]];

		if (byte_set_has(&o->nodes.sets.items[n->set], byte))
			reach(o, nodes, n->next);
	}
}

/* ---- states ---- */

static uint32_t hash_of(const struct outset *o, uint32_t item)
{
	uint32_t h = item << 1 | o->copied;

	for (unsigned i = 0; i < o->found_count; i++)
		h = (h ^ o->found[i]) * 0x9e3779b1u;
	return h ^ h >> 16;
}

static bool is_found(const struct outset *o, const struct state *s, uint32_t item, uint32_t hash)
{
	return s->hash == hash && s->item == item && s->copied == o->copied &&
	       s->count == o->found_count &&
	       memcmp(o->pool + s->parts, o->found, s->count * sizeof(*o->found)) == 0;
}

/* There may be no room for one more. */
static bool is_full(const struct outset *o)
{
	return o->state_count == STATES_MOST || o->pool_count > PARTS_MOST - NODES_OF_ONE ||
	       o->unit_count > UNITS_MOST - (CLASSES + 256 + UNIT - 1) / UNIT;
}

/* Of what was found. */
static uint16_t add_row(struct outset *o, uint32_t item, uint32_t state)
{
	const bool lone = o->found_count == 1;
	const uint32_t row = o->unit_count, units = lone ? 1 : o->items[item].units;
	uint16_t *entries;

	o->unit_count += units;
	o->rows = mem_grow(o->rows, &o->unit_room, o->unit_count, UNIT * sizeof(*o->rows));
	entries = o->rows + (size_t)row * UNIT;
	memset(entries, 0, units * UNIT * sizeof(*entries));
	entries[STATE] = (uint16_t)(state | (lone ? LONE : 0) | (o->copied ? COPY : 0));
	if (lone)
		entries[SET] = nodes_of(o, item)[o->found[0]].set;
	return (uint16_t)row;
}

static uint16_t add_state(struct outset *o, uint32_t item, uint32_t hash)
{
	uint16_t *bucket = &o->buckets[hash % BUCKETS];
	const uint32_t number = o->state_count++;

	o->states = mem_grow(o->states, &o->state_room, o->state_count, sizeof(*o->states));
	o->pool =
		mem_grow(o->pool, &o->pool_room, o->pool_count + o->found_count, sizeof(*o->pool));
	memcpy(o->pool + o->pool_count, o->found, o->found_count * sizeof(*o->pool));
	o->states[number] = (struct state){ .item = item,
					    .parts = o->pool_count,
					    .hash = hash,
					    .count = (uint16_t)o->found_count,
					    .row = add_row(o, item, number),
					    .next = *bucket,
					    .copied = o->copied };
	o->pool_count += o->found_count;
	*bucket = (uint16_t)(number + 1);
	return o->states[number].row;
}

/* The row of what was found. */
static uint16_t find_row(struct outset *o, uint32_t item)
{
	const uint32_t hash = hash_of(o, item);

	if (o->ended)
		return MAY;
	if (o->found_count == 0 && !o->copied)
		return NEVER;
	for (uint16_t i = o->buckets[hash % BUCKETS]; i; i = o->states[i - 1].next)
		if (is_found(o, &o->states[i - 1], item, hash))
			return o->states[i - 1].row;
	return add_state(o, item, hash);
}

/* Whether so much may be spent, and there is room. */
static bool spend(struct outset *o, unsigned parts)
{
	const size_t cost = ENTRY + PART * (size_t)parts;

	if (o->credit < cost)
		return false;
	o->credit -= cost;
	if (!is_full(o))
		return true;
	restart(o);
	return false;
}

/* Whoever asks earns something: what has lost its last credit would say for ever that everything may be. */
static void earn(struct outset *o, size_t bytes)
{
	o->credit = o->credit + bytes < CREDIT_MOST ? o->credit + bytes : CREDIT_MOST;
}

static uint16_t *row_of(const struct outset *o, uint16_t row)
{
	return o->rows + (size_t)row * UNIT;
}

/* What is behind a row and one more byte; NOT_MADE. */
static inline uint16_t entry_of(const struct outset *o, const struct item *item, uint16_t row,
				unsigned char byte)
{
	const uint16_t *entries = row_of(o, row);

	if (!(entries[STATE] & LONE))
		return entries[CLASSES + item->class_of[byte]];
	return byte_set_has(&o->nodes.sets.items[entries[SET]], byte) ? entries[BEHIND] : NEVER;
}

static uint16_t make_entry(struct outset *o, uint16_t from, unsigned char byte)
{
	const uint16_t number = row_of(o, from)[STATE], state = number & NUMBER;
	const struct item *item = &o->items[o->states[state].item];
	uint16_t to;

	if (!spend(o, o->states[state].count))
		return MAY;
	forget(o);
	pass(o, &o->states[state], byte);
	to = find_row(o, o->states[state].item);
	row_of(o, from)[number & LONE ? BEHIND : CLASSES + item->class_of[byte]] = to;
	return to;
}

static inline uint16_t next_row(struct outset *o, const struct item *item, uint16_t row,
				unsigned char byte)
{
	const uint16_t next = entry_of(o, item, row, byte);

	return next ? next : make_entry(o, row, byte);
}

/* That of all that begins with the node. */
static uint16_t make_start(struct outset *o, uint32_t item, uint16_t node)
{
	if (!spend(o, o->items[item].beginning.count))
		return NOT_MADE;
	forget(o);
	reach(o, nodes_of(o, item), node);
	return find_row(o, item);
}

/* ---- a text ---- */

/* What comes of the bytes at a place, from a row on; `ends`: where copies that begin there may end, by their distance. */
static bool may_begin(struct outset *o, const struct item *item, uint16_t row, struct str text,
		      size_t at, uint64_t *ends)
{
	const size_t end = text.n - at < NODES_DEPTH ? text.n : at + NODES_DEPTH;
	const size_t first = at;

	while (row >= ROWS && at < end) {
		row = next_row(o, item, row, (unsigned char)text.p[at++]);
		if (row >= ROWS && row_of(o, row)[STATE] & COPY)
			*ends |= UINT64_C(1) << (at - first);
	}
	earn(o, at - first);
	if (row >= ROWS && at == text.n)
		row = next_row(o, item, row, '\n') == MAY ? MAY : NEVER;
	return row != NEVER;
}

/* Copies that may stand behind one another from a place on. */
struct copies {
	uint8_t before[COPIES_SPAN]; /* each place: the most, and 1; 0: it is none behind copies */
	unsigned last;               /* of these places */
};

static void add_ends(struct copies *c, unsigned place, uint64_t ends)
{
	for (; ends; ends &= ends - 1) {
		const unsigned end = place + (unsigned)__builtin_ctzll(ends);

		if (c->before[end] <= c->before[place])
			c->before[end] = (uint8_t)(c->before[place] + 1);
		c->last = end > c->last ? end : c->last;
	}
}

/* As many copies may begin there as each match has.  How many there may be before a place is known when its turn comes. */
static bool may_repeat(struct outset *o, const struct item *item, struct str text, size_t at)
{
	struct copies c = { .before = { 1 } };
	unsigned asked = 0;

	for (unsigned i = 0; i <= c.last; i++) {
		uint64_t ends = 0;

		if (c.before[i] == 0)
			continue;
		if (c.before[i] > item->beginning.copies || asked++ == COPIES_ASKED ||
		    i + NODES_DEPTH >= COPIES_SPAN || item->start < ROWS ||
		    may_begin(o, item, item->start, text, at + i, &ends))
			return true;
		add_ends(&c, i, ends);
	}
	return false;
}

static bool may_match(struct outset *o, const struct item *item, struct str text, size_t at)
{
	uint64_t ends = 0;

	return item->beginning.copies > 1 ? may_repeat(o, item, text, at)
					  : may_begin(o, item, item->start, text, at, &ends);
}

/* The first of the places whose byte may be a match's first one. */
static size_t skip(const struct outset *o, const struct item *item, struct str text, size_t from,
		   size_t to)
{
	while (from < to && entry_of(o, item, item->start, (unsigned char)text.p[from]) == NEVER)
		from++;
	return from;
}

bool outset_has(const struct outset *o, uint32_t item)
{
	return item < o->item_count && o->items[item].beginning.count != 0;
}

size_t outset_find(struct outset *o, uint32_t item, struct str text, size_t from, size_t to)
{
	struct item *i;

	if (!outset_has(o, item))
		return from;
	i = &o->items[item];
	to = to < text.n ? to : text.n;
	earn(o, 1);
	for (; from < to; from++) {
		if (i->start == NOT_MADE)
			i->start = make_start(o, item, i->beginning.start);
		if (i->start < ROWS)
			break;
		from = skip(o, i, text, from, to);
		if (from == to || may_match(o, i, text, from))
			break;
	}
	return from;
}

bool outset_may_see(struct outset *o, uint32_t item, struct str text, size_t at)
{
	struct item *i = &o->items[item];
	uint64_t ends = 0;

	earn(o, 1);
	if (i->seen == NOT_MADE)
		i->seen = make_start(o, item, i->beginning.seen);
	return i->seen < ROWS || may_begin(o, i, i->seen, text, at, &ends);
}
