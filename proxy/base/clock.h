/* clock.h - the system's clocks, for who is not driven by a loop or measures work.  Whatever a loop drives asks it
 * (io/loop.h: loop_now_ms()): all in one turn then have one time, and tests have theirs. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* What CLOCK_MONOTONIC and so on say, in nanoseconds and in milliseconds; whole ones, rounded down. */
int64_t clock_ns(clockid_t clock);
int64_t clock_ms(clockid_t clock);

#endif
