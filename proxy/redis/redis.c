#include "redis/redis_inside.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"

#define TO(ID) (1u << STAGE_##ID)

static const struct {
	unsigned exits;
	const char *waits_for;
} stages[STAGE_COUNT] = {
#define X(ID, EXITS, WAITS_FOR) [STAGE_##ID] = { .exits = (EXITS), .waits_for = (WAITS_FOR) },
	REDIS_STAGES(X)
#undef X
};

/* deadline_ms 0: none. */
static void go(struct redis *r, enum redis_stage stage, int64_t deadline_ms)
{
	CHECK(stage == STAGE_RESTING || (stages[r->stage].exits & (1u << stage)));
	r->stage = stage;
	if (deadline_ms)
		timer_start(&r->timer, deadline_ms);
	else
		timer_stop(&r->timer);
}

static bool is_away(const struct redis *r)
{
	return r->failures >= LIMIT_REDIS_FAILURES;
}

enum redis_state redis_state(const struct redis *r)
{
	if (r->stage == STAGE_SERVING)
		return REDIS_READY;
	return is_away(r) ? REDIS_AWAY : REDIS_TRYING;
}

/* ---- losing it ---- */

/* Between a half and the whole of a time that doubles: workers shall not come back all at once. */
static int64_t pause_ms(unsigned failures)
{
	const unsigned doublings = failures < 16 ? failures - 1 : 15;
	const int64_t full = (int64_t)LIMIT_REDIS_PAUSE_MS << doublings;
	const int64_t most = full < LIMIT_REDIS_PAUSE_MAX_MS ? full : LIMIT_REDIS_PAUSE_MAX_MS;

	return most / 2 + random_u32() % (most / 2);
}

static bool was_steady(const struct redis *r)
{
	return r->stage >= STAGE_SERVING &&
	       loop_now_ms(r->net.loop) - r->ready_at_ms >= LIMIT_REDIS_STEADY_MS;
}

static void say_lost(struct redis *r, struct str why)
{
	if (is_away(r) && !r->down_said) {
		log_note("redis_down", r->name, STR_FMT "; until it answers, calls fail at once",
			 STR_ARG(why));
		r->down_said = true;
	} else if (r->stage >= STAGE_SERVING && (redis_calls_sent(r) || !was_steady(r))) {
		/* Redis closes what is idle for long (`timeout`): that is no news. */
		log_note("redis_lost", r->name, STR_FMT "; %u calls were not answered",
			 STR_ARG(why), redis_calls_sent(r));
	}
}

static void lose(struct redis *r, unsigned failures, enum err err, struct str why)
{
	r->failures = (was_steady(r) ? 0 : r->failures) + failures;
	say_lost(r, why);
	redis_link_close(&r->link);
	redis_calls_fail_sent(r, err);
	if (is_away(r))
		redis_calls_fail_waiting(r, ERR_UNREACHABLE);
	r->host_at++;
	go(r, STAGE_RESTING, pause_ms(r->failures));
}

/* The connection is given up: what was sent fails, what waits goes on waiting unless the server is away now. */
static void lose_once(struct redis *r, enum err err, struct str why)
{
	lose(r, 1, err, why);
}

void redis_lose_for_good(struct redis *r, enum err err, struct str why)
{
	lose(r, LIMIT_REDIS_FAILURES, err, why);
}

/* What it was sent before it said so is still answered. */
void redis_leave(struct redis *r)
{
	if (r->stage == STAGE_SERVING)
		go(r, STAGE_LEAVING, r->options.silence_ms);
}

/* ---- making it ---- */

static void connect_to(struct redis *r)
{
	const struct redis_url *url = r->options.url;

	go(r, STAGE_CONNECTING, r->options.timeout_ms);
	if (url->via == REDIS_VIA_UNIX)
		redis_link_open_unix(&r->link, url->path.p);
	else if (r->sentinel)
		redis_link_open(&r->link, &r->master);
	else
		redis_link_open(&r->link, &url->hosts[r->host_at % url->host_count]);
}

static void say_master(const struct redis *r, const struct redis_host *host)
{
	char bytes[2 * LIMIT_DOMAIN + 32];
	struct out o = OUT(bytes);

	redis_host_print(&o, host);
	if (r->master.name.n) {
		out_str(&o, STR(", was "));
		redis_host_print(&o, &r->master);
	}
	log_note("redis_master", r->name, STR_FMT, STR_ARG(out_text(&o)));
}

static void on_sentinel(const struct redis_host *master, struct str why, void *arg)
{
	struct redis *r = arg;

	if (!master) {
		lose_once(r, ERR_UNREACHABLE, why);
		return;
	}
	if (!str_eq(master->name, r->master.name) || master->port != r->master.port)
		say_master(r, master);
	memcpy(r->master_name, master->name.p, master->name.n + 1);
	r->master = *master;
	r->master.name.p = r->master_name;
	connect_to(r);
}

/* The Sentinels have a patience of their own, one after the other. */
static void seek(struct redis *r)
{
	if (!r->sentinel) {
		connect_to(r);
		return;
	}
	go(r, STAGE_SEEKING, r->options.timeout_ms * (LIMIT_REDIS_HOSTS + 1));
	sentinel_ask(r->sentinel, on_sentinel, r);
}

static void serve(struct redis *r)
{
	go(r, STAGE_SERVING, LIMIT_REDIS_PING_MS);
	r->ready_at_ms = r->asked_ms = loop_now_ms(r->net.loop);
	if (r->down_said)
		log_note("redis_up", r->name, "answers again after %u failures", r->failures);
	r->down_said = false;
	redis_calls_send(r);
}

static void on_greeting(struct redis *r, const struct redis_value *reply)
{
	char bytes[LIMIT_FINDING_DETAIL + 64];
	struct out why = OUT(bytes);

	switch (redis_greeted(r, reply, &why)) {
	case GREETING_GOES_ON:
		break;
	case GREETING_DONE:
		serve(r);
		break;
	case GREETING_REFUSED:
		lose_once(r, ERR_REFUSED, out_text(&why));
		break;
	}
}

/* ---- what happens ---- */

static void on_reply(struct redis *r, const struct redis_value *reply)
{
	if (r->stage == STAGE_GREETING)
		on_greeting(r, reply);
	else if (redis_calls_sent(r) == 0)
		lose_once(r, ERR_PROTOCOL, STR("it says what it was not asked"));
	else
		redis_calls_reply(r, reply);
	if (r->stage == STAGE_LEAVING && redis_calls_sent(r) == 0)
		lose_once(r, ERR_CLOSED, STR("it is no master"));
}

static void on_link(struct redis_link *link, enum redis_link_event event,
		    const struct redis_value *reply, void *arg)
{
	struct redis *r = arg;

	switch (event) {
	case REDIS_LINK_UP:
		go(r, STAGE_GREETING, r->options.timeout_ms);
		redis_greet(r);
		break;
	case REDIS_LINK_REPLY:
		on_reply(r, reply);
		break;
	case REDIS_LINK_DOWN:
		lose_once(r, link->err, out_text(&link->why));
		break;
	}
}

/* The timer is not moved with every reply: when it fires, it is seen whether there was silence.  Where there was
 * nothing to be said for long, a PING shows whether anybody is there, before a mail finds out. */
static void on_silence(struct redis *r)
{
	const int64_t silence_ms = redis_calls_silence(r);
	const int64_t quiet_ms = loop_now_ms(r->net.loop) - r->asked_ms;

	if (silence_ms >= r->options.silence_ms)
		redis_lose_for_good(r, ERR_TIMEOUT, STR("it has left a call unanswered"));
	else if (silence_ms >= 0)
		timer_start(&r->timer, r->options.silence_ms - silence_ms);
	else if (quiet_ms >= LIMIT_REDIS_PING_MS)
		redis_calls_ping(r);
	else
		timer_start(&r->timer, LIMIT_REDIS_PING_MS - quiet_ms);
}

static void on_patience(struct redis *r)
{
	char bytes[80];
	struct out why = OUT(bytes);

	out_printf(&why, "waited in vain for %s", stages[r->stage].waits_for);
	if (r->stage == STAGE_SEEKING)
		sentinel_cancel(r->sentinel);
	lose_once(r, ERR_TIMEOUT, out_text(&why));
}

static void on_timer(struct timer *t, void *arg)
{
	struct redis *r = arg;

	(void)t;
	switch (r->stage) {
	case STAGE_RESTING:
		seek(r);
		break;
	case STAGE_SERVING:
		on_silence(r);
		break;
	case STAGE_SEEKING:
	case STAGE_CONNECTING:
	case STAGE_GREETING:
	case STAGE_LEAVING:
		on_patience(r);
		break;
	case STAGE_COUNT:
		UNREACHABLE();
	}
}

/* ---- birth and death ---- */

static char *print_name(const struct redis_url *url)
{
	char bytes[4096];
	struct out o = OUT(bytes);

	redis_url_print(&o, url);
	return mem_strdup(out_text(&o));
}

struct redis *redis_new(const struct redis_options *options)
{
	struct redis *r = mem_new(sizeof(*r));

	CHECK(!options->url->tls == !options->tls);
	*r = (struct redis){
		.options = *options,
		.net = { .loop = options->loop,
			 .dns = options->dns,
			 .tls = options->tls,
			 .timeout_ms = options->timeout_ms },
		.name = print_name(options->url),
	};
	redis_link_init(&r->link, &r->net, on_link, r);
	timer_init(&r->timer, options->loop, on_timer, r);
	redis_calls_init(r);
	if (options->url->via == REDIS_VIA_SENTINEL)
		r->sentinel = sentinel_new(&r->net, options->url, options->sentinel_user,
					   options->sentinel_password);
	seek(r);
	return r;
}

void redis_free(struct redis *r)
{
	redis_calls_free(r);
	timer_stop(&r->timer);
	redis_link_close(&r->link);
	if (r->sentinel)
		sentinel_free(r->sentinel);
	mem_free(r->name);
	mem_free(r);
}
