/* upstream.h - one SMTP or LMTP connection to a backend's server, as a state machine.
 *
 * It greets, says EHLO, switches to TLS, rests in its pool, and reads replies.  What is said inside a
 * transaction is its user's business (delivery/relay.c): the user writes commands to u->conn, names the
 * state they lead to with upstream_wait(), and is told of every reply.
 *
 * A dead upstream is CLOSED at once and freed by its pool at the end of the loop's turn, so whoever
 * is up the stack can still look at its state. */
#ifndef DELIVERY_UPSTREAM_H
#define DELIVERY_UPSTREAM_H

#include "delivery/servers.h"
#include "io/conn.h"
#include "protocol/reply.h"

/* state; what a reply does in it; where it can go from here besides CLOSED; what it waits for */
#define UPSTREAM_STATES(X)                                                                         \
	X(CONNECTING, on_early, TO(HANDSHAKE) | TO(GREETING), "the connection")                    \
	X(HANDSHAKE, on_early, TO(GREETING) | TO(EHLO), "the TLS handshake")                       \
	X(GREETING, on_greeting, TO(EHLO), "the greeting")                                         \
	X(EHLO, on_ehlo, TO(HELO) | TO(STARTTLS) | TO(READY), "the reply to EHLO")                 \
	X(HELO, on_helo, TO(READY), "the reply to HELO")                                           \
	X(STARTTLS, on_starttls, TO(HANDSHAKE) | TO(READY), "the reply to STARTTLS")               \
	X(READY, on_early, TO(ENVELOPE) | TO(ASKED) | TO(RESET) | TO(QUIT), "a transaction")       \
	X(ENVELOPE, on_user,                                                                       \
	  TO(ENVELOPE) | TO(ASKED) | TO(HELD) | TO(BODY) | TO(END) | TO(RESET) | TO(READY),        \
	  "a reply to the envelope")                                                               \
	X(ASKED, on_user, TO(CHALLENGED) | TO(READY), "the reply to a command")                    \
	X(CHALLENGED, on_early, TO(ASKED), "the client's response")                                \
	X(HELD, on_early, TO(ENVELOPE) | TO(RESET) | TO(READY), "the next question")               \
	X(BODY, on_user, TO(BODY) | TO(END), "the message to be taken")                            \
	X(END, on_user, TO(END) | TO(READY) | TO(RESET), "the reply to the message")               \
	X(RESET, on_reset, TO(READY), "the reply to RSET")                                         \
	X(QUIT, on_quit, 0, "the reply to QUIT")                                                   \
	X(CLOSED, on_early, 0, "nothing")

enum upstream_state {
#define X(ID, STEP, EXITS, WAITS_FOR) UPSTREAM_##ID,
	UPSTREAM_STATES(X)
#undef X
		UPSTREAM_STATE_COUNT
};

enum upstream_event {
	UPSTREAM_REPLY,   /* in ENVELOPE, ASKED, BODY, END */
	UPSTREAM_DRAINED, /* in BODY: what was written is with the kernel */
	UPSTREAM_LEASE,   /* in HELD, CHALLENGED: nobody asked for too long */
	UPSTREAM_GONE,    /* CLOSED now; err says why */
};

struct upstream_news {
	enum upstream_event event;
	const struct reply *reply;
	enum err err;
};

struct upstream;
typedef void upstream_fn(struct upstream *u, const struct upstream_news *news, void *arg);

struct pool;
struct waiter;
struct delivery_sender;

struct upstream {
	struct pool *pool;
	struct server *server;
	struct conn *conn;
	struct timer timer; /* the one deadline of the state */
	enum upstream_state state;
	struct caps caps;
	int64_t more_ms; /* of the deadline, behind what the timer has */
	bool counted;    /* the pool counts it among those being made; not when it takes too long */
	bool awaited;    /* the pool counts on it for somebody who waits */
	bool probe;      /* made for nobody, see struct server's `probed` */
	bool clear;      /* begun without TLS, because of no_tls_until_ms */
	int64_t made_ms; /* when it was ready the first time */
	bool used;       /* has rested in the pool: it may have gone stale */
	struct lane *lane;       /* of one client alone (delivery/lane.h); NULL: the pool's */
	char *client;            /* whose it is for good, see pool.h; NULL: anybody's */
	struct waiter *made_for; /* while it is being made, and that one waits */
	unsigned skip;           /* replies to come that nobody waits for any more */
	unsigned strain;         /* refusals and resets since the last message it took */
	upstream_fn *fn;
	void *arg;
	struct upstream *next, **link; /* pool: all that are alive, or to be freed */
	struct upstream *idle_next, **idle_link;
	struct reply_reader reader;
};

/* Begins to connect; the pool hears of pool_ready() or pool_gone().  sender: whose it will be, where clients have
 * connections of their own; or NULL. */
struct upstream *upstream_new(struct pool *pool, struct server *server,
			      const struct delivery_sender *sender);
void upstream_free(struct upstream *u); /* CLOSED ones: for the pool */

void upstream_take(struct upstream *u, upstream_fn *fn, void *arg); /* READY ones */
void upstream_write(struct upstream *u, struct str bytes);
/* The next state, and its deadline. */
void upstream_wait(struct upstream *u, enum upstream_state state, int64_t deadline_ms);
/* A HELD one is wanted by others. */
void upstream_hurry(struct upstream *u);
/* A CHALLENGED one is wanted by others so much that its user is told UPSTREAM_LEASE here and now. */
void upstream_withdraw(struct upstream *u);
/* True when the server has said nothing beyond what was asked: anything else would be taken for the
 * answer to a question not yet asked. */
bool upstream_in_step(const struct upstream *u);

/* The shorter of a limit and the configured reply_timeout. */
int64_t upstream_patience(const struct upstream *u, int64_t limit_ms);

/* The user is done with it: its transaction has ended; or is reset first, `unanswered` questions open. */
void upstream_release(struct upstream *u);
void upstream_reset(struct upstream *u, unsigned unanswered);
void upstream_quit(struct upstream *u);  /* from READY */
void upstream_close(struct upstream *u); /* at once; the user hears nothing */

#endif
