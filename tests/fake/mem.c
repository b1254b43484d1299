/* mem.c - base/mem.h that counts, so that a test can say that all was given back. */
#include "base/mem.h"

#include "base/check.h"
#include "fake/fake.h"

#include <stdint.h>
#include <stdlib.h>

static size_t live;

size_t fake_live_blocks(void)
{
	return live;
}

static bool scarce;

size_t mem_used(void)
{
	return 0;
}

void mem_limit(size_t most)
{
	(void)most;
}

void fake_memory(bool is_scarce)
{
	scarce = is_scarce;
}

bool mem_is_scarce(void)
{
	return scarce;
}

void *mem_new(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	CHECK(p != NULL);
	live++;
	return p;
}

void *mem_resize(void *p, size_t n)
{
	void *moved = realloc(p, n ? n : 1);

	CHECK(moved != NULL);
	live += (p == NULL);
	return moved;
}

void mem_free(void *p)
{
	live -= (p != NULL);
	free(p);
}
