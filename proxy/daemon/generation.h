/* generation.h - the workers of one configuration, from their first start to the last one's end.
 *
 * STARTING until every worker takes connections; RUNNING: one that dies is replaced, with growing
 * pauses when it dies at once; DRAINING: nobody is replaced, those that are left end.  A generation whose
 * workers cannot start is given up (`failed`): the master then keeps the one before, or ends. */
#ifndef DAEMON_GENERATION_H
#define DAEMON_GENERATION_H

#include "control/control_socket.h"
#include "daemon/census.h"
#include "daemon/counters.h"
#include "daemon/listen.h"
#include "daemon/privileges.h"
#include "daemon/pulse.h"
#include "setup/setup.h"

#include <stdbool.h>
#include <sys/types.h>

enum generation_state { GENERATION_STARTING, GENERATION_RUNNING, GENERATION_DRAINING };

struct process {
	pid_t pid; /* 0: does not live */
	int slot;  /* of the counters, while it lives */
	bool ready;
	bool silent; /* it was told to end for that */
	int64_t started_ms;
	int64_t start_at_ms; /* when pid is 0 and it is to be replaced */
	unsigned quick_deaths;
};

struct generation {
	unsigned number;
	enum generation_state state;
	int failed; /* not 0: its workers cannot start; the exit status that says why */
	struct setup setup;
	struct listen_table sockets;
	struct control_socket control;
	struct privileges privileges;
	struct census census;
	struct process *processes; /* setup.workers of them */
	int64_t drain_until_ms;
	bool store_doubted;      /* a worker crashed */
	int64_t survey_ms;       /* the store is not looked at before */
	struct generation *next; /* of the master's list */
};

/* What a process inherits of the master besides its generation. */
struct generation_host {
	struct counters *counters;
	struct pulse *pulse; /* under the same slots */
	struct tally *tally; /* of clients, under the slots of the counters */
	const struct tls_tickets *tickets;
	struct generation **list; /* all there are: a worker closes the sockets of the others */
	pid_t master;
	int ready_read, ready_write; /* the pipe on which workers say that they are ready */
	int signal_fd;
};

/* Loads and binds; nothing is started.  NULL: errors were reported, *status says which kind. */
struct generation *generation_new(const char *path, const struct generation *before,
				  struct conf_report *report, int *status) NODISCARD;
/* No process of it lives.  The sockets that `heir` does not have are closed; of the control socket also its file. */
void generation_free(struct generation *g, const struct generation *heir);

/* Starts those that are due, and ends those that are silent. */
void generation_tend(struct generation *g, const struct generation_host *host, int64_t now_ms);
/* When generation_tend() must be called again; INT64_MAX: when something happens. */
int64_t generation_due(const struct generation *g);

/* A worker said that it is ready.  False: not one of this generation. */
bool generation_ready(struct generation *g, pid_t pid);
/* A process has ended; false: not one of this generation. */
bool generation_ended(struct generation *g, pid_t pid, int wait_status,
		      const struct generation_host *host, int64_t now_ms);

/* Tells all to stop: WORKER_DRAIN or WORKER_HAND_OVER. */
void generation_drain(struct generation *g, int signo, int64_t now_ms);
void generation_kill(struct generation *g);
unsigned generation_alive(const struct generation *g);

#endif
