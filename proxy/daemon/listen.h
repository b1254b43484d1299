/* listen.h - the listening sockets: bound by the master, one per address and worker.
 *
 * All of an address share the port (SO_REUSEPORT): the kernel spreads connections over them.  The
 * master keeps every one open, so what is queued outlives a worker; a generation's table is made from
 * the one before, address by address the same sockets. */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include "base/attr.h"
#include "base/ip.h"
#include "base/out.h"
#include "conf/conf.h"

#include <stdbool.h>
#include <stddef.h>

struct listen_row {
	struct ip ip;
	uint16_t port;
	size_t listener; /* which one of the config, from 0 */
	struct conf_place at;
	int *fds; /* one per worker */
};

struct listen_table {
	struct listen_row *rows;
	size_t count;
	unsigned workers;
};

/* A row to be; no socket yet.  False: the address is there already. */
bool listen_add(struct listen_table *t, const struct ip *ip, uint16_t port, size_t listener,
		const struct conf_place *at) NODISCARD;

/* Gives every row its sockets: those `from` has (NULL: none) are used on, the others bound.
 * False: all errors were reported, *status is EX_UNAVAILABLE or EX_NOPERM, what was bound anew is
 * closed. */
bool listen_bind(struct listen_table *t, const struct listen_table *from, unsigned workers,
		 struct conf_report *report, int *status) NODISCARD;

/* Closes the sockets that `keep` (NULL: nothing) does not have. */
void listen_close(struct listen_table *t, const struct listen_table *keep);
/* In a worker: closes every socket but its own. */
void listen_keep_own(struct listen_table *t, unsigned worker);
void listen_free(struct listen_table *t); /* the memory */

/* "127.0.0.1:25,[::1]:25" */
void listen_print(const struct listen_table *t, struct out *o);

#endif
