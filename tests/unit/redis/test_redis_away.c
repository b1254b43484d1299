/* redis/redis.h when the server refuses, is silent, goes, says no, or is no Redis: who waits, who fails, what is said. */
#include "fake/fake.h"
#include "unit/redis/redis_fixture.h"

/* Long enough for the next connection to be tried. */
static void let_it_try_again(void)
{
	fake_advance(f.loop, LIMIT_REDIS_PAUSE_MAX_MS);
}

static void calls_wait_for_the_first_failures_and_then_fail_at_once(void **state)
{
	(void)state;
	f.a->refuses = true;
	open_url("redis://192.0.2.1:7001");
	ask();
	fake_turn(f.loop);
	ended("");
	assert_int_equal(redis_state(f.redis), REDIS_TRYING);
	fake_advance(f.loop, 200);
	ended("0:unreachable ");
	assert_int_equal(redis_state(f.redis), REDIS_AWAY);
	ask();
	ended("");
	fake_turn(f.loop);
	ended("1:unreachable ");
	fake_advance(f.loop, 60000);
	assert_int_equal(logged_times("redis_down"), 1);
	assert_true(logged("what=redis://192.0.2.1:7001"));
}

static void a_server_that_comes_back_is_used_again(void **state)
{
	(void)state;
	f.a->refuses = true;
	open_url("redis://192.0.2.1:7001");
	fake_advance(f.loop, 30000);
	f.a->refuses = false;
	let_it_try_again();
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	assert_int_equal(logged_times("redis_up"), 1);
	ask();
	fake_turn(f.loop);
	ended("0:ok[0] ");
}

static void pauses_grow_and_are_bounded(void **state)
{
	(void)state;
	f.a->leaves = true; /* connections count, and none gets beyond its greeting */
	f.a->role = "slave";
	open_url("redis://192.0.2.1:7001");
	fake_advance(f.loop, 1000);
	assert_true(f.a->connections >= 4 && f.a->connections <= 7);
	fake_advance(f.loop, 100000);
	assert_true(f.a->connections >= 16 && f.a->connections <= 32);
	assert_int_equal(logged_times("redis_down"), 1);
	assert_true(logged("it is no master: slave"));
}

static void a_silent_server_costs_calls_their_deadline_and_then_nothing(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	f.a->silent = true;
	ask();
	fake_advance(f.loop, DEADLINE_MS);
	ended("0:timeout ");
	ask_within(60000);
	fake_advance(f.loop, SILENCE_MS - DEADLINE_MS);
	ended("1:timeout ");
	assert_int_equal(redis_state(f.redis), REDIS_AWAY);
	/* It takes connections and does not greet: that is no reason to wait. */
	let_it_try_again();
	ask();
	fake_turn(f.loop);
	ended("2:unreachable ");
	f.a->silent = false;
	let_it_try_again();
	ask();
	fake_turn(f.loop);
	ended("3:ok[3] ");
	assert_int_equal(logged_times("redis_down"), 1);
	assert_int_equal(logged_times("redis_up"), 1);
	assert_true(logged("left a call unanswered"));
}

static void calls_that_are_all_late_end_it_before_the_silence_does(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	f.a->silent = true;
	for (unsigned i = 0; i < LIMIT_REDIS_TIMEOUTS; i++)
		ask_within(100 + i);
	op_cancel(&ask_within(100)->op); /* nobody waited for that one */
	fake_advance(f.loop, 100 + LIMIT_REDIS_TIMEOUTS - 2);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	fake_advance(f.loop, 1);
	assert_int_equal(redis_state(f.redis), REDIS_AWAY);
	f.ends = OUT(f.ends_bytes);
}

static void what_was_sent_fails_with_the_connection_and_what_waits_goes_on(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	f.a->leaves = true;
	ask();
	ask();
	fake_turn(f.loop);
	ended("0:closed 1:closed ");
	assert_int_equal(redis_state(f.redis), REDIS_TRYING);
	f.a->leaves = false;
	ask();
	fake_advance(f.loop, LIMIT_REDIS_PAUSE_MS);
	ended("2:ok[2] ");
	assert_true(logged("redis_lost") && logged("2 calls were not answered"));
	assert_false(logged("redis_down"));
}

/* `timeout` of redis.conf closes idle connections. */
static void idle_connections_that_end_are_no_failures(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	for (unsigned i = 0; i < 6; i++) {
		fake_advance(f.loop, 20000);
		fake_redis_drop(f.world, f.a, i % 2 ? ERR_CLOSED : ERR_OK);
		fake_turn(f.loop);
		assert_int_equal(redis_state(f.redis), REDIS_TRYING);
	}
	assert_false(logged("redis_down") || logged("redis_lost"));
}

/* A server that has gone without a word is found out before somebody's call is late. */
static void a_silent_connection_is_asked_whether_it_is_there(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	fake_redis_asked(f.a);
	fake_advance(f.loop, LIMIT_REDIS_PING_MS - 1000);
	assert_string_equal(fake_redis_asked(f.a), "");
	ask();
	fake_advance(f.loop, LIMIT_REDIS_PING_MS - 1);
	assert_string_equal(fake_redis_asked(f.a), "EVALSHA:0 ");
	fake_advance(f.loop, 1);
	assert_string_equal(fake_redis_asked(f.a), "PING ");
	fake_advance(f.loop, LIMIT_REDIS_PING_MS);
	assert_string_equal(fake_redis_asked(f.a), "PING ");
	f.a->silent = true;
	fake_advance(f.loop, LIMIT_REDIS_PING_MS + SILENCE_MS);
	assert_int_equal(redis_state(f.redis), REDIS_AWAY);
	assert_true(logged("redis_down"));
	ended("0:ok[0] ");
}

static void a_server_that_falls_with_every_call_is_left_alone(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	f.a->leaves = true;
	for (unsigned i = 0; i < LIMIT_REDIS_FAILURES; i++) {
		ask();
		fake_advance(f.loop, 300);
	}
	ended("0:closed 1:closed 2:closed ");
	assert_true(logged("redis_down"));
}

static void errors_of_a_call_are_told_once_a_minute(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	f.a->error = "OOM command not allowed when used memory > 'maxmemory'.";
	ask();
	ask();
	fake_turn(f.loop);
	ended("0:limit 1:limit ");
	assert_int_equal(f.calls[0].fault, REDIS_FAULT_OOM);
	assert_int_equal(logged_times("redis_error"), 1);
	f.a->error =
		"ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed";
	ask();
	fake_turn(f.loop);
	ended("2:limit ");
	f.a->error = "BUSY Redis is busy running a script.";
	ask();
	fake_turn(f.loop);
	ended("3:timeout ");
	assert_int_equal(logged_times("redis_error"), 2);
	fake_advance(f.loop, LIMIT_REDIS_COMPLAIN_MS);
	ask();
	fake_turn(f.loop);
	assert_int_equal(logged_times("redis_error"), 3);
	ended("4:timeout ");
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	assert_int_equal(f.a->connections, 1);
}

static void errors_that_mean_the_server_end_the_connection(void **state)
{
	static const struct {
		const char *error, *end, *said;
	} cases[] = {
		{ "MOVED 3999 127.0.0.1:6381", "0:refused ", "Redis Cluster" },
		{ "LOADING Redis is loading the dataset in memory", "0:unreachable ", "loads" },
		{ "NOAUTH Authentication required.", "0:refused ", "asks for a password" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		open_url("redis://192.0.2.1:7001");
		fake_turn(f.loop);
		f.a->error = cases[i].error;
		ask();
		fake_turn(f.loop);
		ended(cases[i].end);
		assert_int_equal(redis_state(f.redis), REDIS_AWAY);
		assert_true(logged(cases[i].said));
		fixture_end(state);
		fixture_begin(state);
	}
	open_url("redis://192.0.2.1:7001");
}

static void no_password_gets_into_the_log(void **state)
{
	static const char *const answers[] = {
		NULL,
		"ERR unknown command 'AUTH', with args beginning with: 'hunter2' ",
		"ERR AUTH hunter2 called without any password configured",
	};

	for (size_t i = 0; i < COUNTOF(answers); i++) {
		f.a->pass = "other";
		f.a->auth_error = answers[i];
		open_url("redis://:hunter2@192.0.2.1:7001");
		fake_advance(f.loop, 1000);
		assert_int_equal(redis_state(f.redis), REDIS_AWAY);
		assert_true(logged("redis_down"));
		assert_false(logged("hunter2"));
		fixture_end(state);
		fixture_begin(state);
	}
	f.a->pass = "needed";
	open_url("redis://192.0.2.1:7001");
	fake_advance(f.loop, 1000);
	assert_true(logged("it asks for a password"));
}

static void what_is_no_redis_is_left(void **state)
{
	static const char *const raw[] = {
		"220 mx.example ESMTP\r\n",
		"*2147483647\r\n",
		"+OK\r\n+OK\r\n",
	};

	for (size_t i = 0; i < COUNTOF(raw); i++) {
		open_url("redis://192.0.2.1:7001");
		fake_turn(f.loop);
		f.a->raw = raw[i];
		ask_within(5000);
		fake_turn(f.loop);
		assert_true(logged("redis_lost"));
		fixture_end(state);
		fixture_begin(state);
	}
	open_url("redis://192.0.2.1:7001");
}

static void of_several_servers_the_master_is_used(void **state)
{
	(void)state;
	f.a->role = "slave";
	open_url("redis://192.0.2.1:7001,192.0.2.1:7002");
	ask();
	fake_advance(f.loop, 100);
	ended("0:ok[0] ");
	assert_string_equal(fake_redis_asked(f.b), "CLIENT ROLE SCRIPT SCRIPT EVALSHA:0 ");
	/* They change places: the call is made where the master is now. */
	f.b->role = "slave";
	f.b->error = "READONLY You can't write against a read only replica.";
	f.a->role = "master";
	ask();
	ask();
	fake_advance(f.loop, 100);
	ended("1:ok[1] 2:ok[2] ");
	assert_int_equal(logged_times("redis_lost"), 1);
	assert_false(logged("redis_down"));
}

static void a_call_is_made_at_another_server_once(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	f.a->error = NULL;
	f.a->raw = "-READONLY You can't write against a read only replica.\r\n";
	ask();
	fake_advance(f.loop, 400);
	ended("0:unreachable ");
	assert_int_equal(f.calls[0].fault, REDIS_FAULT_READONLY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REDIS_TEST(calls_wait_for_the_first_failures_and_then_fail_at_once),
		REDIS_TEST(a_server_that_comes_back_is_used_again),
		REDIS_TEST(pauses_grow_and_are_bounded),
		REDIS_TEST(a_silent_server_costs_calls_their_deadline_and_then_nothing),
		REDIS_TEST(calls_that_are_all_late_end_it_before_the_silence_does),
		REDIS_TEST(what_was_sent_fails_with_the_connection_and_what_waits_goes_on),
		REDIS_TEST(idle_connections_that_end_are_no_failures),
		REDIS_TEST(a_silent_connection_is_asked_whether_it_is_there),
		REDIS_TEST(a_server_that_falls_with_every_call_is_left_alone),
		REDIS_TEST(errors_of_a_call_are_told_once_a_minute),
		REDIS_TEST(errors_that_mean_the_server_end_the_connection),
		REDIS_TEST(no_password_gets_into_the_log),
		REDIS_TEST(what_is_no_redis_is_left),
		REDIS_TEST(of_several_servers_the_master_is_used),
		REDIS_TEST(a_call_is_made_at_another_server_once),
	};

	return cmocka_run_group_tests_name("store/redis_away", tests, NULL, NULL);
}
