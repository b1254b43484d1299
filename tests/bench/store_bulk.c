/* store_bulk.c - what a question of the bulk radar costs, on the embedded store and on a Redis, as clusters get many.
 *
 *	build/measure/store_bulk lmdb FOLDER [CLUSTERS]...
 *	build/measure/store_bulk redis [60mb] [CLUSTERS]...       it may use so much memory
 *
 * Mails: new ones, each the first of a cluster; members, of which 12 of the 32 values are their own; and members with
 * all that the radar does for a mail of 2 KB of text once that has been read: its words, its fingerprint, what it is known
 * by when it comes again, and the question.  Of these 15 of 100 words are their own.  CPU is this process's, user and
 * kernel, with the loop and the store's queue; of Redis its process's. */
#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/units.h"
#include "bench/seconds.h"
#include "filters/bulk/print.h"
#include "filters/content/text.h"
#include "filters/uri/uris.h"
#include "lmdb/lmdb.h"
#include "lmdb/lmdb_env.h"
#include "store/shared.h"
#include "unit/dice.h"
#include "unit/redis/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { AT_ONCE = 64, QUESTIONS = 20000, CHANGED = 12, DEADLINE_MS = 60000 };
enum { TEXTS = 2000, FAMILIES = 250, TEXT_BYTES = 2048, HEADER_BYTES = 1024 };

enum kind { NEW, MEMBER, FROM_TEXT };

#define BEGIN INT64_C(1800000000000)

struct lane {
	struct store_call call; /* first */
	struct bulk_sighting mail;
	char key[BULK_KEY];
};

static struct bench {
	struct loop *loop;
	struct store *store;
	struct ops ops;
	struct lane lanes[AT_ONCE];
	struct server server;
	const char *folder; /* NULL: on a Redis */
	enum kind kind;
	struct dice dice;
	struct text texts[TEXTS];
	unsigned clusters, left;
	int64_t now_ms;
	uint64_t found;
} b;

static uint64_t any(uint64_t below)
{
	return dice_any(&b.dice) % below;
}

static uint64_t hash_of(uint64_t number)
{
	return bulk_hash((struct str){ .p = (const char *)&number, .n = sizeof(number) });
}

/* ---- mails ---- */

static void make_mail(struct bulk_sighting *m, uint64_t cluster)
{
	uint64_t value = cluster * 0x9e3779b97f4a7c15 + 1;

	*m = (struct bulk_sighting){ .has_text = true,
				     .network = hash_of(any(5000)),
				     .envelope = hash_of(any(3000)),
				     .from = hash_of(any(3000)),
				     .domain = any(2) ? hash_of(any(2000)) : 0,
				     .recipients = { hash_of(any(10000)) } };
	for (unsigned i = 0; i < BULK_VALUES; i++) {
		value = value * 6364136223846793005 + 1442695040888963407;
		m->text[i] = (uint32_t)(value >> 32);
	}
	for (unsigned i = 0; b.kind == MEMBER && i < CHANGED; i++)
		m->text[any(BULK_VALUES)] = (uint32_t)any(UINT32_MAX);
}

static void put_word(struct text *t, uint64_t number)
{
	char word[12];
	struct out o = OUT(word);

	for (unsigned i = 0; i < 3 + number % 6; i++)
		out_char(&o, (char)('a' + (number >> 5 * i) % 26));
	text_put(t, out_text(&o));
	text_space(t);
}

/* Of one family after the other. */
static void make_texts(void)
{
	for (unsigned i = 0; i < TEXTS; i++) {
		struct text *t = &b.texts[i];
		uint64_t family = (i % FAMILIES + 1) * 0x9e3779b97f4a7c15;

		text_mode(t, TEXT_PLAIN, TEXT_SHOWN);
		while (t->n < TEXT_BYTES) {
			family = family * 6364136223846793005 + 1442695040888963407;
			put_word(t, any(100) < 15 ? any(UINT64_MAX) : family >> 20);
		}
	}
}

static void read_mail(struct bulk_sighting *m, const struct text *t)
{
	static uint32_t hashes[TEXT_BYTES], names[2] = { 1, 2 };
	static char header[HEADER_BYTES];
	const struct wordlist personal = { .hashes = names, .n = 2, .room = 2 };
	struct wordlist space = { .hashes = hashes, .room = TEXT_BYTES };
	const struct uris uris = { .n = 0 };
	struct print p;

	print_make(&p, t, &uris, &personal, &space);
	memcpy(m->text, p.values, sizeof(m->text));
	m->again = bulk_hash((struct str){ .p = header, .n = sizeof(header) });
}

static void on_end(struct op *op, enum err err, const void *result);

static void ask(struct lane *l)
{
	b.left--;
	make_mail(&l->mail, b.kind == NEW ? b.clusters++ : any(b.clusters));
	if (b.kind == FROM_TEXT)
		read_mail(&l->mail, &b.texts[b.left % TEXTS]);
	l->call = (struct store_call){
		.op = { .done = on_end },
		.question = { .procedure = STORE_BULK,
			      .key = bulk_mail_key(&l->mail, l->key),
			      .label = STR("Your account has been limited until you confirm it"),
			      .sighting = &l->mail,
			      .now_ms = b.now_ms,
			      .args = { BULK_NOTE, HOUR_MS, 7 * DAY_MS, 9 } },
		.deadline_ms = DEADLINE_MS,
	};
	store_ask(b.store, &b.ops, &l->call);
}

/* On the embedded store all of a turn are one transaction; so the next ones wait until all of it have ended. */
static void on_end(struct op *op, enum err err, const void *result)
{
	const struct store_answer *a = result;

	if (err != ERR_OK) {
		fprintf(stderr, "a question failed: %s\n", err_text(err));
		exit(1);
	}
	b.found += !a->bulk.is_new;
	if (!b.folder && b.left)
		ask((struct lane *)(void *)op);
	else if (b.ops.pending == 0)
		loop_stop(b.loop);
}

static void run(enum kind kind, unsigned questions, unsigned at_once)
{
	b.kind = kind;
	b.left = questions;
	while (b.left) {
		for (unsigned i = 0; i < at_once && b.left; i++)
			ask(&b.lanes[i]);
		loop_run(b.loop);
	}
}

/* ---- figures ---- */

/* Of the Redis: user and system time. */
static double server_cpu_s(void)
{
	clockid_t clock;

	if (b.folder || clock_getcpuclockid(b.server.pid, &clock) != 0)
		return 0;
	return clock_s(clock);
}

static void measure(enum kind kind, unsigned at_once)
{
	static const char *const names[] = { "new", "member", "member, with its text" };
	const double cpu = cpu_s(), theirs = server_cpu_s(), wall = wall_s();
	const unsigned before = b.clusters;

	b.found = 0;
	run(kind, QUESTIONS, at_once);
	printf("| %s | %u | %s | %u | %.1f | %.1f | %.0f | %.1f |\n", b.folder ? "LMDB" : "Redis",
	       before, names[kind], at_once, (cpu_s() - cpu) * 1e6 / QUESTIONS,
	       (server_cpu_s() - theirs) * 1e6 / QUESTIONS, QUESTIONS / (wall_s() - wall),
	       (double)b.found * 100 / QUESTIONS);
	fflush(stdout);
}

static double bytes_now(void)
{
	char path[256], line[256];
	double kb = 0;
	struct stat st;
	FILE *f;

	if (b.folder) {
		snprintf(path, sizeof(path), "%s/" LMDB_FILE, b.folder);
		return stat(path, &st) == 0 ? (double)st.st_size : 0;
	}
	snprintf(path, sizeof(path), "/proc/%ld/status", (long)b.server.pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtod(line + 6, NULL);
	if (f)
		fclose(f);
	return kb * 1024;
}

static void open_store(struct redis_url *url, struct arena *arena, const char *memory)
{
	static const char *words[] = { "--save",
				       "",
				       "--appendonly",
				       "no",
				       "--maxmemory-policy",
				       "volatile-ttl",
				       "--maxmemory",
				       NULL,
				       NULL };
	char text[256];
	struct out why = OUT(text);
	struct store_side side;

	b.loop = loop_new();
	if (b.folder) {
		if (!store_lmdb(&(struct lmdb_options){ .loop = b.loop,
							.folder = str_z(b.folder),
							.size_max = INT64_C(4) << 30,
							.sync_ms = 1000 },
				&side, &why)) {
			fprintf(stderr, STR_FMT "\n", STR_ARG(out_text(&why)));
			exit(1);
		}
	} else {
		words[COUNTOF(words) - 2] = memory;
		server_start(&b.server, 0, words);
		(void)snprintf(text, sizeof(text), "redis+unix://%s", b.server.socket);
		CHECK(redis_url_parse(str_z(text), arena, url) == NULL);
		side = store_shared(&(struct redis_options){
			.loop = b.loop, .url = url, .timeout_ms = 5000, .silence_ms = 60000 });
	}
	b.store = store_new(side, NULL);
}

/* How much memory a Redis may use; NULL: that is no such word. */
static const char *memory_in(int argc, char **argv)
{
	return argc > 2 && strstr(argv[2], "mb") ? argv[2] : NULL;
}

int main(int argc, char **argv)
{
	const bool lmdb = argc > 1 && strcmp(argv[1], "lmdb") == 0;
	const char *memory = lmdb ? NULL : memory_in(argc, argv);
	const int sizes = lmdb || memory ? 3 : 2;
	struct redis_url url;
	struct arena arena;
	double begin;

	if (argc < sizes || (!lmdb && argc > 1 && !server_is_there())) {
		fprintf(stderr, "usage: store_bulk lmdb FOLDER | redis [MEMORY] [CLUSTERS]...\n");
		return 64;
	}
	b.dice.state = DICE_SEED;
	b.now_ms = BEGIN;
	b.folder = lmdb ? argv[2] : NULL;
	arena_init(&arena, 65536);
	make_texts();
	open_store(&url, &arena, memory ? memory : "0");
	begin = b.folder ? 0 : bytes_now();
	printf("| store | clusters | mail | at a time | us CPU | us of Redis | a second | found, %% |\n"
	       "|---|---:|---|---:|---:|---:|---:|---:|\n");
	for (int i = sizes; i < argc; i++) {
		const unsigned clusters = (unsigned)strtoul(argv[i], NULL, 10);
		double bytes;

		run(NEW, clusters > b.clusters ? clusters - b.clusters : 1, AT_ONCE);
		bytes = bytes_now() - begin;
		for (enum kind kind = NEW; kind <= FROM_TEXT; kind++) {
			measure(kind, 1);
			measure(kind, AT_ONCE);
		}
		printf("%u clusters: %.1f MB, %.0f bytes each\n", clusters, bytes / 1e6,
		       bytes / clusters);
	}
	for (unsigned i = 0; i < TEXTS; i++)
		text_free(&b.texts[i]);
	store_free(b.store);
	loop_free(b.loop);
	if (!b.folder)
		server_end(&b.server);
	arena_reset(&arena);
	return 0;
}
