/* pool.h - the connections to one backend: resting ones, ones being made, and who waits for one.
 *
 * A connection on which XCLIENT was said serves that client only (identity_client() says whose it is): Postfix
 * takes the next XCLIENT for the client's own and refuses it.  One that was made in a client's name is that client's
 * from the start (as_client_key()): each who waits has one made for himself.  A server may turn away whom it is
 * called by: that is no failure of the server, until a connection of nobody's fails too.
 *
 * A connection on which a client has authenticated, or tries to, is its lane (delivery/lane.h): it counts, but
 * rests elsewhere.
 *
 * The last one used is used next, so that a quiet backend is left with few.  What fails or gets free is
 * handed out by a wake, never from inside the call that asked. */
#ifndef DELIVERY_POOL_H
#define DELIVERY_POOL_H

#include "delivery/accepted.h"
#include "delivery/upstream.h"
#include "io/tls.h"

/* Somebody who waits for a connection. */
struct waiter;
typedef void waiter_fn(struct waiter *w, struct upstream *u,
		       enum err err); /* u == NULL: err says why */
struct waiter {
	waiter_fn *fn;
	const struct delivery_sender *sender; /* whose message it is */
	struct waiter *next, **link;          /* link == NULL: not waiting */
	struct upstream *coming;              /* one that is being made for this one only */
	size_t failed;                        /* of those */
	int64_t until_ms;
};

struct pool {
	struct loop *loop;
	const struct conf_backend *conf;
	struct str hostname; /* said in EHLO */
	struct tls *tls;     /* NULL: none */
	bool verifies;       /* no TLS with a server whose certificate is not valid for its name */
	struct servers servers;
	struct upstream *all, *dead, *idle;
	size_t total, connecting; /* connecting: those a waiter counts on */
	size_t lanes;             /* belong to one client each, or are waited for to do so */
	uint64_t challenges;      /* of logins, so far: they order those that wait for a response */
	struct waiter *waiters, **waiters_end;
	size_t waiting;
	enum err last_err; /* why the last attempt failed */
	struct timer deadline;
	struct wake wake;
	struct caps caps; /* what all servers that are up offer */
	bool seen;        /* caps are known */
	struct accepted accepted;
};

/* conf, hostname and tls stay the caller's; the rest is set here. */
bool pool_init(struct pool *p, struct loop *loop, struct out *why) NODISCARD;
void pool_free(struct pool *p);

/* A resting connection now, or NULL: w->fn is called later, through the loop. */
struct upstream *pool_take(struct pool *p, struct waiter *w);
/* How long a connection is kept for a client that pauses. */
int64_t pool_lease_ms(const struct pool *p);
void pool_forget(struct waiter *w, struct pool *p);
/* A connection to this server had gone stale: its resting ones have too. */
void pool_distrust(struct pool *p, const struct server *server);

/* What upstreams tell: */
void pool_late(struct pool *p, struct upstream *u);   /* it is being made, and takes too long */
void pool_ready(struct pool *p, struct upstream *u);  /* EHLO is done */
void pool_rests(struct pool *p, struct upstream *u);  /* READY, nobody uses it */
void pool_leaves(struct pool *p, struct upstream *u); /* READY no more */
void pool_gone(struct pool *p, struct upstream *u, enum upstream_state was, enum err err);

#endif
