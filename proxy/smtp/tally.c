/* The names stand apart from the rows, a set of eight in one cache line: a client costs one line to find and one to
 * count, whatever the number of workers.
 *
 * A bucket is one word: when it will have drained (the "theoretical arrival time" of the generic cell rate
 * algorithm).  Each event moves it by window / count; there is room as long as it lies no further ahead than the
 * window.  So taking is a compare-and-swap, and what is past needs no sweeping.
 *
 * Giving a row away races with others who still count for its last name: a stray event may land with the new one.
 * Sessions are counted by row, not by name, so they never leak by it. */
#define _GNU_SOURCE 1 /* MAP_ANONYMOUS, MAP_NORESERVE */

#include "smtp/tally.h"

#include "base/check.h"
#include "base/random.h"
#include "base/siphash.h"

#include <stdatomic.h>
#include <sys/mman.h>

enum { SET = 8, NS_PER_MS = 1000000, NOBODY = 0 };

typedef _Atomic uint64_t shared_u64;
typedef _Atomic int64_t shared_time; /* ns of the monotonic clock, which processes share */
typedef _Atomic uint32_t shared_u32;

struct row {
	shared_time drained[TALLY_BUCKETS];
	shared_time complained;
	shared_u32 complaints; /* since then */
	shared_u32 open;
};

struct tally {
	uint64_t key[2];
	size_t rows, bytes;
	unsigned slots;
	shared_u64 *names;
	struct row *table;
	_Atomic uint16_t *held; /* rows of each slot: what it has open, written by it alone */
};

/* ---- made and ended ---- */

struct tally *tally_new(size_t rows, unsigned slots)
{
	const size_t head = (sizeof(struct tally) + 63) / 64 * 64;
	const size_t names = rows * sizeof(shared_u64), table = rows * sizeof(struct row);
	const size_t bytes = head + names + table + slots * rows * sizeof(uint16_t);
	struct tally *t;
	char *at;

	CHECK(rows >= SET && (rows & (rows - 1)) == 0 && rows < UINT32_MAX && slots > 0);
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
		  -1, 0);
	if ((void *)at == MAP_FAILED)
		return NULL;
	t = (struct tally *)(void *)at;
	*t = (struct tally){
		.rows = rows,
		.bytes = bytes,
		.slots = slots,
		.names = (shared_u64 *)(void *)(at + head),
		.table = (struct row *)(void *)(at + head + names),
		.held = (_Atomic uint16_t *)(void *)(at + head + names + table),
	};
	random_bytes(t->key, sizeof(t->key));
	return t;
}

void tally_free(struct tally *t)
{
	if (t)
		munmap(t, t->bytes);
}

static _Atomic uint16_t *held_by(const struct tally *t, unsigned slot, uint32_t row)
{
	return &t->held[(size_t)slot * t->rows + row - 1];
}

static struct row *row_of(const struct tally *t, uint32_t row)
{
	CHECK(row != TALLY_NONE && row <= t->rows);
	return &t->table[row - 1];
}

/* No further than zero: what a killed process had not yet added may be taken away here. */
static void subtract(shared_u32 *open, uint32_t n)
{
	uint32_t was = atomic_load(open);

	while (!atomic_compare_exchange_weak(open, &was, was > n ? was - n : 0))
		continue;
}

void tally_forget(struct tally *t, unsigned slot)
{
	CHECK(slot < t->slots);
	for (uint32_t row = 1; row <= t->rows; row++) {
		const uint16_t n = atomic_exchange(held_by(t, slot, row), 0);

		if (n)
			subtract(&row_of(t, row)->open, n);
	}
}

/* ---- rows ---- */

uint64_t tally_name(const struct tally *t, struct str bytes)
{
	const uint64_t name = siphash(t->key, bytes);

	return name == NOBODY ? 1 : name;
}

static int64_t last_drained(const struct row *r)
{
	int64_t last = 0;

	for (unsigned i = 0; i < TALLY_BUCKETS; i++) {
		const int64_t at = atomic_load_explicit(&r->drained[i], memory_order_relaxed);

		last = at > last ? at : last;
	}
	return last;
}

/* The row that knows least: of those with nothing open the one whose buckets drained first. */
static uint32_t stalest(const struct tally *t, uint32_t set)
{
	uint32_t best = TALLY_NONE;
	int64_t best_ns = INT64_MAX;

	for (uint32_t row = set; row < set + SET; row++) {
		const struct row *r = row_of(t, row);
		const int64_t ns = last_drained(r);

		if (ns >= best_ns || atomic_load(&r->open))
			continue;
		best = row;
		best_ns = ns;
	}
	return best;
}

static void empty(struct row *r)
{
	for (unsigned i = 0; i < TALLY_BUCKETS; i++)
		atomic_store_explicit(&r->drained[i], 0, memory_order_relaxed);
	atomic_store_explicit(&r->complained, 0, memory_order_relaxed);
	atomic_store_explicit(&r->complaints, 0, memory_order_relaxed);
}

/* Free places are taken in order, so two processes meet in the same one. */
static uint32_t find(const struct tally *t, uint32_t set, uint64_t name)
{
	for (uint32_t row = set; row < set + SET; row++) {
		const uint64_t here = atomic_load(&t->names[row - 1]);

		if (here == name || here == NOBODY)
			return row;
	}
	return stalest(t, set);
}

static uint32_t find_or_claim(const struct tally *t, uint64_t name)
{
	const uint32_t set = (uint32_t)(name & (t->rows - 1) & ~(uint64_t)(SET - 1)) + 1;

	for (;;) {
		const uint32_t row = find(t, set, name);
		uint64_t was;

		if (row == TALLY_NONE)
			return row;
		was = atomic_load(&t->names[row - 1]);
		if (was == name)
			return row;
		if (!atomic_compare_exchange_strong(&t->names[row - 1], &was, name))
			continue; /* somebody was quicker: look again */
		if (was != NOBODY)
			empty(row_of(t, row));
		return row;
	}
}

/* ---- what is open ---- */

/* In this order, or a process killed in between would leave one too many. */
uint32_t tally_enter(const struct tally_desk *d, uint64_t name)
{
	const uint32_t row = find_or_claim(d->tally, name);

	if (row == TALLY_NONE ||
	    atomic_load(held_by(d->tally, d->slot, row)) == (uint16_t)TALLY_OPEN_MAX)
		return TALLY_NONE;
	atomic_fetch_add(held_by(d->tally, d->slot, row), (uint16_t)1);
	atomic_fetch_add(&row_of(d->tally, row)->open, 1);
	return row;
}

void tally_leave(const struct tally_desk *d, uint32_t row)
{
	if (row == TALLY_NONE)
		return;
	subtract(&row_of(d->tally, row)->open, 1);
	atomic_fetch_sub(held_by(d->tally, d->slot, row), (uint16_t)1);
}

uint32_t tally_open(const struct tally *t, uint32_t row)
{
	return row == TALLY_NONE ? 0 : atomic_load(&row_of(t, row)->open);
}

/* ---- buckets ---- */

/* The limits of a name may have changed by a reload: what an older one left is no more than full. */
static int64_t drained_at(int64_t stored, int64_t window, int64_t now)
{
	if (stored < now)
		return now;
	return stored > now + window ? now + window : stored;
}

/* Is there room for a step more?  The level is for those who hear that there is none. */
static bool has_room(int64_t drained, int64_t step, int64_t window, int64_t now,
		     struct tally_level *level)
{
	const int64_t over = drained + step - (now + window);

	if (over <= 0)
		return true;
	level->count = (drained - now + step - 1) / step;
	level->retry_ms = (over + NS_PER_MS - 1) / NS_PER_MS;
	return false;
}

bool tally_take(struct tally *t, uint32_t row, unsigned bucket, const struct conf_rate *rate,
		int64_t now_ms, struct tally_level *level)
{
	const int64_t now = now_ms * NS_PER_MS, window = rate->window_ms * NS_PER_MS;
	shared_time *word;
	int64_t was, step;

	CHECK(bucket < TALLY_BUCKETS);
	*level = (struct tally_level){ 0 };
	if (row == TALLY_NONE || rate->count == 0)
		return true;
	step = window / rate->count;
	word = &row_of(t, row)->drained[bucket];
	was = atomic_load_explicit(word, memory_order_relaxed);
	for (;;) {
		const int64_t drained = drained_at(was, window, now);

		if (!has_room(drained, step, window, now, level))
			return false;
		if (atomic_compare_exchange_weak(word, &was, drained + step))
			return true;
	}
}

bool tally_has_room(const struct tally *t, uint32_t row, unsigned bucket,
		    const struct conf_rate *rate, int64_t now_ms, struct tally_level *level)
{
	const int64_t now = now_ms * NS_PER_MS, window = rate->window_ms * NS_PER_MS;
	int64_t stored;

	CHECK(bucket < TALLY_BUCKETS);
	*level = (struct tally_level){ 0 };
	if (row == TALLY_NONE || rate->count == 0)
		return true;
	stored = atomic_load_explicit(&row_of(t, row)->drained[bucket], memory_order_relaxed);
	return has_room(drained_at(stored, window, now), window / rate->count, window, now, level);
}

bool tally_complain(struct tally *t, uint32_t row, int64_t every_ms, int64_t now_ms,
		    uint32_t *since)
{
	const int64_t now = now_ms * NS_PER_MS;
	struct row *r;
	int64_t was;

	*since = 1;
	if (row == TALLY_NONE)
		return true;
	r = row_of(t, row);
	was = atomic_load(&r->complained);
	if ((was && now - was < every_ms * NS_PER_MS) ||
	    !atomic_compare_exchange_strong(&r->complained, &was, now ? now : 1)) {
		atomic_fetch_add(&r->complaints, 1);
		return false;
	}
	*since = atomic_exchange(&r->complaints, 0) + 1;
	return true;
}
