#include "base/work.h"

#include "base/clock.h"

int64_t work_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

int64_t work_most_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t work_about_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}
