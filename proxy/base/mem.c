#include "base/mem.h"

#include "base/check.h"

#include <malloc.h>
#include <stdlib.h>

/* What glibc keeps at hand for malloc(); calloc() passes it by. */
enum { AT_HAND = 1024 };

/* Threads are those of jobs: what one thread allocates another must not free, or the counts go astray. */
static _Thread_local size_t used;
static size_t too_much, ample; /* too_much 0: no limit */

static void *count(void *p)
{
	used += malloc_usable_size(p);
	return p;
}

void *mem_new(size_t n)
{
	const size_t size = n ? n : 1;
	void *p = size <= AT_HAND ? malloc(size) : calloc(1, size);

	CHECK(p != NULL);
	count(p);
	return size <= AT_HAND ? memset(p, 0, size) : p;
}

void *mem_resize(void *p, size_t n)
{
	void *q;

	used -= malloc_usable_size(p);
	q = realloc(p, n ? n : 1);
	CHECK(q != NULL);
	return count(q);
}

void mem_free(void *p)
{
	used -= malloc_usable_size(p);
	free(p);
}

size_t mem_used(void)
{
	return used;
}

void mem_limit(size_t most)
{
	too_much = most ? used + most : 0;
	ample = too_much - most / 8;
}

bool mem_is_scarce(void)
{
	static bool scarce;

	if (too_much == 0)
		return false;
	if (used > too_much)
		scarce = true;
	else if (used < ample)
		scarce = false;
	return scarce;
}
