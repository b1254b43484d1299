/* store.c - what a greylist check costs on the embedded store, alone and many in a turn of the loop, and what it costs
 * to look for what has expired.
 *
 *	build/measure/store FOLDER [TUPLES]
 *
 * CPU is this process's, user and kernel, with the loop and the store's queue. */
#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"
#include "bench/seconds.h"
#include "lmdb/lmdb.h"
#include "lmdb/lmdb_tidy.h"
#include "unit/dice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MINUTE (INT64_C(60) * 1000)
#define DAY    (INT64_C(24) * 60 * MINUTE)
#define BEGIN  INT64_C(1800000000000)

enum { CHECKS = 200000, BATCH = 64, KEY_ROOM = 128 };

static const char *folder;
static struct dice dice = { .state = DICE_SEED };

static uint64_t any(uint64_t below)
{
	return dice_any(&dice) % below;
}

/* ---- the store and its questions ---- */

struct check {
	struct store_call call;
	char key[KEY_ROOM];
};

struct bench {
	struct loop *loop;
	struct store *store;
	struct ops ops;
	struct check checks[BATCH];
	uint64_t states[4]; /* answers */
};

static void open_bench(struct bench *b, int64_t size_max)
{
	char text[256];
	struct out why = OUT(text);
	struct store_side side;

	b->loop = loop_new();
	if (!store_lmdb(&(struct lmdb_options){ .loop = b->loop,
						.folder = str_z(folder),
						.size_max = size_max,
						.sync_ms = 1000 },
			&side, &why)) {
		fprintf(stderr, STR_FMT "\n", STR_ARG(out_text(&why)));
		exit(1);
	}
	b->store = store_new(side, NULL);
}

static void close_bench(struct bench *b)
{
	store_free(b->store);
	loop_free(b->loop);
}

static void on_answer(struct op *op, enum err err, const void *result)
{
	struct bench *b = op->arg;
	const struct store_answer *a = result;

	CHECK(err == ERR_OK);
	b->states[a->results[0]]++;
	if (b->ops.pending == 0)
		loop_stop(b->loop);
}

/* A tuple as greylisting has them: network, sender, recipient. */
static void ask(struct bench *b, unsigned slot, uint64_t tuple, int64_t now_ms)
{
	struct check *c = &b->checks[slot];
	const int n = snprintf(c->key, KEY_ROOM,
			       "198.51.%" PRIu64 ".0/24 sender%" PRIu64 "@example.org user%" PRIu64
			       "@example.net",
			       tuple % 256, tuple, tuple % 1000);

	c->call = (struct store_call){ .op.done = on_answer, .op.arg = b };
	c->call.question = (struct store_question){
		.procedure = STORE_GREYLIST,
		.key = { .p = c->key, .n = (size_t)n },
		.now_ms = now_ms,
		.args = { GREYLIST_NOTE, 5 * MINUTE, 2 * DAY, 36 * DAY },
	};
	store_ask(b->store, &b->ops, &c->call);
}

static void run(struct bench *b)
{
	if (b->ops.pending)
		loop_run(b->loop);
}

static int64_t file_bytes(void)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" LMDB_FILE, folder);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* ---- one check ---- */

struct kind {
	const char *name;
	unsigned batch;
	bool is_new;
};

static void measure(struct bench *b, const struct kind *k, uint64_t tuples, uint64_t *next)
{
	const int64_t now = BEGIN + (k->is_new ? 0 : DAY);
	const double begin = cpu_s();
	double us;

	for (unsigned i = 0; i < CHECKS; i++) {
		ask(b, i % k->batch, k->is_new ? (*next)++ : any(tuples), now);
		if ((i + 1) % k->batch == 0)
			run(b);
	}
	run(b);
	us = (cpu_s() - begin) * 1e6 / CHECKS;
	printf("| %s | %u | %.2f | %.0f |\n", k->name, k->batch, us, 1e6 / us);
}

/* Noted, and passed a while later. */
static void fill(struct bench *b, uint64_t tuples)
{
	for (int turn = 0; turn < 2; turn++)
		for (uint64_t i = 0; i < tuples; i++) {
			ask(b, (unsigned)(i % BATCH), i, BEGIN + turn * DAY);
			if (i % BATCH == BATCH - 1 || i == tuples - 1)
				run(b);
		}
}

/* ---- the walk ---- */

static void measure_walk(void)
{
	static struct lmdb_walk walk;
	struct lmdb_env e;
	char path[256];
	double begin;
	size_t rows = 0;
	MDB_txn *txn;

	snprintf(path, sizeof(path), "%s/" LMDB_FILE, folder);
	CHECK(lmdb_open(&e, path) == 0);
	lmdb_walk_begin(&walk, BEGIN, SIZE_MAX);
	begin = cpu_s();
	while (walk.procedure < STORE_PROCEDURE_COUNT) {
		CHECK(mdb_txn_begin(e.env, NULL, MDB_RDONLY, &txn) == 0);
		CHECK(lmdb_walk_look(&e, txn, &walk) == 0 && walk.count == 0);
		rows = lmdb_rows(&e, txn, STORE_GREYLIST);
		mdb_txn_abort(txn);
	}
	begin = cpu_s() - begin;
	printf("\nA look at each of %zu rows: %.1f ms, %.0f ns each\n", rows, begin * 1e3,
	       begin * 1e9 / (double)rows);
	lmdb_close(&e);
}

static void checks(uint64_t tuples)
{
	static const struct kind kinds[] = {
		{ "known tuple", 1, false },
		{ "known tuple", BATCH, false },
		{ "new tuple", 1, true },
		{ "new tuple", BATCH, true },
	};
	static struct bench b;
	uint64_t next = tuples;

	open_bench(&b, INT64_C(4) << 30);
	fill(&b, tuples);
	printf("%" PRIu64 " tuples, %.1f MB, %.0f bytes each\n\n", tuples,
	       (double)file_bytes() / 1e6, (double)file_bytes() / (double)tuples);
	printf("| greylist check | in one turn | us CPU | a second |\n|---|---:|---:|---:|\n");
	for (size_t i = 0; i < COUNTOF(kinds); i++)
		measure(&b, &kinds[i], tuples, &next);
	close_bench(&b);
	measure_walk();
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: store FOLDER [TUPLES]\n");
		return 64;
	}
	folder = argv[1];
	checks(argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000);
	return 0;
}
