/* redis/redis.h with real servers and Sentinels: killed, stopped, demoted, failed over, full, with passwords, with TLS. */
#include "redis/redis.h"

#include "base/check.h"
#include "base/log.h"
#include "unit/io/cert.h"
#include "unit/redis/server.h"

#include <signal.h>

enum {
	GUARD_MS = 60000,
	LOOK_MS = 2,
	DEADLINE_MS = 10000,
	SILENCE_MS = 3000,
	MANY = 500,
	LANES = 64
};

#define QUIET "--save", "", "--appendonly", "no"

static const char *const plain[] = { QUIET, NULL };

/* A client and the calls it has made. */
struct seat {
	struct arena arena;
	struct redis_url url;
	struct redis *redis;
	struct ops ops;
	unsigned ends[ERR_COUNT];
	bool ended;
	char said[512]; /* the last text of a reply */
	enum redis_fault fault;
	enum err err;
};

static struct loop *loop;
static struct dns *dns;
static struct seat seat, admin;
static struct server a, b, sentinel;
static struct redis_script count;
static struct out said;
static char said_bytes[65536];

static void keep_log(struct str lines, void *arg)
{
	(void)arg;
	out_str(&said, lines);
}

static bool logged(const char *text)
{
	log_flush();
	for (struct str rest = out_text(&said); rest.n; rest = str_from(rest, 1)) {
		if (str_starts(rest, str_z(text)))
			return true;
	}
	return false;
}

/* ---- seats ---- */

static void sit(struct seat *s, const struct tls *tls, const char *format, ...) PRINTF_LIKE(3, 4);
static void sit(struct seat *s, const struct tls *tls, const char *format, ...)
{
	char text[512];
	va_list args;
	const char *wrong;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	arena_init(&s->arena, 65536);
	wrong = redis_url_parse(str_z(text), &s->arena, &s->url);
	if (wrong)
		fail_msg("%s: %s", text, wrong);
	s->redis = redis_new(&(struct redis_options){ .loop = loop,
						      .dns = dns,
						      .url = &s->url,
						      .tls = (struct tls *)(uintptr_t)tls,
						      .scripts = &count,
						      .script_count = 1,
						      .timeout_ms = 5000,
						      .silence_ms = SILENCE_MS });
}

static void stand(struct seat *s)
{
	if (!s->redis)
		return;
	ops_cancel_all(&s->ops);
	redis_free(s->redis);
	arena_reset(&s->arena);
	*s = (struct seat){ 0 };
}

static void on_end(struct op *op, enum err err, const void *result)
{
	const struct redis_call *call = (const struct redis_call *)(const void *)op;
	const struct redis_value *reply = result;
	struct seat *s = op->arg;

	s->ends[err]++;
	s->err = err;
	s->fault = call->fault;
	if (reply)
		(void)snprintf(s->said, sizeof(s->said), STR_FMT, STR_ARG(reply->text));
	loop_stop(loop);
}

static void fill(struct redis_call *call, struct seat *s)
{
	*call = (struct redis_call){ .op = { .done = on_end, .arg = s },
				     .script = &count,
				     .key = STR("postern:test:{calls}") };
}

static void guard_fired(struct timer *t, void *arg)
{
	(void)t;
	(void)arg;
	fail_msg("waited in vain");
}

static enum err finish_call(struct seat *s, struct redis_call *call, int64_t deadline_ms)
{
	struct timer guard;

	timer_init(&guard, loop, guard_fired, NULL);
	timer_start(&guard, GUARD_MS);
	redis_call(s->redis, &s->ops, call, deadline_ms);
	while (s->ops.pending)
		loop_run(loop);
	timer_stop(&guard);
	return s->err;
}

static enum err ask_within(struct seat *s, int64_t deadline_ms)
{
	struct redis_call call;

	fill(&call, s);
	return finish_call(s, &call, deadline_ms);
}

static enum err ask(struct seat *s)
{
	return ask_within(s, DEADLINE_MS);
}

/* A command of words with a space between. */
static enum err tell(struct seat *s, const char *text)
{
	struct redis_call call = { .op = { .done = on_end, .arg = s } };
	struct str words[8], rest = str_z(text);
	size_t n = 0;

	do {
		str_cut(rest, ' ', &words[n++], &rest);
	} while (rest.n && n < COUNTOF(words));
	call.words = words;
	call.word_count = n;
	return finish_call(s, &call, 10000);
}

static void on_look(struct timer *t, void *arg)
{
	(void)t;
	(void)arg;
	loop_stop(loop);
}

/* State changes make no call: looked for every few milliseconds. */
static void wait_state(const struct seat *s, enum redis_state state)
{
	struct timer look, guard;

	timer_init(&look, loop, on_look, NULL);
	timer_init(&guard, loop, guard_fired, NULL);
	timer_start(&guard, GUARD_MS);
	while (redis_state(s->redis) != state) {
		timer_start(&look, LOOK_MS);
		loop_run(loop);
	}
	timer_stop(&look);
	timer_stop(&guard);
}

static void wait_answer(struct seat *s)
{
	const int64_t until = loop_now_ms(loop) + GUARD_MS;

	do {
		wait_state(s, REDIS_READY);
		assert_true(loop_now_ms(loop) < until);
	} while (ask(s) != ERR_OK);
}

static void a_server_whose_scripts_are_flushed_is_told_them_again(void **state)
{
	(void)state;
	server_start(&a, 0, plain);
	sit(&seat, NULL, "redis+unix://%s?db=3", a.socket);
	assert_int_equal(ask(&seat), ERR_OK);
	assert_int_equal(tell(&seat, "SCRIPT FLUSH"), ERR_OK);
	assert_int_equal(ask(&seat), ERR_OK);
	assert_int_equal(tell(&seat, "FLUSHALL"), ERR_OK);
	assert_int_equal(ask(&seat), ERR_OK);
	assert_int_equal(tell(&seat, "GET postern:test:{calls}"), ERR_OK);
	assert_string_equal(seat.said, "1");
}

/* Each call is answered once; those that are not answered were on the way or are told at once. */
static void a_server_that_is_killed_costs_what_was_on_the_way(void **state)
{
	static struct redis_call calls[MANY];

	(void)state;
	server_start(&a, 0, plain);
	sit(&seat, NULL, "redis+unix://%s", a.socket);
	assert_int_equal(ask(&seat), ERR_OK);
	for (unsigned i = 0; i < MANY; i++) {
		fill(&calls[i], &seat);
		redis_call(seat.redis, &seat.ops, &calls[i], DEADLINE_MS);
	}
	loop_run(loop); /* the first of them has ended */
	server_kill(&a);
	while (seat.ops.pending)
		loop_run(loop);
	assert_int_equal(seat.ends[ERR_OK] + seat.ends[ERR_CLOSED], MANY + 1);
	while (redis_state(seat.redis) != REDIS_AWAY)
		(void)ask(&seat);
	assert_int_equal(ask(&seat), ERR_UNREACHABLE);
	server_again(&a);
	wait_answer(&seat);
	assert_true(logged("redis_lost") && logged("redis_down") && logged("redis_up"));
}

static void a_server_that_is_stopped_holds_nobody(void **state)
{
	(void)state;
	server_start(&a, 0, plain);
	sit(&seat, NULL, "redis+unix://%s", a.socket);
	assert_int_equal(ask(&seat), ERR_OK);
	kill(a.pid, SIGSTOP);
	assert_int_equal(ask_within(&seat, SILENCE_MS / 10), ERR_TIMEOUT);
	wait_state(&seat, REDIS_AWAY);
	assert_int_equal(ask(&seat), ERR_UNREACHABLE);
	kill(a.pid, SIGCONT);
	wait_answer(&seat);
	assert_int_equal(seat.ends[ERR_TIMEOUT], 1);
}

static void start_pair(const char *const *master, const char *const *replica)
{
	server_start(&a, server_free_port(), master);
	server_start(&b, server_free_port(), replica);
	sit(&admin, NULL, "redis://127.0.0.1:%u", (unsigned)b.port);
}

static void make_replica(const struct server *of)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "REPLICAOF 127.0.0.1 %u", (unsigned)of->port);
	assert_int_equal(tell(&admin, text), ERR_OK);
}

static void a_replica_is_not_written_to(void **state)
{
	(void)state;
	start_pair(plain, plain);
	sit(&seat, NULL, "redis://127.0.0.1:%u,127.0.0.1:%u", (unsigned)b.port, (unsigned)a.port);
	assert_int_equal(ask(&seat), ERR_OK);
	/* Demoted behind our back: it says READONLY, and the call is made at the other one. */
	make_replica(&a);
	assert_int_equal(ask(&seat), ERR_OK);
	assert_true(logged("it is a replica") && logged("redis_lost"));
	stand(&seat);
	sit(&seat, NULL, "redis://127.0.0.1:%u", (unsigned)b.port);
	wait_state(&seat, REDIS_AWAY);
	assert_true(logged("it is no master: slave"));
}

static void a_full_server_says_so_and_goes_on(void **state)
{
	(void)state;
	server_start(&a, 0, plain);
	sit(&seat, NULL, "redis+unix://%s", a.socket);
	assert_int_equal(tell(&seat, "CONFIG SET maxmemory 1"), ERR_OK);
	assert_int_equal(ask(&seat), ERR_LIMIT);
	assert_int_equal(seat.fault, REDIS_FAULT_OOM);
	assert_int_equal(ask(&seat), ERR_LIMIT);
	assert_int_equal(tell(&seat, "CONFIG SET maxmemory 0"), ERR_OK);
	assert_int_equal(ask(&seat), ERR_OK);
	assert_int_equal(redis_state(seat.redis), REDIS_READY);
	assert_true(logged("redis_error"));
}

static void passwords_and_users_log_in_or_are_refused(void **state)
{
	/* clang-format off */
	static const char *const words[] = {
		QUIET, "--requirepass", "s3cret", "--user", "gate", "on", ">f0r", "~postern:*",
		"+eval", "+evalsha", "+incr", "+role", NULL
	};
	/* clang-format on */

	(void)state;
	server_start(&a, 0, words);
	sit(&seat, NULL, "redis+unix://:s3cret@%s", a.socket);
	assert_int_equal(ask(&seat), ERR_OK);
	stand(&seat);
	sit(&seat, NULL, "redis+unix://:wr0ng@%s", a.socket);
	wait_state(&seat, REDIS_AWAY);
	assert_true(logged("it does not take this user and password"));
	stand(&seat);
	sit(&seat, NULL, "redis+unix://%s", a.socket);
	wait_state(&seat, REDIS_AWAY);
	assert_true(logged("it asks for a password"));
	stand(&seat);
	/* Permission to load scripts is of use, and not needed. */
	sit(&seat, NULL, "redis+unix://gate:f0r@%s", a.socket);
	assert_int_equal(ask(&seat), ERR_OK);
	assert_int_equal(ask(&seat), ERR_OK);
	assert_int_equal(tell(&seat, "GET postern:test:{calls}"), ERR_REFUSED);
	assert_int_equal(seat.fault, REDIS_FAULT_NOPERM);
	assert_false(logged("wr0ng") || logged("s3cret") || logged("f0r@"));
}

static void tls_is_verified(void **state)
{
	/* clang-format off */
	static const char *words[] = {
		QUIET, "--tls-port", NULL, "--tls-cert-file", NULL, "--tls-key-file", NULL,
		"--tls-ca-cert-file", NULL, "--tls-auth-clients", "no", NULL
	};
	/* clang-format on */
	char port[8], why_bytes[128];
	struct out why = OUT(why_bytes);
	struct tls *ours, *others;
	struct cert cert, other;

	(void)state;
	cert_make(&cert);
	cert_make(&other);
	(void)snprintf(port, sizeof(port), "%u", (unsigned)server_free_port());
	words[5] = port;
	words[7] = words[11] = cert.pem;
	words[9] = cert.key;
	server_start(&a, 0, words);
	ours = tls_client_new(true, cert.pem, &why);
	others = tls_client_new(true, other.pem, &why);
	sit(&seat, ours, "rediss://127.0.0.1:%s", port);
	assert_int_equal(ask(&seat), ERR_OK);
	stand(&seat);
	sit(&seat, others, "rediss://127.0.0.1:%s", port);
	wait_state(&seat, REDIS_AWAY);
	assert_true(logged("self-signed certificate"));
	stand(&seat);
	sit(&seat, NULL, "redis://127.0.0.1:%s", port);
	wait_state(&seat, REDIS_AWAY);
	stand(&seat);
	server_end(&a);
	tls_free(ours);
	tls_free(others);
	cert_remove(&cert);
	cert_remove(&other);
}

static void write_sentinel_file(char *path, size_t room)
{
	FILE *file;

	memcpy(sentinel.folder, "/tmp/postern-unit-XXXXXX", sizeof("/tmp/postern-unit-XXXXXX"));
	assert_non_null(mkdtemp(sentinel.folder));
	(void)snprintf(path, room, "%s/sentinel.conf", sentinel.folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"sentinel monitor gate 127.0.0.1 %u 1\n"
		"sentinel down-after-milliseconds gate 300\n"
		"sentinel failover-timeout gate 3000\n",
		(unsigned)a.port);
	fclose(file);
}

static void start_with_sentinel(void)
{
	static char path[64];
	static const char *const words[] = { path, "--sentinel", NULL };

	start_pair(plain, plain);
	make_replica(&a);
	server_wait_line(&b, "Finished with success");
	write_sentinel_file(path, sizeof(path));
	server_start(&sentinel, server_free_port(), words);
	server_wait_line(&sentinel, "+slave");
	sit(&seat, NULL, "redis+sentinel://127.0.0.1:1,127.0.0.1:%u/gate", (unsigned)sentinel.port);
	assert_int_equal(ask(&seat), ERR_OK);
	assert_int_equal(tell(&seat, "WAIT 1 10000"), ERR_OK); /* the replica has it too */
}

static void a_failover_by_sentinel_is_followed(void **state)
{
	(void)state;
	start_with_sentinel();
	server_kill(&a);
	wait_state(&seat, REDIS_AWAY);
	server_wait_line(&sentinel, "+switch-master");
	wait_answer(&seat);
	assert_true(logged(", was 127.0.0.1:"));
	assert_int_equal(tell(&seat, "GET postern:test:{calls}"), ERR_OK);
	assert_string_equal(seat.said, "2");
}

/* Asks again as long as it is answered. */
static void on_lane_end(struct op *op, enum err err, const void *result)
{
	struct redis_call *call = (struct redis_call *)(void *)op;

	on_end(op, err, result);
	if (err == ERR_OK)
		redis_call(seat.redis, &seat.ops, call, DEADLINE_MS);
}

/* The master stops with the load on it: what was asked of it fails, once, and the next is asked of the new one. */
static void a_master_that_stops_under_load_is_followed_too(void **state)
{
	static struct redis_call lanes[LANES];

	(void)state;
	start_with_sentinel();
	for (unsigned i = 0; i < LANES; i++) {
		fill(&lanes[i], &seat);
		lanes[i].op.done = on_lane_end;
		redis_call(seat.redis, &seat.ops, &lanes[i], DEADLINE_MS);
	}
	while (seat.ends[ERR_OK] < 20 * LANES)
		loop_run(loop);
	kill(a.pid, SIGSTOP);
	while (seat.ops.pending)
		loop_run(loop);
	assert_int_equal(seat.ends[ERR_TIMEOUT], LANES);
	server_wait_line(&sentinel, "+switch-master");
	wait_answer(&seat);
	assert_true(logged(", was 127.0.0.1:"));
}

static int begin(void **state)
{
	(void)state;
	loop = loop_new();
	dns = dns_new(loop, &(struct dns_options){ .timeout_ms = 5000 });
	said = OUT(said_bytes);
	log_to(keep_log, NULL);
	count = redis_script(STR("return redis.call('INCR', KEYS[1])"));
	return 0;
}

static int end(void **state)
{
	(void)state;
	stand(&seat);
	stand(&admin);
	server_end(&a);
	server_end(&b);
	server_end(&sentinel);
	dns_free(dns);
	loop_free(loop);
	log_flush();
	log_to(NULL, NULL);
	conn_buffers_free();
	return 0;
}

#define SERVER_TEST(FN) cmocka_unit_test_setup_teardown(FN, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(a_server_whose_scripts_are_flushed_is_told_them_again),
		SERVER_TEST(a_server_that_is_killed_costs_what_was_on_the_way),
		SERVER_TEST(a_server_that_is_stopped_holds_nobody),
		SERVER_TEST(a_replica_is_not_written_to),
		SERVER_TEST(a_full_server_says_so_and_goes_on),
		SERVER_TEST(passwords_and_users_log_in_or_are_refused),
		SERVER_TEST(tls_is_verified),
		SERVER_TEST(a_failover_by_sentinel_is_followed),
		SERVER_TEST(a_master_that_stops_under_load_is_followed_too),
	};

	if (!server_is_there()) {
		print_message("ok - store/redis_server # SKIP redis-server is not installed\n");
		return 0;
	}
	return cmocka_run_group_tests_name("store/redis_server", tests, NULL, NULL);
}
