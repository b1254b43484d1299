#include "base/work.h"

#include "base/clock.h"

enum { NEAR_NS = 100000 };

/* What was looked at just now is not asked for again: since then it can have gone on no further than the other clock. */
int64_t work_ns(void)
{
	static _Thread_local int64_t cpu, wall;
	const int64_t now = work_most_ns();

	if (now - wall < NEAR_NS)
		return cpu + (now - wall);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	wall = now;
	return cpu;
}

int64_t work_most_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t work_about_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}
