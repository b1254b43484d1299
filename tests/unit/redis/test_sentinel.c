/* redis/sentinel.h with a client behind it: who the master is, who knows it, and that it changes. */
#include "fake/fake.h"
#include "unit/redis/redis_fixture.h"

/* a and b are Sentinels, c and d servers. */
static struct fake_redis *d;

static void sentinels(void)
{
	d = fake_redis_add(f.world, 7004);
	f.a->master = f.b->master = "192.0.2.3";
	f.a->master_port = f.b->master_port = 7003;
}

static void open_sentinel(void)
{
	sentinels();
	open_url("redis+sentinel://192.0.2.1:7001,192.0.2.2:7002/mymaster");
}

static void the_master_is_asked_for(void **state)
{
	(void)state;
	open_sentinel();
	ask();
	fake_turn(f.loop);
	ended("0:ok[0] ");
	assert_string_equal(fake_redis_asked(f.a), "SENTINEL ");
	assert_string_equal(fake_redis_asked(f.b), "");
	assert_true(logged("redis_master") && logged("192.0.2.3:7003"));
}

static void the_next_sentinel_is_asked_and_remembered(void **state)
{
	(void)state;
	open_sentinel();
	f.a->master = NULL;
	fake_turn(f.loop);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	assert_int_equal(f.a->connections, 1);
	fake_redis_drop(f.world, f.c, ERR_OK);
	fake_advance(f.loop, 100);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	assert_int_equal(f.a->connections, 1);
	assert_int_equal(f.b->connections, 2);
	assert_int_equal(logged_times("redis_master"), 1);
}

static void silent_or_senseless_sentinels_are_passed_over(void **state)
{
	static const char *const names[] = { "", "a b", "192.0.2.3\\n", "::x" };

	(void)state;
	open_sentinel();
	f.a->silent = true;
	fake_advance(f.loop, PATIENCE_MS);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	f.a->silent = false;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		/* The one that is asked first. */
		struct fake_redis *first = i % 2 ? f.a : f.b;

		first->master = names[i];
		ask(); /* which ends a row of failures */
		fake_turn(f.loop);
		fake_redis_drop(f.world, f.c, ERR_OK);
		fake_advance(f.loop, 200);
		assert_int_equal(redis_state(f.redis), REDIS_READY);
		first->master = "192.0.2.3";
	}
}

static void nobody_knows_a_master(void **state)
{
	(void)state;
	open_sentinel();
	f.a->master = f.b->master = NULL;
	ask();
	fake_advance(f.loop, 1000);
	ended("0:unreachable ");
	assert_int_equal(redis_state(f.redis), REDIS_AWAY);
	assert_true(logged("it knows no master of this name"));
	f.b->master = "192.0.2.3";
	fake_advance(f.loop, 10000);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
}

/* The old master has become a replica; the Sentinels know it before, or after it says so. */
static void a_failover_is_followed(void **state)
{
	(void)state;
	open_sentinel();
	ask();
	fake_turn(f.loop);
	f.c->role = "slave";
	f.c->error = "READONLY You can't write against a read only replica.";
	ask();
	ask();
	fake_turn(f.loop);
	ended("0:ok[0] ");
	f.a->master_port = 7004;
	fake_advance(f.loop, 450);
	ended("1:ok[1] 2:ok[2] ");
	assert_true(logged("192.0.2.3:7004, was 192.0.2.3:7003"));
	assert_int_equal(d->connections, 1);
}

/* Until the Sentinels have decided they name the one that is no master any more, or is dead. */
static void a_master_that_is_none_is_asked_for_again(void **state)
{
	(void)state;
	open_sentinel();
	f.c->role = "slave";
	fake_advance(f.loop, 3000);
	assert_int_equal(redis_state(f.redis), REDIS_AWAY);
	assert_true(f.a->connections >= 4);
	f.a->master_port = 7004;
	fake_advance(f.loop, 10000);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
}

static void sentinels_may_want_a_password_of_their_own(void **state)
{
	(void)state;
	f.a->pass = f.b->pass = "hunter2";
	f.c->pass = "other";
	f.options.sentinel_password = STR("hunter2");
	sentinels();
	open_url("redis+sentinel://:other@192.0.2.1:7001,192.0.2.2:7002/mymaster");
	fake_turn(f.loop);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	assert_string_equal(fake_redis_asked(f.a), "AUTH SENTINEL ");
	redis_free(f.redis);
	f.a->auth_error = f.b->auth_error = "ERR unknown command 'AUTH' 'hunter2'";
	open_url("redis+sentinel://:other@192.0.2.1:7001,192.0.2.2:7002/mymaster");
	fake_advance(f.loop, 1000);
	assert_true(logged("redis_down"));
	assert_false(logged("hunter2"));
}

static void a_sentinel_is_no_server(void **state)
{
	(void)state;
	f.a->role = "sentinel";
	open_url("redis://192.0.2.1:7001");
	fake_advance(f.loop, 1000);
	assert_true(logged("use redis+sentinel://"));
}

static void the_client_may_go_while_it_asks(void **state)
{
	(void)state;
	open_sentinel();
	f.a->silent = true;
	fake_turn(f.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REDIS_TEST(the_master_is_asked_for),
		REDIS_TEST(the_next_sentinel_is_asked_and_remembered),
		REDIS_TEST(silent_or_senseless_sentinels_are_passed_over),
		REDIS_TEST(nobody_knows_a_master),
		REDIS_TEST(a_failover_is_followed),
		REDIS_TEST(a_master_that_is_none_is_asked_for_again),
		REDIS_TEST(sentinels_may_want_a_password_of_their_own),
		REDIS_TEST(a_sentinel_is_no_server),
		REDIS_TEST(the_client_may_go_while_it_asks),
	};

	return cmocka_run_group_tests_name("store/sentinel", tests, NULL, NULL);
}
