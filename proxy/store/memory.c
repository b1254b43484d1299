/* memory.c - a hash table of records, all of them also in the order in which they were written. */
#include "store/memory.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/siphash.h"
#include "store/bulk.h"
#include "store/procedures.h"

#include <string.h>

enum { BUCKETS_FIRST = 256 };

struct row {
	struct row *chain; /* of the same bucket */
	struct row *older, *newer;
	uint64_t hash;
	struct store_record record; /* label and body: in `bytes`, behind the key */
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
	return sizeof(*row) + sizeof(struct row *) + row->key_n + row->record.label.n +
	       row->record.body.n;
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

/* Where a record is, or would be. */
struct place {
	enum store_procedure procedure;
	struct str key;
	uint64_t hash;
	struct row *row;
};

static struct place find(struct memory *m, enum store_procedure procedure, struct str key)
{
	const uint64_t hash = siphash(m->secret, key) + (uint64_t)procedure;
	struct row *row = *bucket_of(m, hash);

	while (row && (row->hash != hash || row->procedure != procedure ||
		       !str_eq((struct str){ .p = row->bytes, .n = row->key_n }, key)))
		row = row->chain;
	return (struct place){ .procedure = procedure, .key = key, .hash = hash, .row = row };
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

static void copy(char **to, struct str *s)
{
	if (s->n)
		memcpy(*to, s->p, s->n);
	s->p = *to;
	*to += s->n;
}

static void add(struct memory *m, const struct place *at, const struct store_record *record)
{
	struct row *row = mem_new(sizeof(*row) + at->key.n + record->label.n + record->body.n);
	struct str key = at->key;
	char *to = row->bytes;
	struct row **bucket;

	if (m->rows >= m->bucket_count)
		grow(m);
	bucket = bucket_of(m, at->hash);
	row->hash = at->hash;
	row->procedure = at->procedure;
	row->record = *record;
	row->key_n = key.n;
	copy(&to, &key);
	copy(&to, &row->record.label);
	copy(&to, &row->record.body);
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

/* With another body it is another row: what the record's texts point to may be in the old one. */
static void write_row(struct memory *m, const struct place *at, const struct store_record *record,
		      int64_t now_ms)
{
	struct row *row = at->row;

	if (!row || row->record.body.n || record->body.n) {
		add(m, at, record);
		if (row)
			drop(m, row);
	} else {
		row->record.expires_ms = record->expires_ms;
		memcpy(row->record.fields, record->fields, sizeof(record->fields));
		leave_order(m, row);
		join_order(m, row);
	}
	make_room(m, now_ms);
}

static struct place find_alive(struct memory *m, enum store_procedure procedure, struct str key,
			       int64_t now_ms)
{
	struct place at = find(m, procedure, key);

	if (at.row && at.row->record.expires_ms <= now_ms) {
		drop(m, at.row);
		at.row = NULL;
	}
	return at;
}

static void answer_one(struct memory *m, struct store_call *call)
{
	const struct store_question *q = &call->question;
	const struct place at = find_alive(m, q->procedure, q->key, q->now_ms);
	struct store_record record = { .expires_ms = 0 };

	if (at.row)
		record = at.row->record;
	if (store_procedure_run(q, &record, call->answer.results))
		write_row(m, &at, &record, q->now_ms);
}

/* ---- STORE_BULK ---- */

struct look {
	struct memory *memory;
	int64_t now_ms;
};

static int get(void *ctx, struct str key, struct store_record *r)
{
	const struct look *l = ctx;
	const struct place at = find_alive(l->memory, STORE_BULK, key, l->now_ms);

	*r = at.row ? at.row->record : (struct store_record){ .expires_ms = 0 };
	return 0;
}

static int put(void *ctx, struct str key, const struct store_record *r)
{
	const struct look *l = ctx;
	const struct place at = find(l->memory, STORE_BULK, key);

	if (r->expires_ms > l->now_ms)
		write_row(l->memory, &at, r, l->now_ms);
	else if (at.row)
		drop(l->memory, at.row);
	return 0;
}

static void answer(struct memory *m, struct store_call *call)
{
	const struct store_question *q = &call->question;
	struct look l = { .memory = m, .now_ms = q->now_ms };

	if (q->procedure == STORE_BULK)
		CHECK(store_bulk_run(q, &(struct store_view){ .ctx = &l, .get = get, .put = put },
				     &call->answer.bulk) == 0);
	else
		answer_one(m, call);
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

static const struct store_engine engine_memory = { .run = run,
						   .list = list,
						   .close = close_memory };

struct store_side store_memory(struct loop *loop, size_t bytes_max)
{
	struct memory *m = mem_new(sizeof(*m));

	m->bytes_max = bytes_max;
	m->bucket_count = BUCKETS_FIRST;
	m->buckets = mem_new(m->bucket_count * sizeof(struct row *));
	random_bytes(m->secret, sizeof(m->secret));
	return store_local(loop, &engine_memory, m);
}
