/* random.h - unpredictable numbers from the kernel. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *to, size_t n);
uint32_t random_u32(void);

/* One value per process, chosen at first use: the key of hash tables. */
uint64_t random_secret(void);

#endif
