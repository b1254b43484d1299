/* redis_fixture.h - a client of fake servers in virtual time, and calls that write down how they end. */
#ifndef UNIT_REDIS_REDIS_FIXTURE_H
#define UNIT_REDIS_REDIS_FIXTURE_H

#include "base/check.h"
#include "base/log.h"
#include "fake/redis.h"
#include "redis/redis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CALLS = 32, PATIENCE_MS = 1000, SILENCE_MS = 2000, DEADLINE_MS = 500 };

static struct fixture {
	struct loop *loop;
	struct dns *dns;
	struct fake_redis_world *world;
	struct fake_redis *a, *b, *c;
	struct arena arena;
	struct redis_url url;
	struct redis_options options;
	struct redis *redis;
	struct ops ops;
	struct redis_call calls[CALLS];
	int64_t numbers[CALLS];
	unsigned made;
	struct out ends;
	char ends_bytes[4096];
	struct out log;
	char log_bytes[16384];
	struct redis_script scripts[2];
} f;

static inline void keep_log(struct str lines, void *arg)
{
	(void)arg;
	out_str(&f.log, lines);
}

static inline unsigned logged_times(const char *text)
{
	struct str rest;
	unsigned n = 0;

	log_flush();
	for (rest = out_text(&f.log); rest.n; rest = str_from(rest, 1))
		n += str_starts(rest, str_z(text));
	return n;
}

static inline bool logged(const char *text)
{
	return logged_times(text) > 0;
}

/* "1:ok[1] 2:timeout " */
static inline void on_end(struct op *op, enum err err, const void *result)
{
	const struct redis_call *call = (const struct redis_call *)(const void *)op;
	const struct redis_value *reply = result;

	out_printf(&f.ends, "%td:%s", call - f.calls, err_word(err));
	CHECK((err == ERR_OK) == (reply != NULL));
	if (reply && reply->type == REDIS_ARRAY && reply->count)
		out_printf(&f.ends, "[%lld]", (long long)reply->items[0].integer);
	out_char(&f.ends, ' ');
}

/* A call with its own number as the argument. */
static inline struct redis_call *ask_within(int64_t deadline_ms)
{
	struct redis_call *call = &f.calls[f.made];

	CHECK(f.made < CALLS);
	f.numbers[f.made] = f.made;
	*call = (struct redis_call){ .op = { .done = on_end },
				     .script = &f.scripts[0],
				     .key = STR("p1:{x}"),
				     .numbers = &f.numbers[f.made],
				     .number_count = 1 };
	f.made++;
	redis_call(f.redis, &f.ops, call, deadline_ms);
	return call;
}

static inline struct redis_call *ask(void)
{
	return ask_within(DEADLINE_MS);
}

/* How calls ended since the last time. */
static inline void ended(const char *expected)
{
	out_char(&f.ends, '\0');
	CHECK(!f.ends.full);
	assert_string_equal(f.ends_bytes, expected);
	f.ends = OUT(f.ends_bytes);
}

static inline void open_url(const char *url)
{
	char bytes[128];
	struct out why = OUT(bytes);

	assert_null(redis_url_parse(str_z(url), &f.arena, &f.url));
	if (f.url.tls) {
		f.options.tls = tls_client_new(false, NULL, &why);
		assert_non_null(f.options.tls);
	}
	f.redis = redis_new(&f.options);
}

static inline int fixture_begin(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	f.loop = loop_new();
	f.dns = dns_new(f.loop, &(struct dns_options){ .timeout_ms = 5000 });
	f.world = fake_redis_world(f.loop);
	f.a = fake_redis_add(f.world, 7001);
	f.b = fake_redis_add(f.world, 7002);
	f.c = fake_redis_add(f.world, 7003);
	arena_init(&f.arena, 65536);
	f.ends = OUT(f.ends_bytes);
	f.log = OUT(f.log_bytes);
	f.scripts[0] = redis_script(STR("return {tonumber(ARGV[1])}"));
	f.scripts[1] = redis_script(STR("return {2}"));
	f.options = (struct redis_options){ .loop = f.loop,
					    .dns = f.dns,
					    .url = &f.url,
					    .scripts = f.scripts,
					    .script_count = 2,
					    .timeout_ms = PATIENCE_MS,
					    .silence_ms = SILENCE_MS };
	log_to(keep_log, NULL);
	return 0;
}

static inline int fixture_end(void **state)
{
	(void)state;
	ops_cancel_all(&f.ops);
	redis_free(f.redis);
	tls_free(f.options.tls);
	dns_free(f.dns);
	fake_redis_world_free(f.world);
	loop_free(f.loop);
	arena_reset(&f.arena);
	log_flush();
	log_to(NULL, NULL);
	assert_int_equal(fake_live_blocks(), 0);
	return 0;
}

#define REDIS_TEST(FN) cmocka_unit_test_setup_teardown(FN, fixture_begin, fixture_end)

#endif
