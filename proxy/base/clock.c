#include "base/clock.h"

#include "base/check.h"

int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	CHECK(clock_gettime(clock, &t) == 0);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int64_t clock_ms(clockid_t clock)
{
	return clock_ns(clock) / 1000000;
}
