/* conn_open.c - connecting: to an address or a unix socket, perhaps from a given address.
 *
 * What fails at once is told by CONN_CLOSED like what fails later: the caller has one path. */
#define _GNU_SOURCE /* strerrordesc_np */
#include "io/conn_io.h"

#include "base/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un local;
	} u;
	socklen_t n;
};

static const struct {
	int error;
	enum err err;
} errors[] = {
	{ .error = ECONNREFUSED, .err = ERR_REFUSED },
	{ .error = ECONNRESET, .err = ERR_CLOSED },
	{ .error = EPIPE, .err = ERR_CLOSED },
	{ .error = ETIMEDOUT, .err = ERR_TIMEOUT },
	{ .error = ENETUNREACH, .err = ERR_UNREACHABLE },
	{ .error = EHOSTUNREACH, .err = ERR_UNREACHABLE },
	{ .error = EADDRNOTAVAIL, .err = ERR_UNREACHABLE },
	{ .error = ENOENT, .err = ERR_UNREACHABLE }, /* no such unix socket */
	{ .error = EACCES, .err = ERR_UNREACHABLE },
	{ .error = EAGAIN, .err = ERR_UNREACHABLE }, /* a unix socket whose queue is full */
};

enum io_step conn_ended(struct conn *c)
{
	c->error = ERR_CLOSED;
	c->error_text = NULL;
	c->finished = true;
	return IO_END;
}

enum io_step conn_failed(struct conn *c, enum err err, const char *text)
{
	c->error = err;
	c->error_text = text;
	c->finished = false;
	return IO_FAILED;
}

enum io_step conn_failed_errno(struct conn *c, int error)
{
	enum err err = ERR_IO;

	for (size_t i = 0; i < COUNTOF(errors); i++) {
		if (errors[i].error == error)
			err = errors[i].err;
	}
	return conn_failed(c, err, strerrordesc_np(error));
}

static struct address ip_address(const struct ip *ip, uint16_t port)
{
	struct address a = { 0 };

	CHECK(ip->family != IP_NONE);
	if (ip->family == IP_V4) {
		a.u.v4.sin_family = AF_INET;
		a.u.v4.sin_port = htons(port);
		memcpy(&a.u.v4.sin_addr, ip->bytes, sizeof(a.u.v4.sin_addr));
		a.n = sizeof(a.u.v4);
	} else {
		a.u.v6.sin6_family = AF_INET6;
		a.u.v6.sin6_port = htons(port);
		memcpy(&a.u.v6.sin6_addr, ip->bytes, sizeof(a.u.v6.sin6_addr));
		a.n = sizeof(a.u.v6);
	}
	return a;
}

/* False: the path is longer than a socket's name can be. */
static bool unix_address(const char *path, struct address *a)
{
	const size_t n = strlen(path);

	*a = (struct address){ .n = sizeof(a->u.local) };
	if (n >= sizeof(a->u.local.sun_path))
		return false;
	a->u.local.sun_family = AF_UNIX;
	memcpy(a->u.local.sun_path, path, n);
	return true;
}

/* Where we may not, only an address of ours can be bound, and bind() tells. */
static void allow_foreign(int fd, enum ip_family family)
{
	const int on = 1;

	if (family == IP_V4)
		(void)setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof(on));
	else
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof(on));
}

/* The port is chosen at connect(), so that many connections can share the source address. */
static bool bind_source(int fd, const struct ip *source)
{
	const struct address a = ip_address(source, 0);
	const int on = 1;

	allow_foreign(fd, source->family);
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, &a.u.any, a.n) == 0;
}

static bool start_connect(int fd, const struct endpoint *to, const struct ip *source)
{
	struct address a;

	if (!to->unix_path)
		a = ip_address(&to->ip, to->port);
	else if (!unix_address(to->unix_path, &a)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (source && !to->unix_path && !bind_source(fd, source))
		return false;
	return connect(fd, &a.u.any, a.n) == 0 || errno == EINPROGRESS || errno == EINTR;
}

struct conn *conn_connect(struct loop *loop, const struct endpoint *to, const struct ip *source,
			  conn_fn *fn, void *arg)
{
	const int family = to->unix_path ? AF_UNIX : to->ip.family == IP_V4 ? AF_INET : AF_INET6;
	const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int no_socket = errno;
	struct conn *c = conn_new(loop, fd, fn, arg);

	c->state = STATE_CONNECTING;
	if (fd < 0 || !start_connect(fd, to, source)) {
		conn_failed_errno(c, fd < 0 ? no_socket : errno);
		conn_fail(c);
	} else {
		watch_want(&c->watch, WATCH_WRITE);
	}
	return c;
}

enum io_step conn_connected(struct conn *c)
{
	int error = 0;
	socklen_t n = sizeof(error);

	CHECK(getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0);
	return error ? conn_failed_errno(c, error) : IO_DONE;
}
