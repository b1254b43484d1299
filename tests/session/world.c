#include "session/world.h"

#include "base/check.h"
#include "base/log.h"

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
	log_to(catch_log, w);
	w->mta = mta_new(w->loop);
	w->jobs = jobs_new(w->loop);
	w->dns = setup_resolver(setup, w->loop);
	w->store = store_new(fake_store(w->loop, &w->store_state), NULL);
	if (!open_backends(w, why))
		return false;
	w->tally = tally_new(TALLY_ROWS, 1);
	CHECK(w->tally);
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
		.backend = w->backends[l->backend],
		.tls = l->tls,
		.hostname = str_z(setup->hostname),
		.spool = setup->global->spool.text.p,
		.listener = l->section->title.text,
		.tally = { .tally = w->tally },
		.counters = &w->counters,
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

bool world_close(struct world *w, struct out *why)
{
	bool left;

	if (w->server)
		smtp_server_free(w->server);
	for (size_t i = 0; i < w->backend_count; i++)
		backend_free(w->backends[i]);
	if (w->watches)
		watches_free(w->watches);
	if (w->jobs)
		jobs_free(w->jobs);
	left = left_behind(w, why);
	log_to(NULL, NULL);
	if (left)
		return false;
	store_free(w->store);
	if (w->dns)
		dns_free(w->dns);
	tally_free(w->tally);
	mta_free(w->mta);
	fake_bytes_free(&w->log);
	loop_free(w->loop);
	return true;
}
