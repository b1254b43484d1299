/* prefilter_none.c - in the place of prefilter.c where Vectorscan is not installed: all are candidates always. */
#include "filters/pattern/prefilter.h"

struct prefilter_scratch *prefilter_scratch_new(void)
{
	return NULL;
}

void prefilter_scratch_free(struct prefilter_scratch *scratch)
{
	(void)scratch;
}

struct prefilter *prefilter_new(const struct prefilter_item *items, size_t count,
				struct prefilter_scratch *scratch)
{
	(void)items;
	(void)count;
	(void)scratch;
	return NULL;
}

void prefilter_free(void *prefilter)
{
	(void)prefilter;
}

void prefilter_find(const struct prefilter *f, struct prefilter_scratch *scratch, struct str text,
		    uint64_t *candidates)
{
	(void)f;
	(void)scratch;
	(void)text;
	(void)candidates;
}
