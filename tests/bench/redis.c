/* redis.c - what a question to a Redis costs: CPU of ours, and how many are answered in a second.
 *
 *	build/measure/redis [QUESTIONS]
 *
 * A redis-server of its own on a socket and on the loopback; so many questions at a time, the next one begins when one ends.
 * "greylist" is the store's question of a tuple that is known, or new; "empty" a script that does nothing. */
#include "base/check.h"
#include "base/mem.h"
#include "base/units.h"
#include "bench/seconds.h"
#include "store/shared.h"
#include "unit/redis/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

enum { AT_ONCE_MAX = 512 };

enum kind { KIND_EMPTY, KIND_KNOWN, KIND_NEW, KIND_COUNT };

static const char *const kinds[KIND_COUNT] = { "empty", "greylist, known", "greylist, new" };

struct lane {
	union {
		struct op op;
		struct redis_call redis;
		struct store_call store;
	} call;
	char key[64];
};

static struct bench {
	struct loop *loop;
	struct redis *redis;
	struct store *store;
	struct redis_script empty;
	struct ops ops;
	struct lane lanes[AT_ONCE_MAX];
	enum kind kind;
	enum greylist_do what;
	unsigned left;
	uint64_t serial;
} b;

static void on_end(struct op *op, enum err err, const void *result);

static void ask_redis(struct lane *l)
{
	static const int64_t number = 1;

	l->call.redis = (struct redis_call){ .op = { .done = on_end },
					     .script = &b.empty,
					     .key = STR("postern:bench:{empty}"),
					     .numbers = &number,
					     .number_count = 1 };
	redis_call(b.redis, &b.ops, &l->call.redis, 10000);
}

static void ask_store(struct lane *l)
{
	const uint64_t number = b.kind == KIND_NEW ? b.serial++ : (uint64_t)(l - b.lanes);
	struct out o = OUT(l->key);

	out_str(&o, b.kind == KIND_NEW ? STR("new ") : STR("known "));
	out_u64(&o, number);
	l->call.store = (struct store_call){
		.op = { .done = on_end },
		.question = { .procedure = STORE_GREYLIST,
			      .key = out_text(&o),
			      .label = STR("192.0.2.0/24 sender@example.org recipient@example.net"),
			      .now_ms = loop_unix_ms(b.loop),
			      .args = { b.what, 300000, DAY_MS, 35 * DAY_MS } },
		.deadline_ms = 10000,
	};
	store_ask(b.store, &b.ops, &l->call.store);
}

static void ask(struct lane *l)
{
	b.left--;
	if (b.kind == KIND_EMPTY)
		ask_redis(l);
	else
		ask_store(l);
}

static void on_end(struct op *op, enum err err, const void *result)
{
	(void)result;
	if (err != ERR_OK) {
		fprintf(stderr, "a question failed: %s\n", err_text(err));
		exit(1);
	}
	if (b.left)
		ask((struct lane *)(void *)op);
	else if (b.ops.pending == 0)
		loop_stop(b.loop);
}

static double user_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6;
}

static void measure(enum kind kind, unsigned at_once, unsigned questions, const char *via)
{
	double cpu, user, wall;

	b.kind = kind;
	b.left = questions;
	cpu = cpu_s();
	user = user_s();
	wall = wall_s();
	for (unsigned i = 0; i < at_once; i++)
		ask(&b.lanes[i]);
	loop_run(b.loop);
	cpu = cpu_s() - cpu;
	user = user_s() - user;
	wall = wall_s() - wall;
	printf("| %s | %s | %u | %.2f | %.2f | %.0f |\n", kinds[kind], via, at_once,
	       cpu * 1e6 / questions, user * 1e6 / questions, questions / wall);
	fflush(stdout);
}

/* Tuples that are known have passed. */
static void make_known(void)
{
	b.kind = KIND_KNOWN;
	b.what = GREYLIST_RELEASE;
	b.left = AT_ONCE_MAX;
	for (unsigned i = 0; i < AT_ONCE_MAX; i++)
		ask(&b.lanes[i]);
	loop_run(b.loop);
	b.what = GREYLIST_NOTE;
}

static void measure_via(const char *via, const struct redis_url *url, unsigned questions)
{
	static const unsigned at_once[] = { 1, 8, 64, 512 };
	struct redis_options options;

	b.loop = loop_new();
	options = (struct redis_options){
		.loop = b.loop, .url = url, .timeout_ms = 5000, .silence_ms = 5000
	};
	b.store = store_new(store_shared(&options), NULL);
	options.scripts = &b.empty;
	options.script_count = 1;
	b.redis = redis_new(&options);
	make_known();
	for (unsigned k = 0; k < KIND_COUNT; k++)
		for (unsigned i = 0; i < COUNTOF(at_once); i++)
			measure((enum kind)k, at_once[i], questions, via);
	redis_free(b.redis);
	store_free(b.store);
	loop_free(b.loop);
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "--save", "", "--appendonly", "no", NULL };
	const unsigned questions = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 200000;
	struct server server = { 0 };
	struct redis_url url;
	struct arena arena;
	char text[128];

	if (!server_is_there()) {
		fprintf(stderr, "redis-server is not installed\n");
		return 0;
	}
	arena_init(&arena, 65536);
	b.empty = redis_script(STR("return 1"));
	printf("| question | by | at a time | us CPU | of these in user space | a second |\n"
	       "|---|---|---:|---:|---:|---:|\n");
	server_start(&server, 0, words);
	(void)snprintf(text, sizeof(text), "redis+unix://%s", server.socket);
	CHECK(redis_url_parse(str_z(text), &arena, &url) == NULL);
	measure_via("socket", &url, questions);
	server_end(&server);
	server_start(&server, server_free_port(), words);
	(void)snprintf(text, sizeof(text), "redis://127.0.0.1:%u", (unsigned)server.port);
	CHECK(redis_url_parse(str_z(text), &arena, &url) == NULL);
	measure_via("TCP", &url, questions);
	server_end(&server);
	arena_reset(&arena);
	return 0;
}
