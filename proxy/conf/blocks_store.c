#include "base/check.h"
#include "conf/blocks.h"
#include "conf/bounds.h"

#define STORE(MEMBER) .offset = offsetof(struct conf_store, MEMBER)

static const struct conf_option store_options[] = {
	{
		.name = "url",
		.type = CONF_TEXT,
		STORE(url),
		.fallback = "lmdb:/var/lib/postern",
		.about =
			"lmdb:DIR, a file of this machine that all workers share; or memory:, of each worker alone and "
			"until it ends",
	},
	{
		.name = "size_max",
		.type = CONF_SIZE,
		STORE(size_max),
		.fallback = "256MB",
		.min = INT64_C(1) << 20,
		.max = INT64_C(8) << 30,
		.about =
			"of lmdb:; when it is full, what would expire first goes, of the kind that takes most "
			"room",
	},
	{
		.name = "sync",
		.type = CONF_TIME,
		STORE(sync_ms),
		.fallback = "5s",
		.min = 100,
		.max = HOUR_MS,
		.about =
			"lmdb: is brought to the disk this often, by the way and not while mail waits; a worker that is killed loses "
			"nothing in between",
	},
};

#undef STORE

const struct conf_block block_store = {
	.name = "store",
	.about = "What is remembered between messages.",
	.options = store_options,
	.option_count = COUNTOF(store_options),
	.size = sizeof(struct conf_store),
	.always = true,
};
