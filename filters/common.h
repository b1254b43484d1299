/* common.h - the options every filter has. */
#ifndef FILTERS_COMMON_H
#define FILTERS_COMMON_H

#include "base/limits.h"
#include "conf/conf.h"

#include <stdbool.h>
#include <stdint.h>

/* First in the struct of a filter's options; FILTER_COMMON_OPTIONS in its table. */
enum on_fail { ON_FAIL_PASS, ON_FAIL_DEFER };
struct filter_common {
	bool enabled;
	int on_fail;         /* enum on_fail */
	int64_t deadline_ms; /* of the lookups of one phase */
};
extern const char *const on_fail_words[];
#define FILTER_COMMON_OPTIONS(STRUCT)                                                              \
	{ .name = "enabled",                                                                       \
	  .type = CONF_BOOL,                                                                       \
	  .offset = offsetof(struct STRUCT, common.enabled),                                       \
	  .fallback = "yes",                                                                       \
	  .about = "no: as if it were not there" },                                                \
		{ .name = "on_fail",                                                               \
		  .type = CONF_CHOICE,                                                             \
		  .offset = offsetof(struct STRUCT, common.on_fail),                               \
		  .fallback = "pass",                                                              \
		  .choices = on_fail_words,                                                        \
		  .about = "when its lookups fail: pass (mark degraded) or defer (451)" },         \
	{                                                                                          \
		.name = "deadline", .type = CONF_TIME,                                             \
		.offset = offsetof(struct STRUCT, common.deadline_ms), .fallback = "5s", .min = 1, \
		.max = LIMIT_FILTER_DEADLINE_MS,                                                   \
		.about = "longest time its lookups of one phase may take"                          \
	}

#endif
