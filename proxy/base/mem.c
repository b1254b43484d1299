#include "base/mem.h"

#include "base/check.h"

#include <stdlib.h>

/* What glibc keeps at hand for malloc(); calloc() passes it by. */
enum { AT_HAND = 1024 };

void *mem_new(size_t n)
{
	const size_t size = n ? n : 1;
	void *p = size <= AT_HAND ? malloc(size) : calloc(1, size);

	CHECK(p != NULL);
	return size <= AT_HAND ? memset(p, 0, size) : p;
}

void *mem_resize(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	CHECK(q != NULL);
	return q;
}

void *mem_array(void *p, size_t count, size_t size)
{
	CHECK(size == 0 || count <= SIZE_MAX / size);
	return mem_resize(p, count * size);
}

char *mem_strdup(struct str s)
{
	char *z = mem_new(s.n + 1);

	if (s.n)
		memcpy(z, s.p, s.n);
	return z;
}

void mem_free(void *p)
{
	free(p);
}
