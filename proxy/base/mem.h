/* mem.h - the heap, for what lives longer than a transaction.
 *
 * Running out here ends the process (the master starts another): everything a stranger can
 * make grow is bounded by arenas and the limits table long before. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/str.h"

#include <stddef.h>

void *mem_new(size_t n);                             /* zeroed */
void *mem_resize(void *p, size_t n);                 /* new bytes are not zeroed */
void *mem_array(void *p, size_t count, size_t size); /* mem_resize, overflow checked */
char *mem_strdup(struct str s);                      /* NUL-terminated copy */
void mem_free(void *p);

#endif
