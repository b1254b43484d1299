/* tools.c - what matching needs, for one message at a time: see group.h. */
#include "filters/pattern/group.h"

#include "base/mem.h"

void rule_tools_open(struct rule_tools *tools)
{
	tools->engine = regex_engine_new();
	tools->prefilter = prefilter_scratch_new();
	tools->places = mem_new(sizeof(*tools->places));
}

void rule_tools_size(struct rule_tools *tools, size_t largest_group)
{
	places_open(tools->places, largest_group);
	tools->hits = mem_array(NULL, largest_group + 1, sizeof(int));
	tools->toils = mem_new((largest_group + 1) * sizeof(*tools->toils));
}

void rule_tools_close(struct rule_tools *tools)
{
	regex_engine_free(tools->engine);
	prefilter_scratch_free(tools->prefilter);
	places_close(tools->places);
	mem_free(tools->places);
	mem_free(tools->hits);
	mem_free(tools->toils);
}
