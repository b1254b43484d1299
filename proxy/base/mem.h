/* mem.h - the heap, for what lives longer than a transaction.
 *
 * Running out here ends the process (the master starts another): everything a stranger can
 * make grow is bounded by arenas and the limits table long before. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/check.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_new(size_t n);             /* zeroed */
void *mem_resize(void *p, size_t n); /* new bytes are not zeroed */
void mem_free(void *p);

static inline void *mem_array(void *p, size_t count, size_t size)
{
	CHECK(size == 0 || count <= SIZE_MAX / size);
	return mem_resize(p, count * size);
}

/* A copy with a NUL behind it. */
static inline char *mem_strdup(struct str s)
{
	char *z = mem_new(s.n + 1);

	if (s.n)
		memcpy(z, s.p, s.n);
	return z;
}

/* An array with room for so many at least: doubled until it has. */
static inline void *mem_grow(void *p, uint32_t *room, uint32_t wanted, size_t size)
{
	if (wanted <= *room)
		return p;
	while (*room < wanted)
		*room = *room ? *room * 2 : 16;
	return mem_array(p, *room, size);
}

/* What the calling thread has of it, as the heap counts.  Memory is scarce once there is so much more in
 * use than when the limit was set, until an eighth of that has been given back; 0: it never is. */
size_t mem_used(void);
void mem_limit(size_t most);
bool mem_is_scarce(void);

#endif
