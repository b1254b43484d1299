/* automaton.c - the table, made as texts ask for it.
 *
 * A state is what windows have begun and not ended: nodes, each with how much is known and how many bytes back its window
 * begins.  Where one node is reached in two ways, more is known of it than of each of them: what is found then is found
 * sooner, at more places than it can begin at, and nothing is missed. */
#include "filters/pattern/automaton_parts.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/pattern/lot.h"

enum {
	STATES_MOST = 24 << 10, /* 12 MB of rows */
	ROW = 256,              /* entries */
	LINE = 64, /* bytes of memory that come together: what is asked most of a state lies in one */
	NO_CLASS = 256,       /* of the byte before the first */
	PARTS_MOST = 1 << 21, /* of all states, before the table begins anew */
	STATE_BUCKETS = 1 << 14,
	START = 1,
};
enum { TELLS = 0x8000 };

/* Parts in the pool: of nodes, then of items that are told of. */
struct parts {
	uint32_t at, nodes, items;
};

/* What windows that began before the last byte have come to; what the last byte begins is told by its class. */
struct state {
	struct parts parts;
	uint32_t hash;
	uint16_t last; /* class */
	uint16_t next; /* in its bucket; 0: none */
};

/* What two bytes begin, whatever stood before them. */
struct pair {
	struct parts parts;
	bool made;
};

struct automaton {
	struct nodes nodes;
	uint32_t *lead; /* by item */
	uint32_t items, lead_room;
	uint32_t *starts; /* of windows */
	uint32_t start_count, start_room;

	uint8_t class_of[256];
	unsigned char byte_of[256]; /* one of each class */
	unsigned classes;

	struct reach reach;
	struct lot found_nodes, found_items;

	uint32_t *pool; /* those of `first`, then of pairs and states */
	uint32_t pool_count, pool_room, pool_kept;
	struct parts first[NO_CLASS + 1]; /* by class: what a byte begins */
	struct pair *pairs;               /* by both classes */
	struct state *states;             /* 0 is none */
	uint32_t state_count, state_room;
	uint16_t *rows; /* by state and class of byte: the next state, and TELLS; 0: not made */
	void *rows_memory;
	uint32_t row_room; /* states */
	uint16_t buckets[STATE_BUCKETS];
};

struct automaton *automaton_new(void)
{
	return mem_new(sizeof(struct automaton));
}

void automaton_free(void *automaton)
{
	struct automaton *a = automaton;

	if (!a)
		return;
	mem_free(a->nodes.items);
	mem_free(a->nodes.sets);
	mem_free(a->lead);
	mem_free(a->starts);
	reach_close(&a->reach);
	lot_close(&a->found_nodes);
	lot_close(&a->found_items);
	mem_free(a->pool);
	mem_free(a->pairs);
	mem_free(a->states);
	mem_free(a->rows_memory);
	mem_free(a);
}

bool automaton_add(struct automaton *a, const struct tree *expression, unsigned item)
{
	struct window w;

	if (item >= NODES_MOST || !window_add(&a->nodes, expression, item, &w))
		return false;
	a->lead = mem_grow(a->lead, &a->lead_room, item + 1, sizeof(*a->lead));
	a->lead[item] = w.lead;
	if (item >= a->items)
		a->items = item + 1;
	a->starts = mem_grow(a->starts, &a->start_room, a->start_count + 1, sizeof(*a->starts));
	a->starts[a->start_count++] = w.start;
	return true;
}

/* ---- the pool ---- */

static void clear(struct automaton *a)
{
	a->found_nodes.count = a->found_items.count = 0;
}

static void pool_put(struct automaton *a, const struct lot *lot)
{
	a->pool =
		mem_grow(a->pool, &a->pool_room, a->pool_count + lot->count + 1, sizeof(*a->pool));
	memcpy(a->pool + a->pool_count, lot->parts, lot->count * sizeof(*a->pool));
	a->pool_count += lot->count;
}

/* What is in the lots, into the pool. */
static struct parts keep(struct automaton *a)
{
	const struct parts parts = { .at = a->pool_count,
				     .nodes = a->found_nodes.count,
				     .items = a->found_items.count };

	pool_put(a, &a->found_nodes);
	pool_put(a, &a->found_items);
	return parts;
}

/* ---- one byte ---- */

static void find_item(struct automaton *a, uint32_t item, const struct part *part)
{
	const struct part found = { .who = item, .most = part->most, .least = part->least };

	lot_add(&a->found_items, &found);
}

/* The byte behind a node: adds where it leads to. */
static void pass(struct automaton *a, struct part part, unsigned byte)
{
	const struct node *n = &a->nodes.items[part.who];

	if (!byte_set_has(&a->nodes.sets[n->set].bytes, byte))
		return;
	part.news += n->news;
	part.most++;
	part.least++;
	if (part.news >= WINDOW_NEWS || part.most >= WINDOW_DEPTH) {
		find_item(a, n->item, &part);
		return;
	}
	reach_begin(&a->reach);
	reach_add(&a->reach, &a->nodes, n->next);
	for (uint32_t i = 0; i < a->reach.count; i++) {
		part.who = a->reach.found[i];
		if (a->nodes.items[part.who].kind == NODE_FOUND)
			find_item(a, n->item, &part);
		else
			lot_add(&a->found_nodes, &part);
	}
}

/* ---- made ready ---- */

/* Bytes that are in the same sets are of one class. */
static void classify(struct automaton *a)
{
	a->classes = 1;
	for (uint32_t s = 0; s < a->nodes.set_count; s++) {
		int split[256]; /* by class: what those of it that are in the set become */
		unsigned size[256] = { 0 }, in[256] = { 0 };

		for (unsigned c = 0; c < 256; c++) {
			size[a->class_of[c]]++;
			in[a->class_of[c]] += byte_set_has(&a->nodes.sets[s].bytes, c);
		}
		for (unsigned k = 0, known = a->classes; k < known; k++)
			split[k] = in[k] == 0 || in[k] == size[k] ? (int)k : (int)a->classes++;
		for (unsigned c = 0; c < 256; c++)
			if (byte_set_has(&a->nodes.sets[s].bytes, c))
				a->class_of[c] = (uint8_t)split[a->class_of[c]];
	}
}

/* The classes of what is frequent in mail are the first ones. */
static void number_classes(struct automaton *a)
{
	static const char frequent[] = " etaoinsrhldcumfpgwybvkxjqz.,-\n0123456789";
	uint8_t number[256];
	bool known[256] = { false };
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof(frequent) - 1 + 256; i++) {
		const unsigned c = i < sizeof(frequent) - 1
					   ? (unsigned char)frequent[i]
					   : (unsigned)(i - (sizeof(frequent) - 1));
		const unsigned class = a->class_of[c];

		if (known[class])
			continue;
		known[class] = true;
		a->byte_of[n] = (unsigned char)c;
		number[class] = (uint8_t)n++;
	}
	CHECK(n == a->classes);
	for (unsigned c = 0; c < 256; c++)
		a->class_of[c] = number[a->class_of[c]];
}

static void restart(struct automaton *a);

void automaton_close(struct automaton *a)
{
	uint32_t *first;
	uint32_t count;

	classify(a);
	number_classes(a);
	a->reach.base = 0;
	reach_room(&a->reach, a->nodes.count + 1);
	lot_open(&a->found_nodes, a->nodes.count);
	lot_open(&a->found_items, a->items);
	reach_begin(&a->reach);
	for (uint32_t i = 0; i < a->start_count; i++)
		reach_add(&a->reach, &a->nodes, a->starts[i]);
	count = a->reach.count;
	first = mem_array(NULL, count + 1, sizeof(*first));
	memcpy(first, a->reach.found, count * sizeof(*first));
	for (unsigned class = 0; class < a->classes; class ++) {
		clear(a);
		for (uint32_t i = 0; i < count; i++)
			pass(a, (struct part){ .who = first[i] }, a->byte_of[class]);
		a->first[class] = keep(a);
	}
	mem_free(first);
	a->pairs = mem_array(NULL, (size_t)a->classes * a->classes, sizeof(*a->pairs));
	a->pool_kept = a->pool_count;
	restart(a);
}

/* ---- the table ---- */

static uint16_t *row_of(const struct automaton *a, uint32_t state)
{
	return a->rows + (size_t)state * ROW;
}

static void grow_rows(struct automaton *a)
{
	const uint32_t room = a->row_room ? 2 * a->row_room : 16;
	const size_t size = ROW * sizeof(*a->rows);
	char *memory = mem_array(NULL, room * size + LINE, 1);
	uint16_t *rows = (uint16_t *)(void *)(memory + LINE - (uintptr_t)memory % LINE);

	memcpy(rows, a->rows_memory ? a->rows : rows, a->row_room * size);
	mem_free(a->rows_memory);
	a->rows_memory = memory;
	a->rows = rows;
	a->row_room = room;
}

/* What is in the lots becomes a state. */
static uint32_t add_state(struct automaton *a, unsigned last, uint32_t hash)
{
	const uint32_t number = a->state_count++;
	uint16_t *bucket = &a->buckets[hash % STATE_BUCKETS];

	a->states = mem_grow(a->states, &a->state_room, a->state_count, sizeof(*a->states));
	if (number >= a->row_room)
		grow_rows(a);
	memset(row_of(a, number), 0, ROW * sizeof(*a->rows));
	a->states[number] = (struct state){
		.parts = keep(a), .last = (uint16_t)last, .hash = hash, .next = *bucket
	};
	*bucket = (uint16_t)number;
	return number;
}

static uint32_t hash_of(const struct automaton *a, unsigned last)
{
	return (lot_hash(&a->found_nodes) * 31 + lot_hash(&a->found_items)) * 31 + last;
}

/* The table is empty but for the state before the first byte. */
static void restart(struct automaton *a)
{
	memset(a->buckets, 0, sizeof(a->buckets));
	memset(a->pairs, 0, (size_t)a->classes * a->classes * sizeof(*a->pairs));
	a->pool_count = a->pool_kept;
	a->state_count = START;
	clear(a);
	(void)add_state(a, NO_CLASS, hash_of(a, NO_CLASS));
}

static bool is_full(const struct automaton *a)
{
	return a->state_count >= STATES_MOST || a->pool_count >= a->pool_kept + PARTS_MOST;
}

/* The state of what is in the lots; 0: there is none. */
static uint32_t find_state(const struct automaton *a, unsigned last, uint32_t hash)
{
	for (uint32_t i = a->buckets[hash % STATE_BUCKETS]; i; i = a->states[i].next) {
		const struct state *s = &a->states[i];
		const uint32_t *nodes = a->pool + s->parts.at;

		if (s->hash == hash && s->last == last &&
		    lot_is(&a->found_nodes, nodes, s->parts.nodes) &&
		    lot_is(&a->found_items, nodes + s->parts.nodes, s->parts.items))
			return i;
	}
	return 0;
}

static void pass_all(struct automaton *a, const struct parts *parts, unsigned class)
{
	for (uint32_t i = 0; i < parts->nodes; i++)
		pass(a, part_unpack(a->pool[parts->at + i]), a->byte_of[class]);
}

static const struct parts *pair_of(struct automaton *a, unsigned before, unsigned class)
{
	struct pair *pair = &a->pairs[before * a->classes + class];

	if (!pair->made) {
		clear(a);
		pass_all(a, &a->first[before], class);
		*pair = (struct pair){ .parts = keep(a), .made = true };
	}
	return &pair->parts;
}

/* Into the lots: what there is behind a state and one more byte. */
static void go_on(struct automaton *a, const struct state *s, unsigned class)
{
	const struct parts *pair =
		s->last == NO_CLASS ? &a->first[NO_CLASS] : pair_of(a, s->last, class);
	const struct parts *first = &a->first[class];

	clear(a);
	pass_all(a, &s->parts, class);
	lot_add_all(&a->found_nodes, a->pool + pair->at, pair->nodes);
	lot_add_all(&a->found_items, a->pool + pair->at + pair->nodes, pair->items);
	lot_add_all(&a->found_items, a->pool + first->at + first->nodes, first->items);
}

static uint16_t make_entry(struct automaton *a, uint32_t from, unsigned class)
{
	uint32_t hash, to;
	uint16_t entry;

	go_on(a, &a->states[from], class);
	hash = hash_of(a, class);
	to = find_state(a, class, hash);
	if (to == 0 && is_full(a)) {
		const uint32_t nodes = a->found_nodes.count, items = a->found_items.count;

		restart(a);
		a->found_nodes.count = nodes;
		a->found_items.count = items;
		from = 0; /* is no more */
	}
	if (to == 0)
		to = add_state(a, class, hash);
	entry = (uint16_t)(to | (a->states[to].parts.items ? TELLS : 0));
	if (from)
		row_of(a, from)[class] = entry;
	return entry;
}

/* ---- a text ---- */

static void tell(const struct automaton *a, uint32_t state, size_t end, automaton_found *found,
		 void *ctx)
{
	const struct parts *p = &a->states[state].parts;

	for (uint32_t i = 0; i < p->items; i++) {
		const struct part part = part_unpack(a->pool[p->at + p->nodes + i]);
		const size_t back = (size_t)a->lead[part.who] + part.most;

		found(ctx, part.who, back < end ? end - back : 0, end - part.least + 1);
	}
}

bool automaton_look(struct automaton *a, struct str text, automaton_may *may,
		    automaton_found *found, void *ctx)
{
	const unsigned char *const bytes = (const unsigned char *)text.p;
	const uint16_t *rows = a->rows;
	uint32_t state = START;

	for (size_t i = 0; i < text.n; i++) {
		const unsigned class = a->class_of[bytes[i]];
		uint32_t entry = rows[state * ROW + class];

		if (entry == 0) {
			if (!may(ctx))
				return false;
			entry = make_entry(a, state, class);
			rows = a->rows;
		}
		state = entry & (TELLS - 1);
		if (entry & TELLS)
			tell(a, state, i + 1, found, ctx);
	}
	return true;
}
