/* prefilter_none.c - in the place of prefilter.c where Vectorscan is not installed: there is no prefilter. */
#include "filters/pattern/prefilter.h"

const char *prefilter_engine(void)
{
	return "";
}

struct prefilter_scratch *prefilter_scratch_new(void)
{
	return NULL;
}

void prefilter_scratch_free(struct prefilter_scratch *scratch)
{
	(void)scratch;
}

struct prefilter *prefilter_new(void)
{
	return NULL;
}

void prefilter_free(void *prefilter)
{
	(void)prefilter;
}

bool prefilter_add(struct prefilter *f, const struct literals *literals, uint32_t item)
{
	(void)f;
	(void)literals;
	(void)item;
	return false;
}

bool prefilter_close(struct prefilter *f, struct prefilter_scratch *scratch)
{
	(void)f;
	(void)scratch;
	return false;
}

void prefilter_look(const struct prefilter *f, struct prefilter_scratch *scratch, struct str text,
		    struct sight_window window, sight_seen *seen, void *ctx)
{
	(void)f;
	(void)scratch;
	(void)text;
	(void)window;
	(void)seen;
	(void)ctx;
}
