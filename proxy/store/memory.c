/* memory.c - a hash table of records, all of them also in the order in which they were written. */
#include "store/memory.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/siphash.h"
#include "store/procedures.h"

#include <string.h>

enum { BUCKETS_FIRST = 256 };

struct row {
	struct row *chain; /* of the same bucket */
	struct row *older, *newer;
	uint64_t hash;
	struct store_record record; /* label: in `bytes`, behind the key */
	enum store_procedure procedure;
	size_t key_n;
	char bytes[];
};

struct memory {
	struct row **buckets;
	size_t bucket_count; /* a power of two */
	struct row *oldest, *newest;
	size_t rows, bytes, bytes_max;
	uint64_t secret[2];
};

static size_t size_of(const struct row *row)
{
	return sizeof(*row) + sizeof(struct row *) + row->key_n + row->record.label.n;
}

/* ---- the order of writing ---- */

static void leave_order(struct memory *m, struct row *row)
{
	*(row->older ? &row->older->newer : &m->oldest) = row->newer;
	*(row->newer ? &row->newer->older : &m->newest) = row->older;
}

static void join_order(struct memory *m, struct row *row)
{
	row->older = m->newest;
	row->newer = NULL;
	*(m->newest ? &m->newest->newer : &m->oldest) = row;
	m->newest = row;
}

/* ---- the table ---- */

static struct row **bucket_of(struct memory *m, uint64_t hash)
{
	return &m->buckets[hash & (m->bucket_count - 1)];
}

static void grow(struct memory *m)
{
	mem_free(m->buckets);
	m->bucket_count *= 2;
	m->buckets = mem_new(m->bucket_count * sizeof(struct row *));
	for (struct row *row = m->oldest; row; row = row->newer) {
		struct row **bucket = bucket_of(m, row->hash);

		row->chain = *bucket;
		*bucket = row;
	}
}

static struct row *find(struct memory *m, const struct store_question *q, uint64_t hash)
{
	struct row *row = *bucket_of(m, hash);

	while (row && (row->hash != hash || row->procedure != q->procedure ||
		       !str_eq((struct str){ .p = row->bytes, .n = row->key_n }, q->key)))
		row = row->chain;
	return row;
}

static void drop(struct memory *m, struct row *row)
{
	struct row **at = bucket_of(m, row->hash);

	while (*at != row)
		at = &(*at)->chain;
	*at = row->chain;
	leave_order(m, row);
	m->rows--;
	m->bytes -= size_of(row);
	mem_free(row);
}

static void add(struct memory *m, const struct store_question *q, uint64_t hash,
		const struct store_record *record)
{
	struct row *row = mem_new(sizeof(*row) + q->key.n + record->label.n);
	struct row **bucket;

	if (m->rows >= m->bucket_count)
		grow(m);
	bucket = bucket_of(m, hash);
	row->hash = hash;
	row->procedure = q->procedure;
	row->record = *record;
	row->key_n = q->key.n;
	memcpy(row->bytes, q->key.p, q->key.n);
	if (record->label.n)
		memcpy(row->bytes + row->key_n, record->label.p, record->label.n);
	row->record.label.p = row->bytes + row->key_n;
	row->chain = *bucket;
	*bucket = row;
	join_order(m, row);
	m->rows++;
	m->bytes += size_of(row);
}

/* What is oldest goes when there is too much, and one that has expired whenever something is written. */
static void make_room(struct memory *m, int64_t now_ms)
{
	while (m->oldest && m->bytes > m->bytes_max)
		drop(m, m->oldest);
	if (m->oldest && m->oldest->record.expires_ms <= now_ms)
		drop(m, m->oldest);
}

static void write_row(struct memory *m, struct row *row, const struct store_record *record)
{
	row->record.expires_ms = record->expires_ms;
	memcpy(row->record.fields, record->fields, sizeof(record->fields));
	leave_order(m, row);
	join_order(m, row);
}

static void answer(struct memory *m, struct store_call *call)
{
	const struct store_question *q = &call->question;
	const uint64_t hash = siphash(m->secret, q->key) + (uint64_t)q->procedure;
	struct row *row = find(m, q, hash);
	struct store_record record = { .expires_ms = 0 };

	if (row && row->record.expires_ms <= q->now_ms) {
		drop(m, row);
		row = NULL;
	}
	if (row)
		record = row->record;
	if (!store_procedure_run(q, &record, call->answer.results))
		return;
	if (row)
		write_row(m, row, &record);
	else
		add(m, q, hash, &record);
	make_room(m, q->now_ms);
}

static enum err run(void *ctx, struct store_call *first)
{
	for (struct store_call *call = first; call; call = call->next)
		answer(ctx, call);
	return ERR_OK;
}

/* The place in the order of a page is the number of a bucket.  When the table grows meanwhile, what was told already
 * stands below that number, or above all that was. */
static enum err list(void *ctx, struct store_listing *l)
{
	const struct memory *m = ctx;
	uint64_t bucket = 0;

	if (l->from.n && !str_u64(l->from, SIZE_MAX, &bucket))
		return ERR_SYNTAX;
	for (; bucket < m->bucket_count; bucket++) {
		unsigned rows = 0;

		for (const struct row *row = m->buckets[bucket]; row; row = row->chain)
			rows++;
		if (l->count && l->count + rows > STORE_PAGE)
			break;
		for (const struct row *row = m->buckets[bucket]; row && l->count < STORE_PAGE;
		     row = row->chain)
			if (row->procedure == l->procedure)
				store_listing_add(l,
						  (struct str){ .p = row->bytes, .n = row->key_n },
						  &row->record);
	}
	if (bucket < m->bucket_count)
		l->next = arena_printf(l->arena, "%llu", (unsigned long long)bucket);
	return ERR_OK;
}

static void close_memory(void *ctx)
{
	struct memory *m = ctx;

	while (m->oldest)
		drop(m, m->oldest);
	mem_free(m->buckets);
	mem_free(m);
}

static const struct store_engine engine_memory = {
	.name = "memory", .run = run, .list = list, .close = close_memory
};

struct store_side store_memory(struct loop *loop, size_t bytes_max)
{
	struct memory *m = mem_new(sizeof(*m));

	m->bytes_max = bytes_max;
	m->bucket_count = BUCKETS_FIRST;
	m->buckets = mem_new(m->bucket_count * sizeof(struct row *));
	random_bytes(m->secret, sizeof(m->secret));
	return store_local(loop, &engine_memory, m);
}
