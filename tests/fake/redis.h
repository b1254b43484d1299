/* redis.h - Redis servers and Sentinels behind fake connections: as much of them as a client can be wrong about.
 *
 * A server listens on a port of any address, or on a socket's path.  It logs what it is asked, one word a command (EVAL and EVALSHA with their
 * first number), so that a test reads what happened. */
#ifndef FAKE_REDIS_H
#define FAKE_REDIS_H

#include "fake/fake.h"
#include "redis/redis_reader.h"

enum { FAKE_REDIS_SERVERS = 6, FAKE_REDIS_PEERS = 64 };

struct fake_redis {
	/* Set by the test, at any time. */
	uint16_t port; /* 0: the socket's */
	bool refuses;  /* connections */
	bool silent;   /* takes commands and answers none: stopped */
	int64_t delay_ms;
	const char *role;        /* "master" */
	const char *user, *pass; /* pass not NULL: it asks for them */
	const char *auth_error;  /* what AUTH gets instead */
	const char *error;       /* what EVAL, EVALSHA and SCRIPT get instead: "OOM no" */
	const char *raw;         /* what EVAL and EVALSHA get, as it stands */
	bool leaves;             /* hangs up at the next EVAL or EVALSHA */
	const char *master;      /* a Sentinel's answer: "192.0.2.1"; NULL: nil */
	uint16_t master_port;
	/* What happened. */
	char log[2048];
	struct out said;
	unsigned connections;
	char scripts[8][40];
	unsigned script_count;
};

struct fake_redis_world;

struct fake_redis_world *fake_redis_world(struct loop *loop);
void fake_redis_world_free(struct fake_redis_world *w); /* before loop_free() */
struct fake_redis *fake_redis_add(struct fake_redis_world *w, uint16_t port);
/* What it was asked since the last time: "AUTH ROLE EVAL:5 ". */
const char *fake_redis_asked(struct fake_redis *s);
/* All its connections are closed, or broken by err. */
void fake_redis_drop(struct fake_redis_world *w, struct fake_redis *s, enum err err);

#endif
