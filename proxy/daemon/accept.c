#define _GNU_SOURCE 1 /* accept4 */

#include "daemon/accept.h"

#include "base/limits.h"
#include "base/log.h"
#include "daemon/sockaddr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { COMPLAIN_EVERY_MS = 60000 };

static bool any_address(const struct ip *ip)
{
	static const uint8_t zeroes[16];

	return memcmp(ip->bytes, zeroes, sizeof(zeroes)) == 0;
}

static void local_of(int fd, struct ip *ip, uint16_t *port)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &n) != 0)
		address.ss_family = AF_UNSPEC;
	sockaddr_read(&address, ip, port);
}

static void hand_over(struct acceptor *a, int fd, const struct sockaddr_storage *from)
{
	struct ip peer, local = a->ip;
	uint16_t peer_port, local_port = a->port;

	sockaddr_read(from, &peer, &peer_port);
	if (a->any)
		local_of(fd, &local, &local_port);
	smtp_server_accept(a->server, fd, &peer, peer_port, &local, local_port);
}

static bool exhausted(int reason)
{
	return reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
}

/* The queue would wake us again at once and forever: a pause lets sessions end meanwhile. */
static void starve(struct acceptor *a, int reason)
{
	const int64_t now = loop_now_ms(a->watch.loop);

	watch_want(&a->watch, 0);
	timer_start(&a->pause, LIMIT_ACCEPT_PAUSE_MS);
	if (a->complained_ms && now - a->complained_ms < COMPLAIN_EVERY_MS)
		return;
	a->complained_ms = now ? now : 1;
	log_note("starved", "accept", "%s: new connections wait in the kernel's queue",
		 strerror(reason));
}

/* False: the queue is empty, or nothing can be taken now. */
static bool take_one(struct acceptor *a)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof(from);
	const int fd =
		accept4(a->watch.fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		hand_over(a, fd, &from);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	if (exhausted(errno)) {
		starve(a, errno);
		return false;
	}
	return true; /* that client went away in the queue (accept(2)): the next one */
}

static void on_ready(struct watch *w, unsigned ready, void *arg)
{
	struct acceptor *a = arg;

	(void)w;
	(void)ready;
	for (int i = 0; i < LIMIT_ACCEPT_BATCH && take_one(a); i++)
		continue;
}

static void on_pause_end(struct timer *t, void *arg)
{
	struct acceptor *a = arg;

	(void)t;
	watch_want(&a->watch, WATCH_READ);
}

void acceptor_start(struct acceptor *a, struct loop *loop, struct smtp_server *server, int fd)
{
	*a = (struct acceptor){ .server = server };
	local_of(fd, &a->ip, &a->port);
	a->any = any_address(&a->ip);
	timer_init(&a->pause, loop, on_pause_end, a);
	watch_init(&a->watch, loop, fd, on_ready, a);
	watch_want(&a->watch, WATCH_READ);
}

void acceptor_empty(struct acceptor *a)
{
	for (int i = 0; i < 2 * LIMIT_LISTEN_BACKLOG && take_one(a); i++)
		continue;
}

void acceptor_stop(struct acceptor *a)
{
	if (a->watch.fd < 0)
		return;
	timer_stop(&a->pause);
	watch_want(&a->watch, 0);
	close(a->watch.fd);
	a->watch.fd = -1;
}
