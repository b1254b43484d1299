#include "smtp/pressure.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/spool_room.h"
#include "smtp/patience.h"
#include "smtp/session.h"

/* ---- sessions ---- */

/* The timer runs as long as there is stress. */
bool pressure_is_on(const struct smtp_server *s)
{
	return timer_active(&s->stress);
}

static void say_stress(const struct smtp_server *s, const char *state, const char *text)
{
	struct log_line l;

	log_begin(&l, "stress", STR("-"));
	log_z(&l, "state", state);
	log_str(&l, "listener", s->o.listener);
	log_u64(&l, "sessions", s->session_count);
	log_u64(&l, "max", s->o.sessions_max);
	log_z(&l, "text", text);
	log_end(&l);
}

/* What was granted in quieter times is cut. */
static void hurry_all(struct timer *t, void *arg)
{
	struct smtp_server *s = arg;

	timer_start(t, LIMIT_STRESS_LOOK_MS);
	for (struct smtp_session *one = s->sessions, *next; one; one = next) {
		next = one->next;
		patience_hurry(one);
	}
}

void pressure_count(struct smtp_server *s)
{
	const size_t share = s->session_count * 100 / s->o.sessions_max;

	if (share >= LIMIT_STRESS_BEGINS && !pressure_is_on(s)) {
		timer_start(&s->stress, 0);
		say_stress(s, "entered",
			   "nearly all sessions are taken: silent clients are dropped early");
	} else if (share < LIMIT_STRESS_ENDS && pressure_is_on(s)) {
		timer_stop(&s->stress);
		say_stress(s, "left", "there is room again");
	}
}

int64_t pressure_idle_ms(const struct smtp_session *s)
{
	const int64_t calm = s->server->o.conf->timeout_ms;
	int64_t hard;

	if (!pressure_is_on(s->server))
		return calm;
	hard = s->inspection.facts.helo.n ? LIMIT_STRESS_IDLE_MS : LIMIT_STRESS_MUTE_MS;
	return hard < calm ? hard : calm;
}

/* ---- memory ---- */

bool pressure_on_memory(struct smtp_server *s)
{
	const bool scarce = mem_is_scarce();

	if (scarce == s->memory_scarce)
		return scarce;
	s->memory_scarce = scarce;
	log_note("memory", scarce ? "scarce" : "enough",
		 scarce ? "%zu MB are in use, more than memory_max: new connections and mails are "
			  "turned away"
			: "%zu MB are in use: all are served again",
		 mem_used() >> 20);
	return scarce;
}

/* ---- spool files ---- */

/* A crowd of large messages is one line a minute. */
void pressure_say_spool(struct smtp_server *s, const char *why)
{
	const int64_t now = loop_now_ms(s->o.loop);

	if (s->said_spool_ms && now - s->said_spool_ms < LIMIT_BUSY_MS)
		return;
	s->said_spool_ms = now ? now : 1;
	log_note("spool", "full", "%s: %s", s->o.spool, why);
}

bool pressure_on_spool(struct smtp_server *s, uint64_t size)
{
	const int error = size > LIMIT_SPOOL_MEMORY ? spool_room_for(s->o.spool, size) : 0;

	if (error)
		pressure_say_spool(s, spool_room_text(error));
	return error;
}

/* ---- life ---- */

void pressure_open(struct smtp_server *s)
{
	timer_init(&s->stress, s->o.loop, hurry_all, s);
}

void pressure_close(struct smtp_server *s)
{
	timer_stop(&s->stress);
}
