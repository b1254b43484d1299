/* worker.h - one worker process: an event loop, its own resolver, backends and SMTP servers.
 *
 * Forked by the master with everything that is read-only already in memory.  SIGTERM: no new
 * connections, what is queued is still answered, transactions end, then exit; SIGUSR1: the queue
 * is left to the next generation, sessions have a little while to begin a transaction, and a long one to end it.  Dies
 * with the master. */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include "daemon/census.h"
#include "daemon/counters.h"
#include "daemon/listen.h"
#include "daemon/privileges.h"
#include "setup/setup.h"
#include "smtp/server.h"

#include <signal.h>
#include <sys/types.h>

enum { WORKER_DRAIN = SIGTERM, WORKER_HAND_OVER = SIGUSR1 };

struct worker_options {
	const struct setup *setup;
	struct listen_table *sockets;
	const struct privileges *privileges;
	struct smtp_counters *counters;
	const struct counters_page *all_counters; /* of all workers, and the master's */
	struct log_room
		*log_room; /* shared with the master, who writes what a death leaves there */
	const struct census *census; /* of its generation */
	int64_t *seen_ms;            /* daemon/pulse.h: its slot's */
	struct tally_desk tally;
	const struct tls_tickets *tickets; /* shared by all workers there are */
	unsigned index;                    /* which sockets are its own */
	unsigned number;                   /* among all living workers: part of session ids */
	pid_t master;
	int control_fd; /* 0: none; the first worker listens there */
	int ready_fd;   /* its pid is written there once it takes connections */
};

/* Returns the exit status.  Signals are blocked when it is called. */
int worker_run(const struct worker_options *options) NODISCARD;

#endif
