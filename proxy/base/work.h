/* work.h - the clocks by which work is measured and bounded.  Tests have their own, which goes by looks at it. */
#ifndef BASE_WORK_H
#define BASE_WORK_H

#include <stdint.h>

/* CPU time of this thread, in nanoseconds.  A system call. */
int64_t work_ns(void);
/* The same and 0.2 ms more at most: as long as it was read no longer ago, the next clock tells what has passed. */
int64_t work_near_ns(void);
/* A clock that is no slower, for it goes on while the thread waits for a CPU; next to nothing. */
int64_t work_most_ns(void);
/* The same, some ms behind; a tenth of that. */
int64_t work_about_ns(void);

#endif
