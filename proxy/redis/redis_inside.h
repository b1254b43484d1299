/* redis_inside.h - the inside of a client, shared by redis*.c only.
 *
 * redis.c makes the connection and gives it up, redis_call.c has the calls, redis_greeting.c what is said first. */
#ifndef REDIS_REDIS_INSIDE_H
#define REDIS_REDIS_INSIDE_H

#include "base/check.h"
#include "redis/redis.h"
#include "redis/sentinel.h"

/* stage; where it can go from here besides RESTING; what it waits for */
#define REDIS_STAGES(X)                                                                            \
	X(RESTING, TO(SEEKING) | TO(CONNECTING), "the end of a pause")                             \
	X(SEEKING, TO(CONNECTING), "a Sentinel's answer")                                          \
	X(CONNECTING, TO(GREETING), "the connection")                                              \
	X(GREETING, TO(SERVING), "replies to the greeting")                                        \
	X(SERVING, TO(LEAVING), "calls")                                                           \
	X(LEAVING, 0, "what a server that is no master still has to say")

enum redis_stage {
#define X(ID, EXITS, WAITS_FOR) STAGE_##ID,
	REDIS_STAGES(X)
#undef X
		STAGE_COUNT
};

struct redis_queue {
	struct redis_call *head, **tail;
	unsigned count;
};

/* A call that was sent, in the order of their replies; NULL: nobody waits for it any more. */
struct redis_slot {
	struct redis_call *call;
	int64_t sent_ms;
};

struct redis {
	struct redis_options options;
	struct redis_net net;
	char *name; /* the URL as the log shows it */
	enum redis_stage stage;
	struct redis_link link;
	struct sentinel *sentinel; /* NULL: not by Sentinel */
	struct redis_host master;  /* as it was told; its name lies in master_name */
	char master_name[LIMIT_DOMAIN + 1];
	unsigned host_at;    /* of url->hosts */
	unsigned failures;   /* in a row */
	unsigned heard;      /* replies to the greeting */
	struct timer timer;  /* the one deadline of the stage */
	int64_t ready_at_ms; /* SERVING and LEAVING: since when */
	int64_t asked_ms;    /* and when something was said last */
	bool down_said;

	struct redis_queue waiting, failing;
	struct wake wake; /* there are failing ones */
	struct redis_slot slots[LIMIT_REDIS_CALLS];
	uint32_t first, end; /* slots in use, counted from the start of the worker */
	unsigned late;       /* calls in a row that were not answered in time */
	int64_t quiet_until_ms[REDIS_FAULT_COUNT]; /* an error of this kind was logged lately */
};

static_assert((LIMIT_REDIS_CALLS & (LIMIT_REDIS_CALLS - 1)) == 0, "slots are counted with 32 bits");
static_assert(LIMIT_REDIS_WAITING < LIMIT_REDIS_CALLS, "what waits can be sent");

/* ---- redis.c ---- */
/* The connection is given up, what was sent and what waits fails: the server is away. */
void redis_lose_for_good(struct redis *r, enum err err, struct str why);
void redis_leave(struct redis *r);

/* ---- redis_greeting.c ---- */
enum redis_greeted { GREETING_GOES_ON, GREETING_DONE, GREETING_REFUSED };
void redis_greet(struct redis *r);
enum redis_greeted redis_greeted(struct redis *r, const struct redis_value *reply, struct out *why);

/* ---- redis_call.c ---- */
void redis_calls_init(struct redis *r);
void redis_calls_free(struct redis *r);
void redis_calls_send(struct redis *r); /* those that wait */
void redis_calls_ping(struct redis *r);
void redis_calls_reply(struct redis *r, const struct redis_value *reply);
void redis_calls_fail_sent(struct redis *r, enum err err);
void redis_calls_fail_waiting(struct redis *r, enum err err);
/* How long the oldest call has been without its reply; -1: none. */
int64_t redis_calls_silence(const struct redis *r);

static inline uint32_t redis_calls_sent(const struct redis *r)
{
	return r->end - r->first;
}

#endif
