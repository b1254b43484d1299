/* arena.h - memory that dies together, with a ceiling.
 *
 * Nothing in an arena is freed alone.  Over the ceiling arena_alloc() returns NULL, which the
 * proxy answers with 452: a stranger can fill a transaction, never the machine.  An arena holds
 * no memory until the first allocation, so an idle session costs only the struct. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/attr.h"
#include "base/str.h"

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	char *at, *end;
	size_t used;    /* bytes of all chunks */
	size_t ceiling; /* of `used` */
};

void arena_init(struct arena *a, size_t ceiling);
void arena_reset(struct arena *a); /* gives everything back; the arena can be used again */

/* Zeroed, aligned for any type; NULL over the ceiling. */
void *arena_alloc(struct arena *a, size_t n) NODISCARD;
#define arena_new(A, TYPE) ((TYPE *)arena_alloc((A), sizeof(TYPE)))

/* A copy with a NUL behind it (not counted in n); p == NULL over the ceiling. */
struct str arena_str(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
