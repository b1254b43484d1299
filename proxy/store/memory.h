/* memory.h - the store that lasts as long as the process: `memory:`, tests, and what stands in for a shared one. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/local.h"

/* bytes_max: keys, labels and records; over it what was written longest ago goes. */
struct store_side store_memory(struct loop *loop, size_t bytes_max);

#endif
