#include "daemon/generation.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pages.h"
#include "daemon/account.h"
#include "daemon/descriptors.h"
#include "daemon/folders.h"
#include "daemon/state.h"
#include "daemon/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	QUICK_MS = 1000,      /* a life shorter than this is a quick death */
	FIRST_PAUSE_MS = 100, /* doubled with each quick death in a row */
	SURVEY_MS = 60000     /* between two looks at a store over which workers may have crashed */
};

/* ---- made and ended ---- */

static void find_sockets(struct generation *g)
{
	for (size_t n = 0; n < g->setup.listener_count; n++) {
		const struct conf_list *list = &g->setup.listeners[n].conf->address;

		for (size_t i = 0; i < list->count; i++) {
			struct ip ip;
			uint16_t port;

			CHECK(conf_address(list->items[i].text, 0, &ip, &port));
			CHECK(listen_add(&g->sockets, &ip, port, n, &list->items[i].at));
		}
	}
}

/* A spool folder that is not there yet is made, for the workers alone. */
static void make_spool(const struct generation *g)
{
	const char *path = g->setup.global->spool.text.p;

	if (mkdir(path, 0700) != 0
		    ? errno != EEXIST
		    : g->privileges.drop && chown(path, g->privileges.uid, g->privileges.gid) != 0)
		log_note("error", "spool", "%s: %s", path, strerror(errno));
}

static int prepare(struct generation *g, const char *path, const struct generation *before,
		   struct conf_report *report)
{
	int status = setup_load(&g->setup, path, SETUP_TO_SERVE, report), account;

	if (!g->setup.conf)
		return status;
	account = account_find(&g->setup, &g->privileges, report);
	if (status != EX_OK || account != EX_OK)
		return status != EX_OK ? status : account;
	if (!folders_check(&g->setup, &g->privileges, report))
		return EX_CANTCREAT;
	descriptors_share(&g->setup, privileges_raise_descriptors(), report);
	find_sockets(g);
	if (!listen_bind(&g->sockets, before ? &before->sockets : NULL, g->setup.workers, report,
			 &status))
		return status;
	if (!control_socket_bind(&g->control, g->setup.conf, before ? &before->control : NULL,
				 report))
		return EX_CANTCREAT;
	if (!census_init(&g->census, g->setup.policy, g->setup.workers))
		return EX_OSERR;
	make_spool(g);
	state_make_store(&g->setup, &g->privileges);
	state_make_journal(&g->setup, &g->privileges);
	if (!before)
		state_survey(&g->setup, &g->privileges, SURVEY_AT_START);
	pages_make_large();
	return EX_OK;
}

struct generation *generation_new(const char *path, const struct generation *before,
				  struct conf_report *report, int *status)
{
	struct generation *g = mem_new(sizeof(*g));

	*status = prepare(g, path, before, report);
	if (*status != EX_OK) {
		generation_free(g, before);
		return NULL;
	}
	g->number = before ? before->number + 1 : 1;
	g->census.started_unix_ms =
		before ? before->census.started_unix_ms : clock_ms(CLOCK_REALTIME);
	g->census.loaded_unix_ms = before ? clock_ms(CLOCK_REALTIME) : 0;
	g->processes = mem_array(NULL, g->setup.workers, sizeof(*g->processes));
	memset(g->processes, 0, g->setup.workers * sizeof(*g->processes));
	return g;
}

void generation_free(struct generation *g, const struct generation *heir)
{
	CHECK(generation_alive(g) == 0);
	listen_close(&g->sockets, heir ? &heir->sockets : NULL);
	control_socket_close(&g->control, heir ? &heir->control : NULL);
	census_free(&g->census);
	listen_free(&g->sockets);
	setup_free(&g->setup);
	mem_free(g->processes);
	mem_free(g);
}

/* ---- processes ---- */

static void log_process(const struct generation *g, const struct process *p, pid_t pid,
			struct log_line *l, const char *state)
{
	log_begin(l, "worker", STR("-"));
	log_z(l, "state", state);
	log_u64(l, "index", (uint64_t)(p - g->processes));
	log_u64(l, "pid", (uint64_t)pid);
	log_u64(l, "generation", g->number);
}

static noreturn void be_worker(struct generation *g, const struct process *p,
			       const struct generation_host *host)
{
	close(host->ready_read);
	close(host->signal_fd);
	for (struct generation *other = *host->list; other; other = other->next)
		if (other != g) {
			listen_close(&other->sockets, &g->sockets);
			control_socket_leave(&other->control, &g->control);
		}
	exit(worker_run(&(struct worker_options){
		.setup = &g->setup,
		.sockets = &g->sockets,
		.privileges = &g->privileges,
		.counters = &host->counters->page->slots[p->slot],
		.log_room = &host->counters->page->rooms[p->slot],
		.all_counters = host->counters->page,
		.seen_ms = &host->pulse->seen_ms[p->slot],
		.census = &g->census,
		.tally = { .tally = host->tally, .slot = (unsigned)p->slot },
		.tickets = host->tickets,
		.index = (unsigned)(p - g->processes),
		.number = (unsigned)p->slot,
		.master = host->master,
		.ready_fd = host->ready_write,
		.control_fd = g->control.fd,
	}));
}

static void pause_before(struct process *p, int64_t now_ms)
{
	const unsigned doublings = p->quick_deaths < 7 ? p->quick_deaths : 7;
	const int64_t pause = p->quick_deaths ? (int64_t)FIRST_PAUSE_MS << (doublings - 1) : 0;

	p->start_at_ms = now_ms + (pause < LIMIT_RESPAWN_MS ? pause : LIMIT_RESPAWN_MS);
}

static void spawn(struct generation *g, struct process *p, const struct generation_host *host,
		  int64_t now_ms)
{
	struct log_line l;
	pid_t pid;

	p->slot = counters_take(host->counters);
	log_flush(); /* or the child would write these lines once more */
	fflush(NULL);
	if (p->slot >= 0)
		pulse_begin(host->pulse, p->slot, now_ms);
	pid = p->slot < 0 ? -1 : fork();
	if (pid == 0)
		be_worker(g, p, host);
	if (pid < 0) {
		log_note("error", "fork", "%s",
			 p->slot < 0 ? "too many workers of old generations" : strerror(errno));
		if (p->slot >= 0)
			counters_give_back(host->counters, p->slot);
		p->quick_deaths++;
		pause_before(p, now_ms);
		return;
	}
	p->pid = pid;
	p->ready = p->silent = false;
	p->started_ms = now_ms;
	log_process(g, p, pid, &l, "started");
	log_end(&l);
}

/* A file that has gone bad would crash the next one too. */
static void survey_store(struct generation *g, int64_t now_ms)
{
	if (!g->store_doubted || now_ms < g->survey_ms)
		return;
	g->store_doubted = false;
	g->survey_ms = now_ms + SURVEY_MS;
	state_survey(&g->setup, &g->privileges, SURVEY_IN_DOUBT);
}

/* First so that it leaves a core that says where it hangs; one that was stopped does not hear that. */
static void end_silent(struct generation *g, const struct generation_host *host, int64_t now_ms)
{
	struct log_line l;

	for (unsigned i = 0; i < g->setup.workers; i++) {
		struct process *p = &g->processes[i];

		if (!p->pid || !pulse_is_silent(host->pulse, p->slot, now_ms))
			continue;
		if (!p->silent) {
			log_process(g, p, p->pid, &l, "silent");
			log_end(&l);
			host->counters->page->workers_silent++;
		}
		kill(p->pid, p->silent ? SIGKILL : SIGABRT);
		p->silent = true;
	}
}

void generation_tend(struct generation *g, const struct generation_host *host, int64_t now_ms)
{
	end_silent(g, host, now_ms);
	if (g->state == GENERATION_DRAINING) {
		if (generation_alive(g) && now_ms >= g->drain_until_ms)
			generation_kill(g);
		return;
	}
	for (unsigned i = 0; i < g->setup.workers; i++)
		if (!g->processes[i].pid && now_ms >= g->processes[i].start_at_ms) {
			survey_store(g, now_ms);
			spawn(g, &g->processes[i], host, now_ms);
		}
}

int64_t generation_due(const struct generation *g)
{
	int64_t due = INT64_MAX;

	if (g->state == GENERATION_DRAINING)
		return generation_alive(g) ? g->drain_until_ms : due;
	for (unsigned i = 0; i < g->setup.workers; i++)
		if (!g->processes[i].pid && g->processes[i].start_at_ms < due)
			due = g->processes[i].start_at_ms;
	return due;
}

static struct process *process_of(struct generation *g, pid_t pid)
{
	for (unsigned i = 0; g->processes && i < g->setup.workers; i++)
		if (g->processes[i].pid == pid)
			return &g->processes[i];
	return NULL;
}

bool generation_ready(struct generation *g, pid_t pid)
{
	struct process *p = process_of(g, pid);
	bool all = true;

	if (!p)
		return false;
	p->ready = true;
	for (unsigned i = 0; i < g->setup.workers; i++)
		all = all && g->processes[i].ready;
	if (all && g->state == GENERATION_STARTING)
		g->state = GENERATION_RUNNING;
	return true;
}

static void log_end_of(const struct generation *g, const struct process *p, pid_t pid, int status)
{
	struct log_line l;

	log_process(g, p, pid, &l, "ended");
	if (WIFSIGNALED(status)) {
		log_u64(&l, "signal", (uint64_t)WTERMSIG(status));
		log_z(&l, "text", strsignal(WTERMSIG(status)));
	} else {
		log_u64(&l, "status", (uint64_t)WEXITSTATUS(status));
	}
	log_end(&l);
}

/* It never got ready.  One that ended by itself has said why, and would say it again. */
static void note_false_start(struct generation *g, const struct process *p, int status)
{
	if (g->state != GENERATION_STARTING)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) != EX_OK)
		g->failed = WEXITSTATUS(status);
	else if (p->quick_deaths >= LIMIT_QUICK_DEATHS)
		g->failed = EX_SOFTWARE;
}

static bool is_crash(int status)
{
	const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT;
}

bool generation_ended(struct generation *g, pid_t pid, int wait_status,
		      const struct generation_host *host, int64_t now_ms)
{
	struct process *p = process_of(g, pid);
	bool was_ready;

	if (!p)
		return false;
	was_ready = p->ready;
	tally_forget(host->tally, (unsigned)p->slot);
	counters_give_back(host->counters, p->slot);
	p->pid = 0;
	p->ready = false;
	log_end_of(g, p, pid, wait_status);
	host->counters->page->workers_died +=
		!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != EX_OK;
	if (g->state == GENERATION_DRAINING)
		return true;
	g->store_doubted = g->store_doubted || is_crash(wait_status);
	p->quick_deaths = now_ms - p->started_ms < QUICK_MS ? p->quick_deaths + 1 : 0;
	pause_before(p, now_ms);
	if (!was_ready)
		note_false_start(g, p, wait_status);
	return true;
}

/* ---- stopping ---- */

void generation_drain(struct generation *g, int signo, int64_t now_ms)
{
	g->state = GENERATION_DRAINING;
	/* Workers keep the deadline themselves; one that does not is killed a little later. */
	g->drain_until_ms =
		now_ms + (signo == WORKER_HAND_OVER ? LIMIT_LINGER_MS : LIMIT_DRAIN_MS) + QUICK_MS;
	for (unsigned i = 0; i < g->setup.workers; i++)
		if (g->processes[i].pid)
			kill(g->processes[i].pid, signo);
}

void generation_kill(struct generation *g)
{
	for (unsigned i = 0; i < g->setup.workers; i++)
		if (g->processes[i].pid)
			kill(g->processes[i].pid, SIGKILL);
	g->drain_until_ms = INT64_MAX; /* once is enough */
}

unsigned generation_alive(const struct generation *g)
{
	unsigned n = 0;

	for (unsigned i = 0; g->processes && i < g->setup.workers; i++)
		n += g->processes[i].pid != 0;
	return n;
}
