/* inside.h - what the fakes know of each other. */
#ifndef FAKE_INSIDE_H
#define FAKE_INSIDE_H

#include "fake/fake.h"

struct fake_post {
	struct fake_post *next;
	int64_t due;
	uint64_t seq;
	fake_fn *fn;
	void *arg;
};

struct loop {
	int64_t now;
	uint64_t seq; /* of timers and posts: equal times keep their order */
	struct timer *timers;
	struct fake_post *posts;
	struct wake *wakes, **last_wake;
	struct fake_pending pending;
	bool calling, stop;
	struct fake_net *net;
	struct fake_zone *zone;
	int64_t job_delay;
};

/* The callback has returned: views of input die, what was written goes out. */
void fake_net_settle(struct loop *loop);
void fake_net_free(struct loop *loop);
void fake_zone_free(struct loop *loop);

/* Bytes that grow. */
struct fake_bytes {
	char *p;
	size_t n, cap;
};

void fake_bytes_add(struct fake_bytes *b, struct str s);
void fake_bytes_drop(struct fake_bytes *b, size_t n);
void fake_bytes_free(struct fake_bytes *b);

static inline struct str fake_bytes_str(const struct fake_bytes *b)
{
	return (struct str){ .p = b->p, .n = b->n };
}

#endif
