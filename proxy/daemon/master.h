/* master.h - the process that supervises: it owns the sockets and the workers, and reads no mail.
 *
 * SIGTERM, SIGINT: drain and end; a second one ends at once.  SIGHUP: a new generation of workers
 * from the config as it is now, on the same sockets; the old one drains once the new one is
 * ready.  A config that does not check is logged and changes nothing. */
#ifndef DAEMON_MASTER_H
#define DAEMON_MASTER_H

#include "base/attr.h"

/* Runs until it is told to stop; returns the exit status.  `path` of the config. */
int master_run(const char *path) NODISCARD;

#endif
