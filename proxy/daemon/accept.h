/* accept.h - takes connections from one listening socket and hands them to the SMTP server. */
#ifndef DAEMON_ACCEPT_H
#define DAEMON_ACCEPT_H

#include "base/ip.h"
#include "io/loop.h"
#include "smtp/server.h"

struct acceptor {
	struct watch watch;
	struct timer pause; /* running: descriptors ran out */
	struct smtp_server *server;
	struct ip ip; /* bound to; with `any` each connection is asked for its own */
	uint16_t port;
	bool any;
	int64_t complained_ms; /* last time "out of descriptors" was logged; 0: never */
};

/* fd is taken over. */
void acceptor_start(struct acceptor *a, struct loop *loop, struct smtp_server *server, int fd);
/* Takes what the kernel has queued, all of it: those clients have a connection already. */
void acceptor_empty(struct acceptor *a);
void acceptor_stop(struct acceptor *a); /* closes the socket */

#endif
