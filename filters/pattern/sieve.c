#include "filters/pattern/sieve.h"

#include "base/limits.h"
#include "base/mem.h"
#include "filters/pattern/byte_sets.h"
#include "filters/pattern/skim.h"
#include "filters/pattern/window.h"

enum {
	DENSE = LANE_DENSE, /* bytes that the tables tell of at each place, */
	CLOSE = LANE_CLOSE, /* and where something is left */
	REST = LANE_DEPTH - CLOSE,
	NO_BYTE = 256, /* what stands behind the text */
	BYTES = NO_BYTE + 1,
	WORD = BYTES *
	       (CLOSE - 1), /* of tables: of each byte behind the first one those that it may be */
	BLOCK = PLANES_PLACES, /* places that are looked at before the lanes that are left at them */
};

/* What is asked of a lane when the tables leave it. */
struct rest {
	uint32_t item;
	uint32_t most; /* bytes before the end of its first one that a match begins */
	uint16_t sets[REST];
	uint8_t count;
	uint8_t lines; /* line ends among these bytes, at most, */
	uint8_t reach; /* and among how many of the first */
};

/* The lanes that begin with a byte, one bit each, in words: each has a table of rows, the first one is that of the second byte. */
struct start {
	uint32_t words; /* 1 at least */
	uint32_t count;
	uint32_t table; /* in `tables`, those of its words */
	uint32_t first; /* of its lanes in `rests` */
};

struct new_lane {
	struct lane lane;
	uint32_t item, most;
	uint8_t lines, reach;
};

/* While it is made. */
struct making {
	struct new_lane *lanes;
	uint32_t count, room;
	uint32_t *order; /* lanes of all starts */
	uint32_t order_count, order_room;
	uint32_t begin[256]; /* lanes that may begin with the byte */
	struct lane_shares shares;
	struct window window;
};

struct sieve {
	struct start starts[256];
	uint64_t *tables;
	uint32_t table_count, table_room;
	struct rest *rests;
	struct byte_sets sets;
	struct planes *skim;   /* NULL: all places are looked at */
	unsigned refused;      /* expressions for which there was no room */
	struct making *making; /* NULL: it is made */
};

struct sieve *sieve_new(struct str usual)
{
	struct sieve *s = mem_new(sizeof(*s));

	s->making = mem_new(sizeof(*s->making));
	lane_shares_open(&s->making->shares, usual);
	return s;
}

static void end_making(struct sieve *s)
{
	if (!s->making)
		return;
	mem_free(s->making->lanes);
	mem_free(s->making->order);
	mem_free(s->making);
	s->making = NULL;
}

void sieve_free(void *sieve)
{
	struct sieve *s = sieve;

	end_making(s);
	mem_free(s->tables);
	mem_free(s->rests);
	byte_sets_close(&s->sets);
	planes_free(s->skim);
	mem_free(s);
}

/* ---- making one ---- */

/* The same of what stands behind the text. */
static bool takes(const struct lane *lane, unsigned depth, unsigned byte)
{
	return byte < NO_BYTE ? lane_takes(lane, depth, byte) : depth >= lane->open;
}

/* Lanes of the window are more, or less again, of what begins with each byte. */
static void count_lanes(struct making *m, const struct window *w, int by)
{
	for (unsigned i = 0; i < w->count; i++)
		for (unsigned byte = 0; byte < 256; byte++)
			if (takes(&w->lanes[i], 0, byte))
				m->begin[byte] += (uint32_t)by;
}

/* Bytes that it will take at most: bytes with the same lanes will share them. */
static size_t weigh(const struct making *m, const struct window *w)
{
	size_t sum = (m->count + w->count) * sizeof(*m->lanes);

	for (unsigned byte = 0; byte < 256; byte++)
		sum += (m->begin[byte] + 63) / 64 * WORD * sizeof(uint64_t) +
		       m->begin[byte] * (sizeof(struct rest) + sizeof(*m->order));
	return sum;
}

unsigned sieve_add(struct sieve *s, const struct tree *expression, uint32_t item,
		   const struct tree **begin)
{
	struct making *m = s->making;
	const struct window *w = &m->window;

	*begin = NULL;
	if (!window_find(&m->shares, expression, &m->window))
		return 0;
	count_lanes(m, w, 1);
	if (weigh(m, w) > LIMIT_SIEVE) {
		count_lanes(m, w, -1);
		s->refused++;
		return 0;
	}
	m->lanes = mem_grow(m->lanes, &m->room, m->count + w->count, sizeof(*m->lanes));
	for (unsigned i = 0; i < w->count; i++)
		m->lanes[m->count++] =
			(struct new_lane){ .lane = w->lanes[i],
					   .item = item,
					   .most = w->lead == SIGHT_ANYWHERE ? w->lead
									     : w->lead + 1,
					   .lines = w->lines,
					   .reach = w->reach };
	*begin = w->begin;
	return w->times;
}

unsigned sieve_refused(const struct sieve *s)
{
	return s->refused;
}

/* The lanes that begin with it, behind the others in the order; returns how many. */
static uint32_t list_lanes(struct making *m, unsigned byte)
{
	const uint32_t first = m->order_count;

	m->order = mem_grow(m->order, &m->order_room, first + m->count, sizeof(*m->order));
	for (uint32_t i = 0; i < m->count; i++)
		if (takes(&m->lanes[i].lane, 0, byte))
			m->order[m->order_count++] = i;
	return m->order_count - first;
}

/* A byte before it with the same lanes; `byte`: there is none. */
static unsigned find_same(const struct sieve *s, unsigned byte, uint32_t first, uint32_t count)
{
	const uint32_t *order = s->making->order;

	for (unsigned b = 0; b < byte; b++)
		if (s->starts[b].count == count &&
		    memcmp(order + s->starts[b].first, order + first, count * sizeof(*order)) == 0)
			return b;
	return byte;
}

static void fill_table(const struct sieve *s, const struct start *start)
{
	const struct making *m = s->making;

	for (uint32_t i = 0; i < start->count; i++) {
		const struct lane *lane = &m->lanes[m->order[start->first + i]].lane;
		uint64_t *row = s->tables + start->table + i / 64 * WORD;

		for (unsigned depth = 1; depth < CLOSE; depth++, row += BYTES)
			for (unsigned byte = 0; byte < BYTES; byte++)
				if (takes(lane, depth, byte))
					row[byte] |= 1ull << (i % 64);
	}
}

static void make_start(struct sieve *s, unsigned byte)
{
	struct start *start = &s->starts[byte];
	const uint32_t first = s->making->order_count, count = list_lanes(s->making, byte);
	const unsigned same = find_same(s, byte, first, count);
	uint32_t size;

	if (same != byte) {
		*start = s->starts[same];
		s->making->order_count = first;
		return;
	}
	*start = (struct start){ .words = count ? (count + 63) / 64 : 1,
				 .count = count,
				 .table = s->table_count,
				 .first = first };
	size = start->words * WORD;
	s->tables = mem_grow(s->tables, &s->table_room, s->table_count + size, sizeof(*s->tables));
	memset(s->tables + s->table_count, 0, size * sizeof(*s->tables));
	s->table_count += size;
	fill_table(s, start);
}

/* Sets that are too many are not asked for, nor is what stands behind them. */
static void make_rest(struct sieve *s, const struct new_lane *l, struct rest *rest)
{
	*rest = (struct rest){
		.item = l->item, .most = l->most, .lines = l->lines, .reach = l->reach
	};
	while (CLOSE + (unsigned)rest->count < l->lane.open &&
	       byte_sets_number(&s->sets, &l->lane.sets[CLOSE + rest->count],
				&rest->sets[rest->count]))
		rest->count++;
}

static struct planes *make_skim(const struct making *m)
{
	const struct lane **lanes = mem_array(NULL, m->count + 1, sizeof(*lanes));
	struct planes *skim;

	for (uint32_t i = 0; i < m->count; i++)
		lanes[i] = &m->lanes[i].lane;
	skim = skim_new(&m->shares, lanes, m->count);
	mem_free(lanes);
	return skim;
}

void sieve_close(struct sieve *s)
{
	const struct making *m = s->making;

	for (unsigned byte = 0; byte < 256; byte++)
		make_start(s, byte);
	s->rests = mem_array(NULL, m->order_count + 1, sizeof(*s->rests));
	for (uint32_t i = 0; i < m->order_count; i++)
		make_rest(s, &m->lanes[m->order[i]], &s->rests[i]);
	s->skim = make_skim(m);
	end_making(s);
}

/* ---- a text ---- */

struct looking {
	const struct sieve *sieve;
	struct str text;
	sight_seen *seen;
	void *ctx;
};

/* The bytes that the tables do not tell of. */
static bool goes_on(const struct looking *l, const struct rest *rest, size_t at)
{
	unsigned i = 0;

	at += CLOSE;
	while (i < rest->count && at + i < l->text.n &&
	       byte_set_has(&l->sieve->sets.items[rest->sets[i]], (unsigned char)l->text.p[at + i]))
		i++;
	return i == rest->count;
}

/* Of these lanes some are left at a place. */
static void tell(const struct looking *l, const struct rest *rests, uint64_t left, size_t at)
{
	for (; left; left &= left - 1) {
		const struct rest *rest = &rests[__builtin_ctzll(left)];
		const struct sight sight = { .end = at + 1,
					     .least = 1,
					     .most = rest->most,
					     .lines = rest->lines,
					     .reach = rest->reach };

		if (goes_on(l, rest, at))
			l->seen(l->ctx, rest->item, &sight);
	}
}

/* In one word of a start: the lanes that take the bytes behind the first one. */
static inline uint64_t left_of(const uint64_t *table, const unsigned char *p)
{
	uint64_t left = table[p[1]];

#pragma GCC unroll 16 /* DENSE */
	for (unsigned d = 2; d < DENSE; d++)
		left &= table[(d - 1) * BYTES + p[d]];
	return left;
}

/* The same where the text ends so many bytes behind the first one. */
static uint64_t left_at_end(const uint64_t *table, const unsigned char *p, size_t n)
{
	uint64_t left = UINT64_MAX;

	for (unsigned d = 1; d < DENSE; d++)
		left &= table[(d - 1) * BYTES + (d < n ? p[d] : NO_BYTE)];
	return left;
}

/* Those of them that take the next bytes, too. */
static inline uint64_t closer_of(const uint64_t *table, const unsigned char *p, size_t n,
				 uint64_t left)
{
	for (unsigned d = DENSE; d < CLOSE; d++)
		left &= table[(d - 1) * BYTES + (d < n ? p[d] : NO_BYTE)];
	return left;
}

/* In the words of its start from `word` on. */
static void look_at(const struct looking *l, size_t at, uint32_t word)
{
	const struct sieve *s = l->sieve;
	const unsigned char *const p = (const unsigned char *)l->text.p + at;
	const struct start *start = &s->starts[*p];
	const size_t n = l->text.n - at;

	for (; word < start->words; word++) {
		const uint64_t *const table = s->tables + start->table + word * WORD;

		const uint64_t left = n < DENSE ? left_at_end(table, p, n) : left_of(table, p);

		if (left)
			tell(l, s->rests + start->first + 64 * word, closer_of(table, p, n, left),
			     at);
	}
}

/* A place at which something is left in the first word of its start. */
struct remainder {
	uint64_t left;
	uint32_t at;
};

/* Places that lie behind one another, looked at before any is asked for lanes: of most nothing is left, and the CPU cannot
 * guess of which. */
struct block {
	uint16_t places[BLOCK]; /* that are looked at */
	struct remainder remainders[BLOCK];
	uint16_t further[BLOCK]; /* places whose starts have more words */
	unsigned count, remainder_count, further_count;
};

static void list_all(struct block *b, unsigned n)
{
	for (unsigned at = 0; at < n; at++)
		b->places[at] = (uint16_t)at;
	b->count = n;
}

static void look_at_block(const struct sieve *s, const unsigned char *p, struct block *b)
{
	unsigned count = 0, further = 0;

	for (unsigned i = 0; i < b->count; i++) {
		const unsigned at = b->places[i];
		const struct start *start = &s->starts[p[at]];
		const uint64_t left = left_of(s->tables + start->table, p + at);

		b->remainders[count] = (struct remainder){ .left = left, .at = at };
		count += left != 0;
		b->further[further] = (uint16_t)at;
		further += start->words > 1;
	}
	b->remainder_count = count;
	b->further_count = further;
}

/* At the places where something is left; `n`: bytes of the text from the block on. */
static void look_closer(const struct sieve *s, const unsigned char *p, size_t n, struct block *b)
{
	unsigned count = 0;

	for (unsigned i = 0; i < b->remainder_count; i++) {
		const struct remainder r = b->remainders[i];
		const struct start *start = &s->starts[p[r.at]];
		const uint64_t left =
			closer_of(s->tables + start->table, p + r.at, n - r.at, r.left);

		__builtin_prefetch(&s->rests[start->first + (unsigned)__builtin_ctzll(r.left)]);

		b->remainders[count] = (struct remainder){ .left = left, .at = r.at };
		count += left != 0;
	}
	b->remainder_count = count;
}

static void tell_of_block(const struct looking *l, size_t at, const struct block *b)
{
	const struct start *const starts = l->sieve->starts;
	unsigned k = 0;

	for (unsigned i = 0; i < b->remainder_count; i++) {
		const struct remainder *r = &b->remainders[i];
		const size_t place = at + r->at;

		for (; k < b->further_count && b->further[k] < r->at; k++)
			look_at(l, at + b->further[k], 1);
		tell(l, l->sieve->rests + starts[(unsigned char)l->text.p[place]].first, r->left,
		     place);
	}
	for (; k < b->further_count; k++)
		look_at(l, at + b->further[k], 1);
}

void sieve_look(const struct sieve *s, struct str text, struct sight_window window,
		sight_seen *seen, void *ctx)
{
	const struct looking l = { .sieve = s, .text = text, .seen = seen, .ctx = ctx };
	const size_t whole = text.n < DENSE ? 0 : text.n - DENSE + 1;
	const size_t last = window.to < whole ? window.to : whole;
	struct block block;
	size_t at = window.from, n;

	for (; at < last; at += n) {
		n = last - at < BLOCK ? last - at : BLOCK;
		if (s->skim)
			block.count =
				planes_look(s->skim, str_from(text, at), (unsigned)n, block.places);
		else
			list_all(&block, (unsigned)n);
		look_at_block(s, (const unsigned char *)text.p + at, &block);
		look_closer(s, (const unsigned char *)text.p + at, text.n - at, &block);
		tell_of_block(&l, at, &block);
	}
	for (; at < window.to; at++)
		look_at(&l, at, 0);
}
