/* seconds.h - what a clock says, in seconds: of the CPU this process took (all its threads), and of the wall. */
#ifndef BENCH_SECONDS_H
#define BENCH_SECONDS_H

#include "base/clock.h"

static inline double clock_s(clockid_t clock)
{
	return (double)clock_ns(clock) / 1e9;
}

static inline double cpu_s(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

static inline double wall_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

#endif
