#include "base/arena.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>

/* The first chunk is small, for idle sessions have one, but that of a transaction holds an ordinary mail;
 * later ones double. */
enum {
	CHUNK_FIRST = 1024 - 16,
	CHUNK_FIRST_LARGE = 4096 - 16,
	CHUNK_MOST = 16384 - 16,
	LARGE_CEILING = 1048576
};

struct arena_chunk {
	struct arena_chunk *next;
	alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *a, size_t ceiling)
{
	*a = (struct arena){ .ceiling = ceiling };
}

void arena_reset(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		mem_free(a->chunks);
		a->chunks = next;
	}
	arena_init(a, a->ceiling);
}

static bool grow(struct arena *a, size_t n)
{
	const size_t least = n + sizeof(struct arena_chunk);
	const size_t left = a->ceiling - a->used;
	const size_t first = a->ceiling < LARGE_CEILING ? CHUNK_FIRST : CHUNK_FIRST_LARGE;
	const size_t wish = a->used < first ? first : a->used > CHUNK_MOST ? CHUNK_MOST : a->used;
	const size_t fits = wish < left ? wish : left;
	const size_t size = least > fits ? least : fits;
	struct arena_chunk *chunk;

	if (n > a->ceiling || size > left)
		return false;
	chunk = mem_resize(NULL, size);
	chunk->next = a->chunks;
	a->chunks = chunk;
	a->used += size;
	a->at = chunk->bytes;
	a->end = (char *)chunk + size;
	return true;
}

/* Not zeroed. */
static void *take(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	void *p;

	if (n > a->ceiling)
		return NULL;
	n = (n + align - 1) & ~(align - 1);
	if ((size_t)(a->end - a->at) < n && !grow(a, n))
		return NULL;
	p = a->at;
	a->at += n;
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = take(a, n);

	return p ? memset(p, 0, n) : NULL;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = take(a, s.n + 1);

	if (!p)
		return (struct str){ 0 };
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){ .p = p, .n = s.n };
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	int n;
	char *p;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	CHECK(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	if (!p)
		return (struct str){ 0 };
	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return (struct str){ .p = p, .n = (size_t)n };
}
