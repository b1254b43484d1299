/* store/shared.h on a real Redis: what every store does. */
#include "store/shared.h"

#include "base/check.h"
#include "base/mem.h"
#include "unit/store/conformance.h"
#include "unit/redis/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct server server;
static struct arena arena;
static struct redis_url url;

static void open_shop(struct shop *s)
{
	struct loop *loop = loop_new();
	char text[128];

	(void)snprintf(text, sizeof(text), "redis+unix://%s", server.socket);
	assert_null(redis_url_parse(str_z(text), &arena, &url));
	shop_open(s, loop,
		  store_shared(&(struct redis_options){
			  .loop = loop, .url = &url, .timeout_ms = 5000, .silence_ms = 20000 }));
}

static void conforms(void **state)
{
	struct shop s;

	(void)state;
	if (!server_is_there())
		skip();
	open_shop(&s);
	store_conforms(&s);
	shop_close(&s);
}

static void counts_for_many(void **state)
{
	(void)state;
	if (!server_is_there())
		skip();
	store_counts_for_many(open_shop);
}

static int begin(void **state)
{
	static const char *const words[] = { "--save", "", "--appendonly", "no", NULL };

	(void)state;
	arena_init(&arena, 65536);
	if (!server_is_there())
		print_message("redis-server is not installed: skipped\n");
	else
		server_start(&server, 0, words);
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_end(&server);
	arena_reset(&arena);
	conn_buffers_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conforms),
		cmocka_unit_test(counts_for_many),
	};

	return cmocka_run_group_tests_name("store/shared", tests, begin, end);
}
