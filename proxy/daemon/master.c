#define _GNU_SOURCE 1 /* pipe2 */

#include "daemon/master.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/log_write.h"
#include "base/version.h"
#include "daemon/generation.h"
#include "daemon/keeper.h"
#include "daemon/notify.h"
#include "daemon/pulse.h"
#include "daemon/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum { SAME_SIGNAL_MS = 500 };

struct master {
	const char *path;
	struct generation_host host;
	struct counters counters;
	struct pulse pulse;
	struct keeper keeper;
	struct generation *list; /* newest first; the one that takes connections is `current` */
	struct generation *current;
	bool reload_again; /* SIGHUP came while a generation was starting */
	bool stopping;
	int64_t told_ms; /* to stop, last; 0: it stops by itself */
	int status;
};

static int64_t now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* ---- generations ---- */

static void say_in_log(struct conf_report *r, enum conf_severity severity,
		       const struct conf_place *at, const char *text)
{
	struct log_line l;

	(void)r;
	log_begin(&l, "config", STR("-"));
	log_z(&l, "severity", severity == CONF_ERROR ? "error" : "warning");
	if (at && at->line)
		log_fmt(&l, "at", "%s:%u:%u", at->file, at->line, at->column);
	log_z(&l, "text", text);
	log_end(&l);
}

static void log_start(const struct generation *g)
{
	char text[1024];
	struct out addresses = OUT(text);
	const struct policy_counts counts = policy_counts(g->setup.policy);
	struct log_line l;

	listen_print(&g->sockets, &addresses);
	log_begin(&l, g->number == 1 ? "start" : "reload", STR("-"));
	log_z(&l, "version", POSTERN_VERSION);
	log_u64(&l, "generation", g->number);
	log_u64(&l, "workers", g->setup.workers);
	log_str(&l, "listen", out_text(&addresses));
	log_str(&l, "user", str_z(g->privileges.drop ? g->privileges.name : "(own)"));
	log_u64(&l, "rules", counts.rules);
	log_u64(&l, "rule_files", counts.files);
	log_u64(&l, "verdicts", counts.verdicts);
	log_end(&l);
}

static bool add_generation(struct master *m, struct conf_report *report)
{
	struct generation *g = generation_new(m->path, m->current, report, &m->status);

	if (!g)
		return false;
	m->status = EX_OK;
	g->next = m->list;
	m->list = g;
	log_start(g);
	return true;
}

static bool is_starting(const struct master *m)
{
	return m->list && m->list->state == GENERATION_STARTING && !m->list->failed;
}

static void reload(struct master *m)
{
	struct conf_report report = { .say = say_in_log };

	if (m->stopping)
		return;
	m->reload_again = is_starting(m);
	if (m->reload_again)
		return;
	notify_manager("RELOADING=1");
	if (!add_generation(m, &report)) {
		m->counters.page->reloads_refused++;
		log_note("reload", "refused",
			 "the config has %u errors: the old one stays in force", report.errors);
		m->status = EX_OK;
		notify_manager("READY=1");
	}
}

/* Told twice within a moment, as by who signals the process and its group, is told once. */
static void stop(struct master *m)
{
	const bool again = m->stopping && m->told_ms;

	if (again && now_ms() - m->told_ms < SAME_SIGNAL_MS)
		return;
	m->told_ms = now_ms();
	m->stopping = true;
	log_note("drain", again ? "forced" : "stop",
		 again ? "told twice: ends at once" : "no new connections, transactions end");
	notify_manager("STOPPING=1");
	for (struct generation *g = m->list; g; g = g->next) {
		if (again)
			generation_kill(g);
		else
			generation_drain(g, WORKER_DRAIN, now_ms());
		listen_close(&g->sockets, NULL);
	}
}

/* The newest generation takes connections on all its workers: it is the current one now. */
static void promote(struct master *m)
{
	struct generation *before = m->current;

	m->current = m->list;
	log_note("ready", "workers", "%u of generation %u", m->current->setup.workers,
		 m->current->number);
	notify_manager("READY=1");
	if (!before)
		return;
	census_pass_on(&before->census, &m->current->census);
	generation_drain(before, WORKER_HAND_OVER, now_ms());
}

static void give_up(struct master *m, struct generation *g)
{
	const int status = g->failed;

	log_note("error", "start", "the workers of generation %u cannot start", g->number);
	g->failed = 0;
	generation_drain(g, WORKER_HAND_OVER, now_ms());
	if (m->current) {
		m->counters.page->reloads_refused++;
		log_note("reload", "refused", "the old generation goes on");
		notify_manager("READY=1");
		return;
	}
	m->status = status;
	m->stopping = true;
}

static void bury(struct master *m)
{
	struct generation **link = &m->list;

	while (*link) {
		struct generation *g = *link;

		if (g->state != GENERATION_DRAINING || generation_alive(g)) {
			link = &g->next;
			continue;
		}
		*link = g->next;
		if (g == m->current)
			m->current = NULL;
		if (m->current)
			census_pass_on(&g->census, &m->current->census);
		generation_free(g, m->current);
	}
}

/* Who looks after the workers is looked after by the service manager. */
static void look_for_pulse(struct master *m)
{
	if (now_ms() < pulse_due(&m->pulse))
		return;
	pulse_look(&m->pulse, now_ms());
	if (getenv("WATCHDOG_USEC"))
		notify_manager("WATCHDOG=1");
}

static void tend(struct master *m)
{
	look_for_pulse(m);
	for (struct generation *g = m->list; g; g = g->next) {
		if (g->failed)
			give_up(m, g);
		generation_tend(g, &m->host, now_ms());
	}
	if (m->list && m->list != m->current && m->list->state == GENERATION_RUNNING)
		promote(m);
	bury(m);
	if (m->current && !m->stopping && keeper_turn(&m->keeper, &m->current->setup, now_ms()))
		reload(m);
	if (m->reload_again && !is_starting(m))
		reload(m);
}

/* ---- what happens ---- */

static void reap(struct master *m)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		for (struct generation *g = m->list; g; g = g->next)
			if (generation_ended(g, pid, status, &m->host, now_ms()))
				break;
}

static void read_signals(struct master *m)
{
	struct signalfd_siginfo info;

	while (read(m->host.signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(m);
		else if (info.ssi_signo == SIGHUP)
			reload(m);
		else
			stop(m);
	}
}

static void read_ready(struct master *m)
{
	pid_t pid;

	while (read(m->host.ready_read, &pid, sizeof(pid)) == (ssize_t)sizeof(pid))
		for (struct generation *g = m->list; g; g = g->next)
			if (generation_ready(g, pid))
				break;
}

static int wait_ms(const struct master *m)
{
	int64_t due = pulse_due(&m->pulse);

	if (m->current && keeper_due(&m->keeper) < due)
		due = keeper_due(&m->keeper);
	for (const struct generation *g = m->list; g; g = g->next)
		if (generation_due(g) < due)
			due = generation_due(g);
	due -= now_ms();
	return due < 0 ? 0 : (int)due;
}

static void supervise(struct master *m)
{
	struct pollfd fds[] = {
		{ .fd = m->host.signal_fd, .events = POLLIN },
		{ .fd = m->host.ready_read, .events = POLLIN },
	};

	tend(m);
	while (m->list) {
		log_flush();
		(void)poll(fds, 2, wait_ms(m));
		/* Who was ready before it died was ready. */
		read_ready(m);
		read_signals(m);
		tend(m);
	}
}

/* ---- start and end ---- */

static bool open_host(struct master *m)
{
	sigset_t set;
	int ends[2];

	keeper_init(&m->keeper, now_ms());
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, WORKER_HAND_OVER);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	sigdelset(&set, WORKER_HAND_OVER);
	m->host.signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (m->host.signal_fd < 0 || pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
		return false;
	m->host.ready_read = ends[0];
	m->host.ready_write = ends[1];
	m->host.master = getpid();
	m->host.counters = &m->counters;
	m->host.pulse = &m->pulse;
	m->host.tickets = m->keeper.tickets;
	m->host.list = &m->list;
	m->host.tally = tally_new(LIMIT_CLIENTS, COUNTERS_SLOTS);
	return m->host.tally && counters_init(&m->counters) && pulse_init(&m->pulse, now_ms());
}

static void log_stop(const struct master *m)
{
	struct log_line l;

	log_begin(&l, "stop", STR("-"));
	counters_log(&m->counters, &l);
	log_u64(&l, "status", (uint64_t)m->status);
	log_end(&l);
	log_flush();
}

int master_run(const char *path)
{
	struct master m = { .path = path };
	struct conf_report report = conf_report_to(stderr);

	log_write_open();
	if (!open_host(&m)) {
		log_note("error", "start", "%s", strerror(errno));
		log_flush();
		return EX_OSERR;
	}
	if (!add_generation(&m, &report))
		return m.status;
	supervise(&m);
	log_stop(&m);
	counters_free(&m.counters);
	pulse_free(&m.pulse);
	tally_free(m.host.tally);
	keeper_free(&m.keeper);
	return m.status;
}
