/* lane.h - a connection to the backend that belongs to one client, from its AUTH on: what it is told there is true
 * of that client alone.  delivery/delivery.h tells what sessions see of it.
 *
 * Until the login is accepted the connection may be replaced, as a pooled one; from then on it is the login, and
 * when it is lost there is no other.  It never goes back to the pool.
 *
 * Lanes take no more than three quarters of a pool's connections: who logs in, or tries to, does not keep the mail
 * of others out.  When that many are taken, a newcomer has the one whose client has thought about a challenge for the
 * longest: who begins logins and leaves them open does not keep others from logging in. */
#ifndef DELIVERY_LANE_H
#define DELIVERY_LANE_H

#include "delivery/delivery.h"
#include "delivery/pool.h"

struct lane *lane_new(struct pool *pool, struct wake *lost);

/* As pool_take() and pool_forget(), for the deliveries of the lane's client. */
struct upstream *lane_take(struct lane *lane, struct waiter *w);
void lane_forget(struct lane *lane, struct waiter *w);
/* What lane_take() led to is the lane's connection now. */
void lane_adopt(struct lane *lane, struct upstream *u);
/* A challenge was made on it: no other connection can take the response. */
void lane_challenge(struct lane *lane);
/* The login was accepted on it. */
void lane_bind(struct lane *lane);

/* What the pool tells: */
void lane_rests(struct lane *lane); /* READY, nobody uses it */
void lane_gone(struct lane *lane);

#endif
