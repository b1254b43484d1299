#include "session/world.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/spool_file.h"
#include "io/spool_room.h"
#include "journal/journal.h"
#include "policy/hits.h"

#include <jansson.h>

enum { TALLY_ROWS = 1024 };

static void complain(struct conf_report *r, enum conf_severity severity,
		     const struct conf_place *at, const char *text)
{
	struct out *why = r->arg;

	if (severity == CONF_ERROR)
		r->errors++;
	else
		r->warnings++;
	out_printf(why, "%s:%u:%u: %s; ", at->file ? at->file : "", at->line, at->column, text);
}

static void catch_log(struct str lines, void *arg)
{
	fake_bytes_add(&((struct world *)arg)->log, lines);
}

static ssize_t catch_journal(void *arg, struct str lines, int64_t unix_ms)
{
	(void)unix_ms;
	fake_bytes_add(&((struct world *)arg)->records, lines);
	return (ssize_t)lines.n;
}

static bool open_backends(struct world *w, struct out *why)
{
	const struct conf_section *i = conf_first(w->setup->conf, &block_backend);

	for (; i; i = conf_next(i)) {
		const struct backend_options options = {
			.loop = w->loop,
			.jobs = w->jobs,
			.section = i,
			.hostname = str_z(w->setup->hostname),
		};
		struct backend *b = backend_new(&options, why);

		if (!b)
			return false;
		CHECK(w->backend_count < WORLD_BACKENDS_MAX);
		w->backends[w->backend_count++] = b;
	}
	return true;
}

bool world_setup(struct setup *s, const char *conf_path, struct out *why)
{
	struct conf_report report = { .say = complain, .arg = why };

	return setup_load(s, conf_path, SETUP_TO_SERVE, &report) == 0;
}

bool world_open(struct world *w, const struct setup *setup, struct out *why)
{
	const struct setup_listener *l = &setup->listeners[0];

	*w = (struct world){ .setup = setup, .loop = loop_new() };
	fake_memory(false);
	spool_room_bound((uint64_t)setup->global->spool_max,
			 (uint64_t)setup->global->spool_min_free);
	log_to(catch_log, w);
	w->mta = mta_new(w->loop);
	w->jobs = jobs_new(w->loop);
	w->dns = setup_resolver(setup, w->loop);
	w->store = store_new(fake_store(w->loop, &w->store_state), NULL);
	if (!open_backends(w, why))
		return false;
	w->journal = journal_new(&(struct journal_options){ .loop = w->loop,
							    .write = catch_journal,
							    .arg = w,
							    .lost = &w->counters.journal_lost });
	w->tally = tally_new(TALLY_ROWS, 1);
	CHECK(w->tally);
	w->hits = mem_new(hits_count(setup->policy) * sizeof(*w->hits));
	w->server = smtp_server_new(&(struct smtp_server_options){
		.loop = w->loop,
		.dns = w->dns,
		.store = w->store,
		.filters = setup->filters,
		.policy = setup->policy,
		.conf = l->conf,
		.pregreet = conf_values(setup->conf, &block_pregreet),
		.vantage = conf_values(setup->conf, &block_vantage),
		.results = conf_values(setup->conf, &block_authentication_results),
		.duplicates = conf_values(setup->conf, &block_duplicates),
		.jobs = w->jobs,
		.journal = w->journal,
		.backend = w->backends[l->backend],
		.tls = l->tls,
		.hostname = str_z(setup->hostname),
		.spool = setup->global->spool.text.p,
		.listener = l->section->title.text,
		.tally = { .tally = w->tally },
		.counters = &w->counters,
		.hits = w->hits,
	});
	return true;
}

void world_watch(struct world *w)
{
	CHECK(w->watches == NULL);
	w->watches = watches_new(w->loop, w->dns, w->setup->filters);
}

void world_connect(struct world *w, struct fake_peer *client, const struct ip *ip)
{
	struct ip local;

	CHECK(ip_parse(STR("192.0.2.25"), &local));
	smtp_server_accept(w->server, fake_client_fd(client), ip, 4000, &local, 25);
}

bool world_is_busy(const struct world *w)
{
	return smtp_server_sessions(w->server) || store_notes(w->store);
}

static bool left_behind(const struct world *w, struct out *why)
{
	const struct fake_pending p = fake_pending(w->loop);

	if (fake_is_idle(w->loop))
		return false;
	out_printf(why, "left behind: timers=%u wakes=%u watches=%u conns=%u questions=%u jobs=%u",
		   p.timers, p.wakes, p.watches, p.conns, p.questions, p.jobs);
	return true;
}

/* Each line is a record; *transactions: of so many. */
static bool read_records(struct str records, uint64_t *transactions)
{
	struct str line;
	bool good = true;

	while (good && str_cut(records, '\n', &line, &records)) {
		json_t *json =
			json_loadb(line.p, line.n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
		const char *event = json_string_value(json_object_get(json, "event"));

		good = event && json_string_value(json_object_get(json, "id"));
		*transactions += good && str_eq(str_z(event), STR("transaction"));
		json_decref(json);
	}
	return good && records.n == 0;
}

static bool journal_is_whole(const struct world *w, struct out *why)
{
	uint64_t transactions = 0;

	if (!read_records(fake_bytes_str(&w->records), &transactions))
		out_str(why, STR("the journal has a line that is no record"));
	else if (transactions != w->counters.transactions || w->counters.journal_lost)
		out_printf(why, "the journal has %llu transactions, %llu were begun",
			   (unsigned long long)transactions,
			   (unsigned long long)w->counters.transactions);
	else
		return true;
	return false;
}

bool world_close(struct world *w, struct out *why)
{
	bool left, whole;

	if (w->server)
		smtp_server_free(w->server);
	for (size_t i = 0; i < w->backend_count; i++)
		backend_free(w->backends[i]);
	if (w->watches)
		watches_free(w->watches);
	if (w->jobs)
		jobs_free(w->jobs);
	journal_free(w->journal);
	left = left_behind(w, why);
	log_to(NULL, NULL);
	if (left)
		return false;
	store_free(w->store);
	if (w->dns)
		dns_free(w->dns);
	tally_free(w->tally);
	mem_free(w->hits);
	spool_files_free();
	mta_free(w->mta);
	whole = journal_is_whole(w, why);
	fake_bytes_free(&w->log);
	fake_bytes_free(&w->records);
	loop_free(w->loop);
	return whole;
}
