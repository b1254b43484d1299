/* The option tables of the blocks that are not a filter's or policy's; those of listeners and backends have files
 * of their own (blocks_*.c).  Defaults that are limits are written as text; a test compares them with
 * base/limits.def. */
#include "conf/blocks.h"

#include "base/check.h"
#include "base/limits.h"
#include "conf/bounds.h"

#define MEMORY_MIN (INT64_C(64) << 20)
#define MEMORY_MAX (INT64_C(1) << 50)

const char *const conf_tls_words[] = { "none", "optional", "required", "implicit", NULL };

#define FIELD(NAME) .offset = offsetof(struct conf_global, NAME)

static const struct conf_option global_options[] = {
	{
		.name = "workers",
		.type = CONF_INT,
		FIELD(workers),
		.fallback = "0",
		.max = LIMIT_WORKERS,
		.about = "worker processes; 0: one per core",
	},
	{
		.name = "user",
		.type = CONF_TEXT,
		FIELD(user),
		.fallback = "",
		.about =
			"who the workers are when started as root; empty: postern, if there is such an account",
	},
	{
		.name = "hostname",
		.type = CONF_TEXT,
		FIELD(hostname),
		.fallback = "",
		.about =
			"name in the greeting, Received and EHLO to backends; empty: the machine's",
	},
	{
		.name = "memory_max",
		.type = CONF_SIZE,
		FIELD(memory_max),
		.fallback = "1GB",
		.min = MEMORY_MIN,
		.max = MEMORY_MAX,
		.about =
			"memory of a worker beside the configuration: sessions, mails, TLS, caches; above it new connections "
			"and mails are answered 4xx, and large mails go to files",
	},
	{
		.name = "spool",
		.type = CONF_TEXT,
		FIELD(spool),
		.fallback = "/var/tmp",
		.about = "folder of the unlinked files that hold large messages meanwhile",
	},
	{
		.name = "spool_max",
		.type = CONF_SIZE,
		FIELD(spool_max),
		.fallback = "10GB",
		.max = MEMORY_MAX,
		.about =
			"what the spool files of a worker may hold together: a message of over 1MB that finds no room there "
			"is answered 452; 0: no limit",
	},
	{
		.name = "spool_min_free",
		.type = CONF_SIZE,
		FIELD(spool_min_free),
		.fallback = "64MB",
		.max = MEMORY_MAX,
		.about =
			"what spool files leave free on their disk: a message of over 1MB that would take it is answered 452; "
			"0: nothing",
	},
	{
		.name = "certificate_watch",
		.type = CONF_TIME,
		FIELD(certificate_watch_ms),
		.fallback = "1m",
		.max = HOUR_MS,
		.about =
			"look this often whether certificate files were renewed: good ones are taken as "
			"by a reload; 0: at a reload only",
	},
};

#undef FIELD

static const struct conf_option resolver_options[] = {
	{
		.name = "servers",
		.type = CONF_LIST,
		.offset = offsetof(struct conf_resolver, servers),
		.fallback = "[]",
		.example = "[\"127.0.0.1\"]",
		.about = "DNS servers, port 53 when none is given; []: those of /etc/resolv.conf",
	},
	{
		.name = "timeout",
		.type = CONF_TIME,
		.offset = offsetof(struct conf_resolver, timeout_ms),
		.fallback = "5s",
		.min = TIME_MIN_MS,
		.max = MINUTE_MS,
		.about = "of a question, over all servers and tries",
	},
};

#define PREGREET(MEMBER) .offset = offsetof(struct conf_pregreet, MEMBER)

static const struct conf_option pregreet_options[] = {
	{
		.name = "wait",
		.type = CONF_TIME,
		PREGREET(wait_ms),
		.fallback = "0",
		.max = MINUTE_MS,
		.about =
			"before the greeting, while DNS is asked; who talks meanwhile is an EARLY_TALKER",
	},
	{
		.name = "remember",
		.type = CONF_TIME,
		PREGREET(remember_ms),
		.fallback = "1h",
		.max = 7 * DAY_MS,
		.about = "that a client has waited: it is greeted at once",
	},
};

const struct conf_block block_pregreet = {
	.name = "pregreet",
	.about = "A pause before the greeting, which those who do not listen do not wait for.",
	.options = pregreet_options,
	.option_count = COUNTOF(pregreet_options),
	.size = sizeof(struct conf_pregreet),
	.always = true,
};

#define VANTAGE(MEMBER) .offset = offsetof(struct conf_vantage, MEMBER)

static const struct conf_option vantage_options[] = {
	{
		.name = "guard",
		.type = CONF_BOOL,
		VANTAGE(guard),
		.fallback = "yes",
		.about = "no: every address is believed, also one that all clients have",
	},
	{
		.name = "window",
		.type = CONF_TIME,
		VANTAGE(window_ms),
		.fallback = "10m",
		.min = SECOND_MS,
		.max = DAY_MS,
		.about =
			"over which connections are counted, by each worker for each listener; older ones "
			"count half",
	},
	{
		.name = "connections",
		.type = CONF_INT,
		VANTAGE(connections),
		.fallback = "30",
		.min = 2,
		.max = 1000000,
		.about = "fewer prove nothing: a listener for local programs is left alone",
	},
	{
		.name = "share",
		.type = CONF_INT,
		VANTAGE(share),
		.fallback = "95",
		.min = 51,
		.max = 100,
		.about = "percent of them that come from the one address",
	},
	{
		.name = "except",
		.type = CONF_LIST,
		VANTAGE(except),
		.fallback = "[]",
		.example = "[\"127.0.0.0/8\", \"10.1.2.3\"]",
		.about =
			"addresses and networks whose clients are who they seem; they do not count",
	},
};

#undef VANTAGE

const struct conf_block block_vantage = {
	.name = "vantage",
	.about =
		"When nearly all clients have one private address (NAT, a container's bridge), it says nothing about "
		"them: filters of addresses are off for them, with a warning in the log.",
	.options = vantage_options,
	.option_count = COUNTOF(vantage_options),
	.size = sizeof(struct conf_vantage),
	.always = true,
};

#define RESULTS(MEMBER) .offset = offsetof(struct conf_authentication_results, MEMBER)

static const struct conf_option results_options[] = {
	{
		.name = "enabled",
		.type = CONF_BOOL,
		RESULTS(enabled),
		.fallback = "yes",
		.about = "write the field into mail that is accepted",
	},
	{
		.name = "id",
		.type = CONF_TEXT,
		RESULTS(id),
		.fallback = "",
		.about =
			"the name results are signed with (authserv-id), and forged fields of which are removed; "
			"empty: the hostname",
	},
	{
		.name = "login",
		.type = CONF_BOOL,
		RESULTS(login),
		.fallback = "no",
		.about = "tell the name of who has logged in",
	},
	{
		.name = "received_spf",
		.type = CONF_BOOL,
		RESULTS(received_spf),
		.fallback = "no",
		.about = "write Received-SPF (RFC 7208 9.1) as well",
	},
};

#undef RESULTS

const struct conf_block block_authentication_results = {
	.name = "authentication_results",
	.about = "What the message tells of who sent it, for those behind (RFC 8601).",
	.options = results_options,
	.option_count = COUNTOF(results_options),
	.size = sizeof(struct conf_authentication_results),
	.always = true,
};

static const struct conf_option duplicates_options[] = {
	{
		.name = "enabled",
		.type = CONF_BOOL,
		.offset = offsetof(struct conf_duplicates, enabled),
		.fallback = "yes",
		.about = "no: mail that comes again is delivered again",
	},
	{
		.name = "lifetime",
		.type = CONF_TIME,
		.offset = offsetof(struct conf_duplicates, lifetime_ms),
		.fallback = "2h",
		.min = SECOND_MS,
		.max = 7 * DAY_MS,
		.about =
			"how long it is waited for: clients try again within an hour, at first (RFC 5321 4.5.4.1 has 30 minutes)",
	},
};

const struct conf_block block_duplicates = {
	.name = "duplicates",
	.about =
		"Mail that was delivered, but whose client was lost before it could hear our 250: it will come again, "
		"and is then answered 250 without a second delivery, once.",
	.options = duplicates_options,
	.option_count = COUNTOF(duplicates_options),
	.size = sizeof(struct conf_duplicates),
	.always = true,
};

static const char *const scores_words[] = { "network", "local", NULL };
static const char *const run_words[] = { "needed", "all", NULL };

static const struct conf_option rules_options[] = {
	{
		.name = "files",
		.type = CONF_LIST,
		.offset = offsetof(struct conf_rules, files),
		.fallback = "[]",
		.example = "[\"/etc/postern/rules/*.cf\"]",
		.about =
			"rule files, with * and ?: scores, descriptions, metas; a relative name is one in "
			"the folder that the program was started in",
	},
	{
		.name = "scores",
		.type = CONF_CHOICE,
		.offset = offsetof(struct conf_rules, scores),
		.fallback = "network",
		.choices = scores_words,
		.about =
			"which of a rule's four scores counts: local is for gates that ask no public list (rbl { ask = no })",
	},
	{
		.name = "run",
		.type = CONF_CHOICE,
		.offset = offsetof(struct conf_rules, run),
		.fallback = "needed",
		.choices = run_words,
		.about =
			"needed leaves out the rules on which nothing hangs, neither a score nor a verdict; all has them in the journal too (scan tells of all in any case)",
	},
};

const struct conf_block block_global = {
	.name = "",
	.about = "Outside blocks: the program itself.",
	.options = global_options,
	.option_count = COUNTOF(global_options),
	.size = sizeof(struct conf_global),
	.always = true,
};

const struct conf_block block_resolver = {
	.name = "resolver",
	.about = "Who answers DNS questions.  Block lists need a resolver of your own, close by.",
	.options = resolver_options,
	.option_count = COUNTOF(resolver_options),
	.size = sizeof(struct conf_resolver),
	.always = true,
};

const struct conf_block block_rules = {
	.name = "rules",
	.about = "What symbols weigh.",
	.options = rules_options,
	.option_count = COUNTOF(rules_options),
	.size = sizeof(struct conf_rules),
	.always = true,
	.sample = "rules { files = [\"/etc/postern/rules/*.cf\"] }\n",
};

const struct conf_block *const *conf_blocks(size_t *n)
{
	static const struct conf_block *const blocks[] = {
		&block_global,     &block_listener, &block_backend,
		&block_resolver,   &block_rules,    &block_store,
		&block_pregreet,   &block_vantage,  &block_authentication_results,
		&block_duplicates, &block_control,  &block_journal,
	};

	*n = COUNTOF(blocks);
	return blocks;
}
