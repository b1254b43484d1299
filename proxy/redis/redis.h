/* redis.h - a worker's Redis: one connection, everything pipelined on it, and what happens when it is not there.
 *
 *   - A call is an op (base/op.h) with a deadline: its done() gets ERR_OK and the reply, or why there is none, through
 *     the loop, also where that is known at once.  Cancelling is always allowed; the reply that still comes is dropped.
 *     Whether a call that was sent and not answered has taken effect nobody knows: it is never made twice.
 *   - A script is called by its digest; a server that does not know it (any more) is sent its text with that call.
 *   - While the connection is being made, calls wait, each until its deadline.  After LIMIT_REDIS_FAILURES
 *     failures in a row, or when the server has left a call unanswered for silence_ms, it counts as away: calls fail at once, and
 *     it is tried again with growing pauses by connecting and logging in, never by somebody's call, until that works.
 *     A connection without calls is asked with PING whether anybody is there.
 *   - A server that says it is a replica is left; the calls that heard so are made again, once, at the master.
 *     Who that is, Sentinel tells, or, of several servers in the URL, the one that takes itself for it.
 *   - What changes is logged once: redis_down, redis_up, redis_lost, redis_master; and redis_error for each kind of
 *     error at most every LIMIT_REDIS_COMPLAIN_MS.  No line shows a password. */
#ifndef REDIS_REDIS_H
#define REDIS_REDIS_H

#include "base/op.h"
#include "redis/redis_fault.h"
#include "redis/redis_link.h"
#include "redis/redis_script.h"

struct redis;

struct redis_options {
	struct loop *loop;
	struct dns *dns;
	const struct redis_url *url;                 /* its texts outlive the client */
	struct tls *tls;                             /* of an URL with TLS */
	struct str sentinel_user, sentinel_password; /* empty: none */
	const struct redis_script *scripts;          /* loaded at the start of a connection */
	size_t script_count;
	int64_t timeout_ms; /* a server, or a Sentinel, is given to answer to a new connection */
	int64_t silence_ms; /* and an open one to answer a call, whatever that call's deadline */
};

struct redis *redis_new(const struct redis_options *options);
void redis_free(struct redis *r); /* without calls; not from within done() */

enum redis_state {
	REDIS_READY,
	REDIS_TRYING, /* calls wait */
	REDIS_AWAY,   /* calls fail at once */
};
enum redis_state redis_state(const struct redis *r);

enum redis_place { REDIS_CALL_NOWHERE, REDIS_CALL_WAITING, REDIS_CALL_SENT, REDIS_CALL_FAILING };

/* The caller's memory.  Set by it, and unchanged until the end: op.done, op.arg; and either a script with its one key and
 * its arguments, numbers and then words; or the words of a command. */
struct redis_call {
	struct op op;
	const struct redis_script *script;
	struct str key;
	const int64_t *numbers;
	size_t number_count;
	const struct str *words;
	size_t word_count;

	/* After the end: what the server said, with err != ERR_OK; REDIS_FAULT_OTHER also stands for nothing. */
	enum redis_fault fault;
	/* the client's: */
	enum redis_place place;
	bool whole, moved; /* sent with the script's text; made again at another server */
	enum err err;
	uint32_t slot;
	struct redis_call *next, **link;
	struct timer deadline;
};

/* The result of the op is a const struct redis_value, never a REDIS_ERROR, valid until done() returns.
 * Err: ERR_TIMEOUT, ERR_CLOSED (lost on the way), ERR_UNREACHABLE (away), ERR_LIMIT (too many calls, or the server's
 * memory is full), or that of the fault. */
void redis_call(struct redis *r, struct ops *ops, struct redis_call *call, int64_t deadline_ms);

#endif
