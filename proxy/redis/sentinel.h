/* sentinel.h - asks Sentinels who the master is, one after the other; the one that knows is asked first the next time. */
#ifndef REDIS_SENTINEL_H
#define REDIS_SENTINEL_H

#include "redis/redis_link.h"

struct sentinel;

/* The one answer, from the loop: the master's host, whose name lives until the next question; or NULL, and why. */
typedef void sentinel_fn(const struct redis_host *master, struct str why, void *arg);

struct sentinel *sentinel_new(const struct redis_net *net, const struct redis_url *url,
			      struct str user, struct str password);
void sentinel_free(struct sentinel *s);

void sentinel_ask(struct sentinel *s, sentinel_fn *fn, void *arg);
void sentinel_cancel(struct sentinel *s); /* also when nothing was asked */

#endif
