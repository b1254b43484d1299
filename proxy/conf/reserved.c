/* Blocks that configs may hold already although this version has nothing behind them.  Their
 * values are read (a misspelt option is still an error), conf_check() warns, nothing shows them. */
#include "base/check.h"
#include "conf/blocks.h"

#define TEXT_FIELD .type = CONF_TEXT, .offset = offsetof(struct conf_reserved, text)
#define TIME_FIELD .type = CONF_TIME, .offset = offsetof(struct conf_reserved, time_ms)

static const struct conf_option journal_options[] = {
	{
		.name = "path",
		TEXT_FIELD,
		.fallback = "/var/lib/postern/journal",
		.about = "its folder",
	},
	{
		.name = "keep",
		TIME_FIELD,
		.fallback = "7d",
		.about = "how long records are kept",
	},
};

#define RESERVED(NAME, ABOUT)                                                                      \
	const struct conf_block block_##NAME = {                                                   \
		.name = #NAME,                                                                     \
		.about = ABOUT,                                                                    \
		.options = NAME##_options,                                                         \
		.option_count = COUNTOF(NAME##_options),                                           \
		.size = sizeof(struct conf_reserved),                                              \
		.sample = "",                                                                      \
	}

RESERVED(journal, "The record of every transaction.");
