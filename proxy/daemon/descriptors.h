/* descriptors.h - how many sessions the file descriptors of a worker are good for.
 *
 * A session holds one, and at times another: for a backend connection, a spooled message, a file of a
 * Maildir.  A part is kept for those, so that a worker that is full still delivers what it has, and
 * whoever comes then hears 421 instead of waiting in the kernel's queue. */
#ifndef DAEMON_DESCRIPTORS_H
#define DAEMON_DESCRIPTORS_H

#include "setup/setup.h"

/* Of `have` descriptors of a worker, with `connections` to backends at most: its sessions. */
size_t descriptors_sessions(size_t have, size_t connections);

/* Sets what each listener may have of the sessions, and warns where that is less than was asked for. */
void descriptors_share(struct setup *s, size_t have, struct conf_report *report);

#endif
