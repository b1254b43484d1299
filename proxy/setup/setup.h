/* setup.h - a configuration made ready to work with: parsed, its rules read, its verdicts compiled,
 * its certificates loaded.
 *
 * Done once by the master for each generation, before it forks: workers share the memory and only
 * read it.  `check` does the same and stops there; `scan` leaves out the listeners. */
#ifndef SETUP_SETUP_H
#define SETUP_SETUP_H

#include "conf/blocks.h"
#include "filters/run.h"
#include "io/job.h"
#include "io/tls.h"
#include "net/dns.h"
#include "policy/policy.h"
#include "redis/redis_url.h"
#include "store/store.h"

enum { SETUP_BLOCKS_MAX = 64 };

struct setup_blocks {
	const struct conf_block *at[SETUP_BLOCKS_MAX];
	size_t count;
};

struct setup_listener {
	const struct conf_section *section;
	const struct conf_listener *conf;
	size_t backend;      /* which backend section, from 0 */
	struct tls *tls;     /* NULL: none */
	size_t sessions_max; /* of a worker; daemon/descriptors.h */
};

struct setup {
	const char *path; /* of the config, the caller's */
	struct conf *conf;
	const struct conf_global *global;
	struct policy *policy;
	struct filter_set *filters;
	struct setup_listener *listeners;
	size_t listener_count;
	uint64_t certificates_mark; /* of the files as they were when read */
	struct redis_url *redis;    /* NULL: the store is another one */
	struct tls *redis_tls;
	unsigned workers;
	char hostname[256];
};

/* Every block there is: core, policy, filters. */
void setup_blocks(struct setup_blocks *blocks);

enum setup_for {
	SETUP_TO_JUDGE, /* needs no listener and no backend */
	SETUP_TO_SERVE,
};

/* Config (path NULL: all defaults), filters, rules, verdicts; to serve also the listeners with their
 * certificates.  EX_OK; EX_NOINPUT: the file cannot be read; EX_CONFIG: errors.  All were reported;
 * setup_free() is due in any case. */
int setup_load(struct setup *s, const char *path, enum setup_for what,
	       struct conf_report *report) NODISCARD;

/* Part of setup_load(): the files of rules. */
void setup_load_rules(struct setup *s, struct conf_report *report);
/* Part of setup_load(): each listener's backend and certificate. */
void setup_listeners(struct setup *s, struct conf_report *report);

/* A listener's certificates and what else its TLS has, read from their files.  NULL: errors were reported. */
struct tls *setup_tls(const struct conf_listener *l, struct conf_report *report) NODISCARD;
/* A number that differs when any listener's certificate files have been replaced, touched, or gone. */
uint64_t setup_mark_certificates(const struct conf *conf);

/* The config's resolver on a loop. */
struct dns *setup_resolver(const struct setup *s, struct loop *loop);

/* Part of setup_load(): the URL of the store. */
void setup_check_store(struct setup *s, enum setup_for what, struct conf_report *report);
/* The same of a Redis: its URL, and what its TLS needs. */
void setup_check_redis(struct setup *s, const struct conf_store *conf, struct conf_report *report);
struct store_side setup_redis(const struct setup *s, struct loop *loop, struct dns *dns);
/* Where the embedded store is to be, which may be a Redis' fallback, NUL-terminated too; empty when there is none. */
struct str setup_store_folder(const struct setup *s);
bool setup_store_is_asked_for(const struct setup *s); /* or it is the default */
bool setup_store_is_shared(const struct setup *s);    /* when judging: processes see the same one */
/* The config's store on a loop.  NULL: it does not open, which was logged; one that nobody asked for is in
 * memory then. */
struct store *setup_store(const struct setup *s, struct loop *loop, struct jobs *jobs,
			  struct dns *dns);
/* For judging without serving: in memory, unless the config asks for another one, and that opens. */
struct store *setup_store_to_judge(const struct setup *s, struct loop *loop, struct dns *dns);

/* Somebody has written the block, or the journal is one that is there by default. */
bool setup_journal_is_asked_for(const struct setup *s);

void setup_free(struct setup *s);

#endif
