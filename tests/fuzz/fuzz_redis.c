/* A client of a Redis and of Sentinels against a server that says anything at any time, hangs up, is silent: each call ends
 * once or was cancelled, in time, and nothing is left.
 *
 * The input: the first byte chooses the URL; then steps of one byte and, for what the server says, its length and the bytes. */
#include "base/check.h"
#include "base/log.h"
#include "fake/fake.h"
#include "redis/redis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALLS = 24, PEERS = 64, STEPS = 200, DEADLINE_MS = 400 };

static const char *const urls[] = {
	"redis://192.0.2.1",
	"redis://u:p@192.0.2.1,192.0.2.2/3",
	"redis+sentinel://192.0.2.1,192.0.2.2/m",
	"redis+unix:///r?db=1",
	"redis://r.test",
};

static struct world {
	struct loop *loop;
	struct redis *redis;
	struct ops ops;
	struct redis_call calls[CALLS];
	int64_t begun_ms[CALLS];
	struct fake_peer *peers[PEERS];
	unsigned peer_count;
	bool refuses;
	struct redis_script script;
} w;

static const struct str well = STR_INIT(
	"+OK\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n$40\r\n0123456789012345678901234567890123456789\r\n");
static const struct str address = STR_INIT("*2\r\n$9\r\n192.0.2.3\r\n$4\r\n6379\r\n");

static void no_log(struct str lines, void *arg)
{
	(void)lines;
	(void)arg;
}

static void on_connect(struct fake_peer *p, const struct endpoint *to, void *arg)
{
	(void)to;
	(void)arg;
	if (w.refuses || w.peer_count == PEERS) {
		fake_refuse(p, ERR_REFUSED);
		return;
	}
	w.peers[w.peer_count++] = p;
	fake_accept(p);
}

static void on_end(struct op *op, enum err err, const void *result)
{
	const struct redis_call *call = (const struct redis_call *)(const void *)op;
	const size_t at = (size_t)(call - w.calls);

	CHECK(at < CALLS && (err == ERR_OK) == (result != NULL));
	CHECK(loop_now_ms(w.loop) <= w.begun_ms[at] + DEADLINE_MS);
	if (result)
		CHECK(((const struct redis_value *)result)->type != REDIS_ERROR);
}

static void ask(size_t at, bool script)
{
	static const struct str words[] = { STR_INIT("GET"), STR_INIT("x") };
	static const int64_t numbers[] = { INT64_MIN, 0, INT64_MAX };
	struct redis_call *call = &w.calls[at];

	if (op_running(&call->op))
		return;
	*call = (struct redis_call){ .op = { .done = on_end } };
	if (script) {
		call->script = &w.script;
		call->key = words[1];
		call->numbers = numbers;
		call->number_count = COUNTOF(numbers);
	} else {
		call->words = words;
		call->word_count = COUNTOF(words);
	}
	w.begun_ms[at] = loop_now_ms(w.loop);
	redis_call(w.redis, &w.ops, call, DEADLINE_MS);
	CHECK(op_running(&call->op));
}

static struct fake_peer *last_peer(void)
{
	struct fake_peer *p = w.peer_count ? w.peers[w.peer_count - 1] : NULL;

	return p && !fake_is_closed(p) ? p : NULL;
}

static void say(struct str bytes)
{
	if (last_peer())
		fake_send(last_peer(), bytes);
}

/* What the server says, with its length before it. */
static size_t say_any(const uint8_t *data, size_t size)
{
	const size_t n = size ? data[0] : 0;

	if (n >= size)
		return 0;
	say((struct str){ .p = (const char *)data + 1, .n = n });
	return n + 1;
}

static size_t step(const uint8_t *data, size_t size)
{
	const uint8_t more = data[0] >> 4;

	switch (data[0] & 15) {
	case 0:
		ask(more % CALLS, true);
		break;
	case 1:
		ask((more + 8u) % CALLS, false);
		break;
	case 2:
		if (op_running(&w.calls[more % CALLS].op))
			op_cancel(&w.calls[more % CALLS].op);
		break;
	case 3:
		fake_advance(w.loop, INT64_C(1) << more);
		break;
	case 4:
		say(well);
		break;
	case 5:
		say(address);
		break;
	case 6:
		if (last_peer())
			fake_hang_up(last_peer());
		w.peer_count -= w.peer_count > 0;
		break;
	case 7:
		w.refuses = more & 1;
		break;
	case 8:
		say(STR("-READONLY no\r\n"));
		break;
	case 9:
		say(STR("-NOSCRIPT no\r\n"));
		break;
	case 10:
		say(STR(":1\r\n"));
		break;
	case 11:
		ops_cancel_all(&w.ops);
		break;
	default:
		return 1 + say_any(data + 1, size - 1);
	}
	return 1;
}

static void play(const uint8_t *data, size_t size)
{
	for (unsigned i = 0; i < STEPS && size; i++) {
		const size_t used = step(data, size);

		data += used;
		size -= used;
		if (i % 2 == 0)
			fake_turn(w.loop);
	}
	fake_advance(w.loop, DEADLINE_MS);
	CHECK(w.ops.pending == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct redis_url url;
	struct dns *dns;

	if (size < 2)
		return 0;
	memset(&w, 0, sizeof(w));
	log_to(no_log, NULL);
	arena_init(&arena, 4096);
	w.loop = loop_new();
	dns = dns_new(w.loop, &(struct dns_options){ .timeout_ms = 1000 });
	fake_dns_record(w.loop, "r.test", RR_A, "192.0.2.1");
	fake_on_connect(w.loop, on_connect, NULL);
	w.script = redis_script(STR("return 1"));
	CHECK(!redis_url_parse(str_z(urls[data[0] % COUNTOF(urls)]), &arena, &url));
	w.redis = redis_new(&(struct redis_options){ .loop = w.loop,
						     .dns = dns,
						     .url = &url,
						     .sentinel_password = STR("hunter2"),
						     .scripts = &w.script,
						     .script_count = 1,
						     .timeout_ms = 500,
						     .silence_ms = 1000 });
	play(data + 1, size - 1);
	redis_free(w.redis);
	dns_free(dns);
	loop_free(w.loop);
	arena_reset(&arena);
	log_flush();
	log_to(NULL, NULL);
	return 0;
}
