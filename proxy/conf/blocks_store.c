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
			"lmdb:DIR, a file of this machine that all workers share; redis://HOST, which machines share (see "
			"STORE); or memory:, of each worker alone and until it ends",
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
			"room.  The bulk radar takes a quarter more, at most 256MB",
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
	{
		.name = "fallback",
		.type = CONF_TEXT,
		STORE(fallback),
		.fallback = "memory:",
		.about =
			"what answers while the Redis is away: memory:, which is each worker's own, lmdb:DIR, or none; who has passed the "
			"greylist before is new to it, where with none nobody is held",
	},
	{
		.name = "timeout",
		.type = CONF_TIME,
		STORE(timeout_ms),
		.fallback = "2s",
		.min = 100,
		.max = HOUR_MS,
		.about =
			"a Redis that leaves a connection or a question unanswered for so long is away",
	},
	{
		.name = "user",
		.type = CONF_TEXT,
		STORE(user),
		.optional = true,
		.example = "postern",
		.about = "who logs in at the Redis, when the url does not say it",
	},
	{
		.name = "password",
		.type = CONF_TEXT,
		STORE(password),
		.optional = true,
		.example = "secret",
		.about =
			"and with which password, as it stands; ${NAME} is taken from the environment",
	},
	{
		.name = "sentinel_user",
		.type = CONF_TEXT,
		STORE(sentinel_user),
		.optional = true,
		.example = "postern",
		.about = "who logs in at the Sentinels, where they have users",
	},
	{
		.name = "sentinel_password",
		.type = CONF_TEXT,
		STORE(sentinel_password),
		.optional = true,
		.example = "secret",
		.about = "and with which password, where they want one",
	},
	{
		.name = "tls_verify",
		.type = CONF_BOOL,
		STORE(tls_verify),
		.fallback = "yes",
		.about =
			"with rediss: the certificate must be valid for the host of the url, or the master's that a "
			"Sentinel names",
	},
	{
		.name = "tls_ca",
		.type = CONF_TEXT,
		STORE(tls_ca),
		.optional = true,
		.example = "/etc/ssl/certs/ca-certificates.crt",
		.about = "file with the authorities to trust (PEM); without it the system's",
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

static const struct conf_option control_options[] = {
	{
		.name = "socket",
		.type = CONF_TEXT,
		.offset = offsetof(struct conf_control, socket),
		.fallback = "/run/postern/control.sock",
		.about = "its path; open to whoever starts the daemon alone",
	},
};

const struct conf_block block_control = {
	.name = "control",
	.about =
		"The socket on which `postern status` and `postern greylist` ask the running daemon; without this block there is none.",
	.options = control_options,
	.option_count = COUNTOF(control_options),
	.size = sizeof(struct conf_control),
	.sample = "control { socket = \"/run/postern/control.sock\" }\n",
};

#define JOURNAL(MEMBER) .offset = offsetof(struct conf_journal, MEMBER)

static const struct conf_option journal_options[] = {
	{
		.name = "enabled",
		.type = CONF_BOOL,
		JOURNAL(enabled),
		.fallback = "yes",
		.about = "a record of each transaction, for `postern explain`",
	},
	{
		.name = "path",
		.type = CONF_TEXT,
		JOURNAL(path),
		.fallback = "/var/lib/postern/journal",
		.about = "its folder, on a disk of this machine; a file for each hour",
	},
	{
		.name = "keep",
		.type = CONF_TIME,
		JOURNAL(keep_ms),
		.fallback = "7d",
		.min = HOUR_MS,
		.max = 3660 * DAY_MS,
		.about = "how long records are kept: there are mail addresses in them",
	},
	{
		.name = "size_max",
		.type = CONF_SIZE,
		JOURNAL(size_max),
		.fallback = "1GB",
		.min = INT64_C(1) << 20,
		.max = INT64_C(1) << 50,
		.about = "of all its files; past that the oldest go before their time",
	},
};

#undef JOURNAL

const struct conf_block block_journal = {
	.name = "journal",
	.about =
		"What became of each mail and why, for `postern explain ID`, see JOURNAL in postern(8).  Where its folder "
		"cannot be made, and this block is not there, no journal is kept.",
	.options = journal_options,
	.option_count = COUNTOF(journal_options),
	.size = sizeof(struct conf_journal),
	.always = true,
};
