#include "setup/setup.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "inspection/facts.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static void add_blocks(struct setup_blocks *blocks, const struct conf_block *const *more, size_t n)
{
	CHECK(blocks->count + n <= SETUP_BLOCKS_MAX);
	memcpy(blocks->at + blocks->count, more, n * sizeof(more[0]));
	blocks->count += n;
}

void setup_blocks(struct setup_blocks *blocks)
{
	static const struct conf_block *const of_policy[] = { &block_recipients, &block_verdict };
	const struct conf_block *const *some;
	size_t n;

	blocks->count = 0;
	some = conf_blocks(&n);
	add_blocks(blocks, some, n);
	some = filter_blocks(&n);
	add_blocks(blocks, some, n);
	add_blocks(blocks, of_policy, COUNTOF(of_policy));
}

/* ---- filters and policy meet here: the numbers of symbols ---- */

static filter_symbol define_symbol(void *ctx, struct str name, unsigned source,
				   enum filter_phase phase, const char *about)
{
	const bool early = phase <= PHASE_MAIL || phase == PHASE_RCPT;

	return policy_symbol(ctx, name, source, early ? STAGE_RCPT : STAGE_END, about);
}

static void defer_on(void *ctx, filter_symbol symbol)
{
	policy_defer_on(ctx, symbol);
}

/* ---- rules ---- */

/* What rules look for in a message is read by policy, and looked for by a filter.  Who only judges is to tell of every rule that
 * was true. */
static void hand_over_rules(struct setup *s, enum setup_for what,
			    const struct filter_registry *registry, struct conf_report *report)
{
	const struct conf_rules *rules = conf_values(s->conf, &block_rules);
	struct patterns patterns;

	if (!s->filters)
		return;
	if (what == SETUP_TO_SERVE && rules->run == CONF_RUN_NEEDED)
		policy_find_idle(s->policy, s->conf);
	patterns = policy_patterns(s->policy, report);
	filter_set_patterns(s->filters, s->conf, registry, &patterns, report);
}

/* ---- the process ---- */

static void find_hostname(struct setup *s)
{
	const struct str given = s->global->hostname.text;

	/* The machine's own name, without asking DNS for a longer one: a start never waits. */
	if (given.n && given.n < sizeof(s->hostname))
		memcpy(s->hostname, given.p, given.n);
	else if (gethostname(s->hostname, sizeof(s->hostname) - 1) != 0 || !s->hostname[0])
		memcpy(s->hostname, "localhost", sizeof("localhost"));
}

static unsigned count_workers(int64_t configured)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (configured > 0)
		return configured < LIMIT_WORKERS ? (unsigned)configured : LIMIT_WORKERS;
	return cores < 1 ? 1 : cores > LIMIT_WORKERS ? LIMIT_WORKERS : (unsigned)cores;
}

int setup_load(struct setup *s, const char *path, enum setup_for what, struct conf_report *report)
{
	struct setup_blocks blocks;
	struct filter_registry registry = { .symbol = define_symbol, .defer_on = defer_on };
	bool ok;

	*s = (struct setup){ .path = path };
	setup_blocks(&blocks);
	s->conf = path ? conf_load(path, blocks.at, blocks.count, report)
		       : conf_parse(STR(""), "defaults", blocks.at, blocks.count, report);
	if (!s->conf)
		return !path || access(path, R_OK) == 0 ? EX_CONFIG : EX_NOINPUT;
	s->global = conf_values(s->conf, &block_global);
	s->workers = count_workers(s->global->workers);
	find_hostname(s);
	/* All errors there are, in one go. */
	ok = what == SETUP_TO_SERVE ? conf_check(s->conf, report)
				    : conf_check_resolver(s->conf, report);
	if (what == SETUP_TO_SERVE)
		setup_listeners(s, report);
	setup_check_store(s, what, report);

	s->policy = policy_new();
	registry.ctx = s->policy;
	conf_count_notes(report);
	smtp_facts_define(s->policy);
	s->filters = filter_set_new(s->conf, &registry, report);
	setup_load_rules(s, report);
	hand_over_rules(s, what, &registry, report);
	/* Without the filters' symbols every verdict would be told to be misspelt. */
	if (!s->filters || !policy_compile(s->policy, s->conf, report))
		ok = false;
	else if (what == SETUP_TO_SERVE)
		policy_warn_of_verdicts(s->policy, report);
	conf_tell_notes(report);
	return ok && report->errors == 0 ? EX_OK : EX_CONFIG;
}

struct dns *setup_resolver(const struct setup *s, struct loop *loop)
{
	const struct conf_resolver *r = conf_values(s->conf, &block_resolver);
	struct dns_server *servers = mem_array(NULL, r->servers.count + 1, sizeof(*servers));
	struct dns_options options = { .servers = servers, .timeout_ms = r->timeout_ms };
	struct dns *dns;

	for (size_t i = 0; i < r->servers.count; i++) {
		struct dns_server *to = &servers[options.server_count];

		if (conf_address(r->servers.items[i].text, 53, &to->ip, &to->port))
			options.server_count++;
	}
	dns = dns_new(loop, &options);
	mem_free(servers);
	return dns;
}

bool setup_journal_is_asked_for(const struct setup *s)
{
	return conf_first(s->conf, &block_journal)->at.line != 0;
}

void setup_free(struct setup *s)
{
	for (size_t i = 0; i < s->listener_count; i++)
		if (s->listeners[i].tls)
			tls_free(s->listeners[i].tls);
	mem_free(s->listeners);
	tls_free(s->redis_tls);
	mem_free(s->redis);
	if (s->policy)
		policy_free(s->policy);
	if (s->conf)
		conf_free(s->conf); /* with the filters: they live in its arena */
	*s = (struct setup){ 0 };
}
