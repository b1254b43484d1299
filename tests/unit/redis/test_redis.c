/* redis/redis.h: what is said on a connection, calls and their replies, deadlines, cancelling, limits. */
#include "fake/fake.h"
#include "unit/redis/redis_fixture.h"

#include "base/mem.h"

static void a_connection_begins_with_who_we_are_and_the_scripts(void **state)
{
	(void)state;
	f.a->user = "postern";
	f.a->pass = "secret";
	open_url("redis://postern:secret@192.0.2.1:7001/3");
	assert_int_equal(redis_state(f.redis), REDIS_TRYING);
	fake_turn(f.loop);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	assert_string_equal(fake_redis_asked(f.a), "AUTH SELECT CLIENT ROLE SCRIPT SCRIPT ");
	assert_int_equal(f.a->script_count, 2);
	assert_int_equal(f.log.n, 0);
}

static void calls_are_pipelined_and_answered_in_order(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	ask();
	ask();
	ended("");
	fake_turn(f.loop);
	ended("0:ok[0] 1:ok[1] ");
	for (unsigned i = 0; i < 5; i++)
		ask();
	fake_turn(f.loop);
	ended("2:ok[2] 3:ok[3] 4:ok[4] 5:ok[5] 6:ok[6] ");
	assert_string_equal(fake_redis_asked(f.a),
			    "CLIENT ROLE SCRIPT SCRIPT EVALSHA:0 EVALSHA:1 EVALSHA:2 EVALSHA:3 "
			    "EVALSHA:4 EVALSHA:5 EVALSHA:6 ");
	assert_int_equal(f.a->connections, 1);
}

static void a_server_that_forgot_the_scripts_is_told_again(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	fake_redis_asked(f.a);
	f.a->script_count = 0;
	ask();
	fake_turn(f.loop);
	ended("0:ok[0] ");
	assert_string_equal(fake_redis_asked(f.a), "EVALSHA:0 EVAL:0 ");
	ask();
	fake_turn(f.loop);
	ended("1:ok[1] ");
	assert_string_equal(fake_redis_asked(f.a), "EVALSHA:1 ");
}

static void a_server_that_never_knows_the_script_is_not_asked_for_ever(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	fake_redis_asked(f.a);
	f.a->error = "NOSCRIPT No matching script. Please use EVAL.";
	ask();
	fake_turn(f.loop);
	ended("0:protocol ");
	assert_string_equal(fake_redis_asked(f.a), "EVALSHA:0 EVAL:0 ");
	assert_int_equal(f.calls[0].fault, REDIS_FAULT_NOSCRIPT);
}

static void commands_are_said_as_they_are(void **state)
{
	static const struct str words[] = { STR_INIT("SCAN"), STR_INIT("0") };
	struct redis_call scan = { .op = { .done = on_end }, .words = words, .word_count = 2 };

	(void)state;
	open_url("redis://192.0.2.1:7001");
	redis_call(f.redis, &f.ops, &scan, DEADLINE_MS);
	fake_turn(f.loop);
	assert_string_equal(fake_redis_asked(f.a), "CLIENT ROLE SCRIPT SCRIPT SCAN ");
	f.ends = OUT(f.ends_bytes);
}

static void a_late_reply_is_nobodys(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	f.a->delay_ms = 700;
	ask();
	fake_advance(f.loop, 500);
	ended("0:timeout ");
	ask_within(5000);
	fake_advance(f.loop, 200);
	ended("");
	fake_advance(f.loop, 500);
	ended("1:ok[1] ");
	assert_int_equal(redis_state(f.redis), REDIS_READY);
}

static void cancelled_calls_are_never_told(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	op_cancel(&ask()->op);
	fake_turn(f.loop);
	op_cancel(&ask()->op);
	ask();
	fake_turn(f.loop);
	ended("2:ok[2] ");
	fake_redis_drop(f.world, f.a, ERR_OK);
	op_cancel(&ask()->op);
	fake_advance(f.loop, 200);
	ended("");
	assert_int_equal(f.ops.pending, 0);
}

static void cancel_at_the_end(struct op *op, enum err err, const void *result)
{
	on_end(op, err, result);
	ops_cancel_all(&f.ops);
}

static void the_end_of_a_call_may_cancel_all_others(void **state)
{
	(void)state;
	open_url("redis://192.0.2.1:7001");
	for (unsigned i = 0; i < 4; i++)
		ask()->op.done = cancel_at_the_end;
	fake_turn(f.loop);
	ended("0:ok[0] ");
	for (unsigned i = 0; i < 4; i++)
		ask()->op.done = cancel_at_the_end;
	fake_redis_drop(f.world, f.a, ERR_OK);
	fake_advance(f.loop, 200);
	ended("4:closed ");
	ask();
	fake_advance(f.loop, 200);
	ended("8:ok[8] ");
}

static void more_calls_than_may_wait_fail_at_once(void **state)
{
	struct redis_call *many = mem_new((LIMIT_REDIS_CALLS + 1) * sizeof(*many));
	static const struct str ping[] = { STR_INIT("PING") };

	(void)state;
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	f.a->silent = true;
	for (unsigned i = 0; i < LIMIT_REDIS_CALLS; i++) {
		many[i] = (struct redis_call){ .op = { .done = on_end },
					       .words = ping,
					       .word_count = 1 };
		redis_call(f.redis, &f.ops, &many[i], DEADLINE_MS);
		if (i % 256 == 0)
			fake_redis_asked(f.a), fake_turn(f.loop);
	}
	f.a->said = OUT(f.a->log);
	fake_turn(f.loop);
	ended("");
	ask();
	ended("");
	fake_turn(f.loop);
	ended("0:limit ");
	ops_cancel_all(&f.ops);
	mem_free(many);
}

static void no_more_than_a_few_wait_for_the_connection(void **state)
{
	struct redis_call *many = mem_new(LIMIT_REDIS_WAITING * sizeof(*many));
	static const struct str ping[] = { STR_INIT("PING") };

	(void)state;
	f.a->refuses = true;
	open_url("redis://192.0.2.1:7001");
	for (unsigned i = 0; i < LIMIT_REDIS_WAITING; i++) {
		many[i] = (struct redis_call){ .op = { .done = on_end },
					       .words = ping,
					       .word_count = 1 };
		redis_call(f.redis, &f.ops, &many[i], DEADLINE_MS);
	}
	ask();
	fake_turn(f.loop);
	ended("0:limit ");
	ops_cancel_all(&f.ops);
	mem_free(many);
}

static void bytes_the_server_does_not_take_are_bounded(void **state)
{
	static char text[LIMIT_REDIS_UNSENT];
	const struct str words[] = { STR("ECHO"), { .p = text, .n = sizeof(text) } };
	struct redis_call call = { .op = { .done = on_end }, .words = words, .word_count = 2 };

	(void)state;
	memset(text, 'x', sizeof(text));
	open_url("redis://192.0.2.1:7001");
	fake_turn(f.loop);
	redis_call(f.redis, &f.ops, &call, DEADLINE_MS);
	ask();
	fake_turn(f.loop);
	ended("0:limit ");
	op_cancel(&call.op);
}

static void unix_sockets_and_names_are_connected_to(void **state)
{
	(void)state;
	f.a->port = 0;
	open_url("redis+unix:///run/redis.sock?db=1");
	fake_turn(f.loop);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	redis_free(f.redis);
	fake_dns_record(f.loop, "redis.test", RR_A, "192.0.2.1");
	open_url("redis://redis.test:7002");
	fake_turn(f.loop);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	redis_free(f.redis);
	open_url("redis://localhost:7002");
	fake_turn(f.loop);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
	assert_int_equal(fake_dns_asked(f.loop), 2);
	redis_free(f.redis);
	open_url("rediss://192.0.2.1:7002");
	fake_turn(f.loop);
	assert_int_equal(redis_state(f.redis), REDIS_READY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REDIS_TEST(a_connection_begins_with_who_we_are_and_the_scripts),
		REDIS_TEST(calls_are_pipelined_and_answered_in_order),
		REDIS_TEST(a_server_that_forgot_the_scripts_is_told_again),
		REDIS_TEST(a_server_that_never_knows_the_script_is_not_asked_for_ever),
		REDIS_TEST(commands_are_said_as_they_are),
		REDIS_TEST(a_late_reply_is_nobodys),
		REDIS_TEST(cancelled_calls_are_never_told),
		REDIS_TEST(the_end_of_a_call_may_cancel_all_others),
		REDIS_TEST(more_calls_than_may_wait_fail_at_once),
		REDIS_TEST(no_more_than_a_few_wait_for_the_connection),
		REDIS_TEST(bytes_the_server_does_not_take_are_bounded),
		REDIS_TEST(unix_sockets_and_names_are_connected_to),
	};

	return cmocka_run_group_tests_name("store/redis", tests, NULL, NULL);
}
