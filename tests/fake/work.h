/* work.h - base/work.h for tests: CPU time passes only when somebody looks, so that how busy the machine is, or how slow what
 * watches a test, decides nothing.  Linked into every test and fuzzer. */
#ifndef FAKE_WORK_H
#define FAKE_WORK_H

#include <stdint.h>

/* What a look at either clock lets pass from now on.  None at first. */
void fake_work_each_look(int64_t ns);

#endif
