#include "delivery/lane.h"

#include "base/check.h"
#include "base/mem.h"

struct lane {
	struct pool *pool;
	struct upstream *up;   /* NULL: none yet, or gone */
	struct waiter *waiter; /* until it rests */
	struct wake wake;      /* answers the waiter, never from inside lane_take() */
	struct wake *lost;     /* the client's session */
	enum { LANE_FREE, LANE_CHALLENGED, LANE_BOUND, LANE_LOST } state;
	uint64_t
		challenge; /* the last one's number in the pool: several may come in a millisecond */
	bool placed;       /* counted in the pool: it has a connection, or waits for one */
};

static bool has_room(const struct pool *p)
{
	const size_t most = (size_t)p->conf->connections * 3 / 4;

	return p->lanes < (most ? most : 1);
}

/* Its client takes the longest to respond. */
static struct upstream *slowest(const struct pool *p)
{
	struct upstream *found = NULL;

	for (struct upstream *u = p->all; u; u = u->next)
		if (u->lane && u->state == UPSTREAM_CHALLENGED &&
		    (!found || u->lane->challenge < found->lane->challenge))
			found = u;
	return found;
}

static bool find_place(struct lane *lane)
{
	struct upstream *slow = lane->placed || has_room(lane->pool) ? NULL : slowest(lane->pool);

	if (slow)
		upstream_withdraw(slow);
	if (!lane->placed && has_room(lane->pool)) {
		lane->placed = true;
		lane->pool->lanes++;
	}
	return lane->placed;
}

static void give_place_up(struct lane *lane)
{
	lane->pool->lanes -= lane->placed;
	lane->placed = false;
}

/* A waiter that finds the connection busy again goes on waiting. */
static void on_wake(struct wake *wake, void *arg)
{
	struct lane *lane = arg;
	struct waiter *w = lane->waiter;

	(void)wake;
	if (!w || (lane->up && lane->up->state != UPSTREAM_READY))
		return;
	lane->waiter = NULL;
	w->fn(w, lane->up, lane->up ? ERR_OK : lane->state == LANE_LOST ? ERR_CLOSED : ERR_LIMIT);
}

struct lane *lane_new(struct pool *pool, struct wake *lost)
{
	struct lane *lane = mem_new(sizeof(*lane));

	lane->pool = pool;
	lane->lost = lost;
	wake_init(&lane->wake, pool->loop, on_wake, lane);
	return lane;
}

struct upstream *lane_take(struct lane *lane, struct waiter *w)
{
	CHECK(lane->waiter == NULL);
	if (lane->up && lane->up->state == UPSTREAM_READY)
		return lane->up;
	if (!lane->up && lane->state == LANE_FREE && find_place(lane))
		return pool_take(lane->pool, w);
	lane->waiter = w;
	if (lane->up)
		upstream_hurry(lane->up);
	else
		wake_set(&lane->wake);
	return NULL;
}

void lane_forget(struct lane *lane, struct waiter *w)
{
	if (lane->waiter == w)
		lane->waiter = NULL;
}

void lane_adopt(struct lane *lane, struct upstream *u)
{
	if (lane->up == u)
		return;
	CHECK(lane->up == NULL && lane->placed && u->lane == NULL);
	lane->up = u;
	u->lane = lane;
}

void lane_challenge(struct lane *lane)
{
	CHECK(lane->up);
	lane->state = LANE_CHALLENGED;
	lane->challenge = ++lane->pool->challenges;
}

void lane_bind(struct lane *lane)
{
	CHECK(lane->up);
	lane->state = LANE_BOUND;
}

void lane_rests(struct lane *lane)
{
	if (lane->waiter)
		wake_set(&lane->wake);
}

static void part(struct lane *lane)
{
	lane->up->lane = NULL;
	lane->up = NULL;
}

void lane_gone(struct lane *lane)
{
	part(lane);
	give_place_up(lane);
	if (lane->state == LANE_BOUND || lane->state == LANE_CHALLENGED) {
		lane->state = LANE_LOST;
		wake_set(lane->lost);
	}
	lane_rests(lane);
}

bool lane_is_lost(const struct lane *lane)
{
	return lane->state == LANE_LOST;
}

void lane_close(struct lane *lane)
{
	struct upstream *u = lane->up;

	CHECK(lane->waiter == NULL);
	wake_clear(&lane->wake);
	if (u) {
		part(lane);
		if (u->state == UPSTREAM_READY)
			upstream_quit(u);
		else
			upstream_close(u);
	}
	give_place_up(lane);
	mem_free(lane);
}
