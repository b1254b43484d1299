/* log_write.h - how lines get to standard error, which may be a pipe or a socket of somebody who does not read it.
 *
 * That must not stop mail: he is waited for, two seconds in twenty at most, and what he does not take then is lost.
 * A file, a terminal, and what cannot be written without waiting are waited for as ever. */
#ifndef BASE_LOG_WRITE_H
#define BASE_LOG_WRITE_H

#include "base/str.h"

#include <stdatomic.h>

/* By a daemon, before it gives up rights.  A pipe is opened once more: O_NONBLOCK would be of all who have it. */
void log_write_open(void);

/* Whole lines; how many of them were not taken, and are lost.  *written grows by what was. */
size_t log_write(struct str lines, atomic_size_t *written);

#endif
