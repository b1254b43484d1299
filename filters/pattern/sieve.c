#include "filters/pattern/sieve.h"

#include "base/mem.h"
#include "filters/pattern/window.h"

enum {
	DENSE = 6,    /* bytes that the tables tell of; the others are asked of each lane */
	BEHIND = 256, /* what stands behind the text: no byte */
	BYTES = BEHIND + 1,
};

struct sieve_lane {
	struct lane lane;
	uint32_t item;
	uint32_t most; /* bytes before the end of its first one that a match begins */
};

/* The lanes that begin with a byte, one bit each, in words: the first row is that of the second byte. */
struct start {
	uint32_t words; /* 0: none does */
	uint32_t count;
	uint32_t table; /* a word of `tables`; row by row, of each the words of all bytes */
	uint32_t first; /* of its lanes in `order` */
};

struct sieve {
	struct sieve_lane *lanes;
	uint32_t count, room;
	struct start starts[256];
	uint32_t *order;
	uint32_t order_count, order_room;
	uint64_t *tables;
	uint32_t table_count, table_room;
	struct lane_shares *shares; /* while it is made */
	struct window *window;
};

struct sieve *sieve_new(void)
{
	struct sieve *s = mem_new(sizeof(*s));

	s->shares = mem_new(sizeof(*s->shares));
	s->window = mem_new(sizeof(*s->window));
	lane_shares_open(s->shares);
	return s;
}

static void drop_tools(struct sieve *s)
{
	mem_free(s->shares);
	mem_free(s->window);
	s->shares = NULL;
	s->window = NULL;
}

void sieve_free(void *sieve)
{
	struct sieve *s = sieve;

	mem_free(s->lanes);
	mem_free(s->order);
	mem_free(s->tables);
	drop_tools(s);
	mem_free(s);
}

/* ---- making one ---- */

unsigned sieve_add(struct sieve *s, const struct tree *expression, uint32_t item)
{
	const struct window *w = s->window;

	if (!window_find(s->shares, expression, s->window))
		return 0;
	s->lanes = mem_grow(s->lanes, &s->room, s->count + w->count, sizeof(*s->lanes));
	for (unsigned i = 0; i < w->count; i++)
		s->lanes[s->count++] =
			(struct sieve_lane){ .lane = w->lanes[i],
					     .item = item,
					     .most = w->lead == SIGHT_ANYWHERE ? w->lead
									       : w->lead + 1 };
	return w->times;
}

static bool takes(const struct lane *lane, unsigned depth, unsigned byte)
{
	return depth >= lane->open || (byte < BEHIND && byte_set_has(&lane->sets[depth], byte));
}

/* The lanes that begin with it, behind the others in the order; returns how many. */
static uint32_t list_lanes(struct sieve *s, unsigned byte)
{
	const uint32_t first = s->order_count;

	s->order = mem_grow(s->order, &s->order_room, first + s->count, sizeof(*s->order));
	for (uint32_t i = 0; i < s->count; i++)
		if (takes(&s->lanes[i].lane, 0, byte))
			s->order[s->order_count++] = i;
	return s->order_count - first;
}

/* A byte before it with the same lanes; `byte`: there is none. */
static unsigned find_same(const struct sieve *s, unsigned byte, uint32_t first, uint32_t count)
{
	for (unsigned b = 0; b < byte; b++)
		if (s->starts[b].count == count &&
		    memcmp(s->order + s->starts[b].first, s->order + first,
			   count * sizeof(*s->order)) == 0)
			return b;
	return byte;
}

static void fill_table(const struct sieve *s, const struct start *start)
{
	uint64_t *word = s->tables + start->table;

	for (unsigned depth = 1; depth < DENSE; depth++)
		for (unsigned byte = 0; byte < BYTES; byte++, word += start->words)
			for (uint32_t i = 0; i < start->count; i++)
				if (takes(&s->lanes[s->order[start->first + i]].lane, depth, byte))
					word[i / 64] |= 1ull << (i % 64);
}

static void make_start(struct sieve *s, unsigned byte)
{
	struct start *start = &s->starts[byte];
	const uint32_t first = s->order_count, count = list_lanes(s, byte);
	const unsigned same = find_same(s, byte, first, count);
	uint32_t size;

	if (same != byte) {
		*start = s->starts[same];
		s->order_count = first;
		return;
	}
	*start = (struct start){
		.words = (count + 63) / 64, .count = count, .table = s->table_count, .first = first
	};
	size = start->words * BYTES * (DENSE - 1);
	s->tables =
		mem_grow(s->tables, &s->table_room, s->table_count + size + 1, sizeof(*s->tables));
	memset(s->tables + s->table_count, 0, size * sizeof(*s->tables));
	s->table_count += size;
	fill_table(s, start);
}

void sieve_close(struct sieve *s)
{
	drop_tools(s);
	for (unsigned byte = 0; byte < 256; byte++)
		make_start(s, byte);
}

/* ---- a text ---- */

/* The bytes that the tables do not tell of. */
static bool goes_on(const struct lane *lane, struct str text, size_t at)
{
	unsigned depth = DENSE;

	while (depth < lane->open && at + depth < text.n &&
	       byte_set_has(&lane->sets[depth], (unsigned char)text.p[at + depth]))
		depth++;
	return depth >= lane->open;
}

struct looking {
	const struct sieve *sieve;
	struct str text;
	sight_seen *seen;
	void *ctx;
};

/* Of these lanes some are left at a place. */
static void tell(const struct looking *l, const uint32_t *lanes, uint64_t left, size_t at)
{
	for (; left; left &= left - 1) {
		const struct sieve_lane *lane = &l->sieve->lanes[lanes[__builtin_ctzll(left)]];
		const struct sight sight = { .end = at + 1, .least = 1, .most = lane->most };

		if (goes_on(&lane->lane, l->text, at))
			l->seen(l->ctx, lane->item, &sight);
	}
}

/* In one word of a start: the lanes that take the bytes behind the first one. */
static inline uint64_t left_of(const uint64_t *table, uint32_t words, const unsigned char *p)
{
	const size_t row = (size_t)BYTES * words;
	uint64_t left = table[p[1] * words];

	for (unsigned d = 2; d < DENSE; d++)
		left &= table[(d - 1) * row + p[d] * words];
	return left;
}

/* The same where the text ends so many bytes behind the first one. */
static uint64_t left_at_end(const uint64_t *table, uint32_t words, const unsigned char *p, size_t n)
{
	const size_t row = (size_t)BYTES * words;
	uint64_t left = UINT64_MAX;

	for (unsigned d = 1; d < DENSE; d++)
		left &= table[(d - 1) * row + (d < n ? p[d] : BEHIND) * words];
	return left;
}

static void look_at(const struct looking *l, size_t at)
{
	const struct sieve *s = l->sieve;
	const unsigned char *const p = (const unsigned char *)l->text.p + at;
	const struct start *start = &s->starts[*p];
	const uint64_t *const table = s->tables + start->table;
	const size_t n = l->text.n - at;

	for (uint32_t word = 0; word < start->words; word++) {
		const uint64_t left = n < DENSE ? left_at_end(table + word, start->words, p, n)
						: left_of(table + word, start->words, p);

		if (left)
			tell(l, s->order + start->first + 64 * word, left, at);
	}
}

void sieve_look(const struct sieve *s, struct str text, sight_seen *seen, void *ctx)
{
	const struct looking l = { .sieve = s, .text = text, .seen = seen, .ctx = ctx };
	const unsigned char *const p = (const unsigned char *)text.p;
	size_t at = 0;

	for (; at + DENSE <= text.n; at++) {
		const struct start *start = &s->starts[p[at]];

		if (start->words == 1) { /* most, and most have nothing left */
			const uint64_t left = left_of(s->tables + start->table, 1, p + at);

			if (left)
				tell(&l, s->order + start->first, left, at);
		} else {
			look_at(&l, at);
		}
	}
	for (; at < text.n; at++)
		look_at(&l, at);
}
