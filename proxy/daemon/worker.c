#include "daemon/worker.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/control.h"
#include "daemon/accept.h"
#include "daemon/pulse.h"
#include "daemon/watches.h"
#include "delivery/delivery.h"
#include "io/conn.h"
#include "io/job.h"
#include "io/spool_file.h"
#include "io/spool_room.h"
#include "journal/file.h"
#include "journal/folder.h"
#include "journal/journal.h"
#include "net/dns.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

enum { DRAIN_LOOK_MS = 20 };

struct worker {
	const struct worker_options *options;
	struct loop *loop;
	struct dns *dns;
	struct store *store;
	struct watches *watches;
	struct control *control; /* NULL: another worker has it */
	struct jobs *jobs;
	struct journal *journal; /* NULL: none is kept */
	struct journal_file journal_file;
	struct journal_tidier *tidier; /* NULL: another worker does it, or nobody needs to */
	struct backend **backends;
	size_t backend_count;
	struct smtp_server **servers; /* one per listener */
	size_t server_count;
	struct acceptor *acceptors; /* one per address */
	size_t acceptor_count;
	struct watch signals;
	struct heart heart;
	struct timer drain;     /* running: stopping, sessions are waited for */
	int64_t drain_at_ms;    /* when sessions are told; INT64_MAX: they were */
	int64_t drain_until_ms; /* 0: not stopping */
	bool cut;               /* its sessions have had their time */
};

/* ---- stopping ---- */

static size_t count_sessions(const struct worker *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->server_count; i++)
		n += smtp_server_sessions(w->servers[i]);
	return n;
}

static void drain(struct worker *w)
{
	w->drain_at_ms = INT64_MAX;
	for (size_t i = 0; i < w->server_count; i++)
		smtp_server_drain(w->servers[i]);
}

static void cut_off(struct worker *w, int64_t now, size_t sessions)
{
	w->cut = true;
	w->drain_until_ms = now + LIMIT_CUT_MS;
	if (!sessions)
		return;
	log_note("drain", "deadline", "%zu sessions are cut off", sessions);
	for (size_t i = 0; i < w->server_count; i++)
		smtp_server_cut(w->servers[i]);
}

static void look_whether_empty(struct timer *t, void *arg)
{
	struct worker *w = arg;
	const int64_t now = loop_now_ms(w->loop);
	const size_t sessions = count_sessions(w);

	if (now >= w->drain_at_ms)
		drain(w);
	if (now >= w->drain_until_ms && !w->cut)
		cut_off(w, now, sessions);
	if ((sessions || store_notes(w->store)) && now < w->drain_until_ms)
		timer_start(t, DRAIN_LOOK_MS);
	else
		loop_stop(w->loop);
}

static void close_doors(struct worker *w, bool hand_over)
{
	for (size_t i = 0; i < w->acceptor_count; i++) {
		if (!hand_over)
			acceptor_empty(&w->acceptors[i]);
		acceptor_stop(&w->acceptors[i]);
	}
	w->acceptor_count = 0;
	control_stop(w->control);
}

/* Handing over is no hurry: who has just been greeted may still send his mail, and who sends it has the time that any
 * session has. */
static void stop(struct worker *w, bool hand_over)
{
	const int64_t now = loop_now_ms(w->loop);
	const int64_t until = now + (hand_over ? LIMIT_LINGER_MS : LIMIT_DRAIN_MS);

	close_doors(w, hand_over);
	log_note("drain", hand_over ? "handed-over" : "closed", "%zu sessions are open",
		 count_sessions(w));
	if (!w->drain_until_ms)
		w->drain_at_ms = now + LIMIT_HAND_OVER_MS;
	if (!w->drain_until_ms || until < w->drain_until_ms)
		w->drain_until_ms = until;
	if (!hand_over && w->drain_at_ms != INT64_MAX)
		drain(w);
	timer_start(&w->drain, 0);
}

static void on_signal(struct watch *watch, unsigned ready, void *arg)
{
	struct worker *w = arg;
	struct signalfd_siginfo info;

	(void)ready;
	while (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		stop(w, info.ssi_signo == WORKER_HAND_OVER);
}

static int watch_signals(struct worker *w)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, WORKER_DRAIN);
	sigaddset(&set, WORKER_HAND_OVER);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return EX_OSERR;
	watch_init(&w->signals, w->loop, fd, on_signal, w);
	watch_want(&w->signals, WATCH_READ);
	return EX_OK;
}

/* ---- starting ---- */

static struct backend *open_backend(const struct worker *w, const struct conf_section *section)
{
	const struct backend_options options = { .loop = w->loop,
						 .jobs = w->jobs,
						 .section = section,
						 .hostname = str_z(w->options->setup->hostname) };
	const struct privileges *p = w->options->privileges;
	char text[512];
	struct out why = OUT(text);
	struct backend *b = backend_new(&options, &why);

	if (b && p->drop && !backend_give_to(b, p->uid, p->gid)) {
		out_printf(&why, "cannot give its folder to the workers: %s", strerror(errno));
		backend_free(b);
		b = NULL;
	}
	if (!b)
		log_note("error", "backend", "%s:%u:%u: " STR_FMT, section->at.file,
			 section->at.line, section->at.column, STR_ARG(out_text(&why)));
	return b;
}

/* While still privileged: a backend opens its folders. */
static int open_backends(struct worker *w)
{
	const struct setup *s = w->options->setup;
	const struct conf_section *i;
	size_t n = 0;

	for (i = conf_first(s->conf, &block_backend); i; i = conf_next(i))
		n++;
	w->backends = mem_array(NULL, n + 1, sizeof(struct backend *));
	for (i = conf_first(s->conf, &block_backend); i; i = conf_next(i)) {
		struct backend *b = open_backend(w, i);

		/* All that is wrong with the config was found before: now it is the world. */
		if (!b)
			return ((const struct conf_backend *)i->values)->maildir.text.n
				       ? EX_CANTCREAT
				       : EX_NOHOST;
		w->backends[w->backend_count++] = b;
	}
	return EX_OK;
}

static void open_servers(struct worker *w)
{
	const struct setup *s = w->options->setup;

	w->servers = mem_array(NULL, s->listener_count + 1, sizeof(struct smtp_server *));
	for (size_t i = 0; i < s->listener_count; i++) {
		const struct setup_listener *l = &s->listeners[i];

		if (l->tls)
			tls_use_tickets(l->tls, w->options->tickets);

		w->servers[w->server_count++] = smtp_server_new(&(struct smtp_server_options){
			.loop = w->loop,
			.dns = w->dns,
			.store = w->store,
			.filters = s->filters,
			.policy = s->policy,
			.conf = l->conf,
			.pregreet = conf_values(s->conf, &block_pregreet),
			.vantage = conf_values(s->conf, &block_vantage),
			.results = conf_values(s->conf, &block_authentication_results),
			.duplicates = conf_values(s->conf, &block_duplicates),
			.jobs = w->jobs,
			.journal = w->journal,
			.sessions_max = l->sessions_max,
			.backend = w->backends[l->backend],
			.tls = l->tls,
			.hostname = str_z(s->hostname),
			.spool = s->global->spool.text.p,
			.listener = l->section->title.text,
			.worker = w->options->number,
			.tally = w->options->tally,
			.counters = w->options->counters,
			.hits = census_row(w->options->census, w->options->index),
		});
	}
}

static void open_doors(struct worker *w)
{
	const struct listen_table *t = w->options->sockets;

	w->acceptors = mem_array(NULL, t->count + 1, sizeof(*w->acceptors));
	for (size_t i = 0; i < t->count; i++)
		acceptor_start(&w->acceptors[w->acceptor_count++], w->loop,
			       w->servers[t->rows[i].listener], t->rows[i].fds[w->options->index]);
}

/* What commands are told of is the same in all workers, or the store of this one. */
static void open_control(struct worker *w)
{
	const struct control_host host = { .loop = w->loop,
					   .setup = w->options->setup,
					   .store = w->store,
					   .figures = counters_figures,
					   .figures_of = w->options->all_counters,
					   .hit = census_hit,
					   .hit_of = w->options->census,
					   .start_unix_ms = w->options->census->started_unix_ms,
					   .reload_unix_ms = w->options->census->loaded_unix_ms };

	if (!w->options->control_fd)
		return;
	if (w->options->index == 0)
		w->control = control_new(&host, w->options->control_fd);
	else
		close(w->options->control_fd);
}

/* One that nobody asked for may have no place: then there is none. */
static int open_journal(struct worker *w)
{
	const struct setup *s = w->options->setup;
	const struct conf_journal *conf = conf_values(s->conf, &block_journal);
	const struct journal_bounds bounds = { .keep_ms = conf->keep_ms,
					       .size_max = (uint64_t)conf->size_max };
	const char *folder = conf->path.text.p;

	if (!conf->enabled)
		return EX_OK;
	if (!journal_file_init(&w->journal_file, conf->path.text) ||
	    access(folder, W_OK | X_OK) != 0) {
		if (!setup_journal_is_asked_for(s))
			return EX_OK; /* as was said when the config was read */
		log_note("error", "journal", "%s: %s", folder, strerror(errno));
		return EX_CANTCREAT;
	}
	w->journal = journal_new(
		&(struct journal_options){ .loop = w->loop,
					   .write = journal_to_file,
					   .arg = &w->journal_file,
					   .lost = &w->options->counters->journal_lost });
	if (w->options->index == 0)
		w->tidier = journal_tidier_new(w->loop, w->jobs, folder, &bounds);
	return EX_OK;
}

static int give_up_rights(const struct worker *w)
{
	const struct setup *s = w->options->setup;
	const char *spool = s->global->spool.text.p;
	char text[256];
	struct out why = OUT(text);

	if (!privileges_drop(w->options->privileges, &why)) {
		log_note("error", "privileges", STR_FMT, STR_ARG(out_text(&why)));
		return EX_NOPERM;
	}
	/* After setresuid(): a change of credentials forgets it. */
	if (prctl(PR_SET_PDEATHSIG, WORKER_DRAIN) != 0 || getppid() != w->options->master)
		return EX_OSERR;
	if (access(spool, W_OK | X_OK) != 0) {
		log_note("error", "spool", "the workers cannot write to %s: %s", spool,
			 strerror(errno));
		return EX_CANTCREAT;
	}
	return EX_OK;
}

static int start(struct worker *w)
{
	int status;

	w->loop = loop_new();
	mem_limit((size_t)w->options->setup->global->memory_max);
	spool_room_bound((uint64_t)w->options->setup->global->spool_max,
			 (uint64_t)w->options->setup->global->spool_min_free);
	timer_init(&w->drain, w->loop, look_whether_empty, w);
	if (!privileges_forbid_new())
		return EX_OSERR;
	w->jobs = jobs_new(w->loop);
	status = watch_signals(w);
	if (status == EX_OK)
		status = open_backends(w);
	if (status == EX_OK)
		status = give_up_rights(w);
	if (status != EX_OK)
		return status;
	w->dns = setup_resolver(w->options->setup, w->loop);
	w->store = setup_store(w->options->setup, w->loop, w->jobs, w->dns);
	if (!w->store)
		return EX_CANTCREAT;
	status = open_journal(w);
	if (status != EX_OK)
		return status;
	w->watches = watches_new(w->loop, w->dns, w->options->setup->filters);
	open_servers(w);
	open_doors(w);
	open_control(w);
	heart_start(&w->heart, w->loop, w->options->seen_ms);
	return EX_OK;
}

static void end(struct worker *w)
{
	for (size_t i = 0; i < w->acceptor_count; i++)
		acceptor_stop(&w->acceptors[i]);
	control_free(w->control);
	for (size_t i = 0; i < w->server_count; i++)
		smtp_server_free(w->servers[i]);
	for (size_t i = 0; i < w->backend_count; i++)
		backend_free(w->backends[i]);
	journal_free(w->journal); /* with the records of those sessions */
	if (w->journal)
		journal_file_close(&w->journal_file);
	journal_tidier_free(w->tidier);
	mem_free(w->acceptors);
	mem_free(w->servers);
	mem_free(w->backends);
	if (w->watches)
		watches_free(w->watches);
	store_free(w->store); /* which may be asking DNS */
	if (w->dns)
		dns_free(w->dns);
	if (w->jobs)
		jobs_free(w->jobs);
	timer_stop(&w->drain);
	heart_stop(&w->heart);
	if (w->signals.fd > 0) {
		watch_want(&w->signals, 0);
		close(w->signals.fd);
	}
	conn_buffers_free();
	spool_files_free();
	loop_free(w->loop);
}

int worker_run(const struct worker_options *options)
{
	struct worker w = { .options = options };
	const pid_t pid = getpid();
	int status;

	log_worker(options->index);
	log_gather_in(options->log_room);
	listen_keep_own(options->sockets, options->index);
	status = start(&w);
	log_flush();
	if (status == EX_OK) {
		if (write(options->ready_fd, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
			status = EX_OSERR;
		close(options->ready_fd);
		loop_run(w.loop);
	}
	end(&w);
	log_flush();
	return status;
}
