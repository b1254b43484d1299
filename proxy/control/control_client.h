/* control_client.h - the command line's side of the control socket (control/control.h says what is spoken). */
#ifndef CONTROL_CONTROL_CLIENT_H
#define CONTROL_CONTROL_CLIENT_H

#include "base/attr.h"

#include <sys/types.h>

/* Says the words to the daemon of this config and prints what it answers: results on standard output, errors on
 * standard error.  Returns the exit status: EX_UNAVAILABLE when there is no daemon, EX_CONFIG without a control block,
 * 1 when it was not done. */
int control_client(const char *conf_path, const char *command, char *const *words,
		   int count) NODISCARD;

/* The process that began to listen there: the daemon's master.  Returns the exit status, as above. */
int control_find_master(const char *conf_path, pid_t *master) NODISCARD;

#endif
