#include "daemon/listen.h"

#include "base/limits.h"
#include "base/mem.h"
#include "daemon/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

bool listen_add(struct listen_table *t, const struct ip *ip, uint16_t port, size_t listener,
		const struct conf_place *at)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->rows[i].port == port && ip_eq(&t->rows[i].ip, ip))
			return false;
	t->rows = mem_array(t->rows, t->count + 1, sizeof(*t->rows));
	t->rows[t->count++] =
		(struct listen_row){ .ip = *ip, .port = port, .listener = listener, .at = *at };
	return true;
}

static int new_socket(const struct listen_row *row)
{
	return socket(row->ip.family == IP_V6 ? AF_INET6 : AF_INET,
		      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool switch_on(int fd, int level, int option)
{
	const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

static bool bind_socket(int fd, const struct listen_row *row)
{
	struct sockaddr_storage address;
	const socklen_t n = sockaddr_from(&address, &row->ip, row->port);

	return switch_on(fd, SOL_SOCKET, SO_REUSEADDR) &&
	       (row->ip.family != IP_V6 || switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
	       bind(fd, (struct sockaddr *)&address, n) == 0;
}

static void close_keeping_errno(int fd)
{
	const int reason = errno;

	close(fd);
	errno = reason;
}

/* -1: errno says why. */
static int open_shared(const struct listen_row *row)
{
	const int fd = new_socket(row);

	if (fd < 0 || (switch_on(fd, SOL_SOCKET, SO_REUSEPORT) && bind_socket(fd, row) &&
		       listen(fd, LIMIT_LISTEN_BACKLOG) == 0))
		return fd;
	close_keeping_errno(fd);
	return -1;
}

/* Sharing a port would also share it with another Postern that runs already, and half of the mail would
 * go there: a bind without SO_REUSEPORT must work first.  False: errno says why. */
static bool port_is_free(const struct listen_row *row)
{
	const int fd = new_socket(row);
	const bool is_free = fd >= 0 && bind_socket(fd, row);

	if (fd >= 0)
		close_keeping_errno(fd);
	return is_free;
}

static const struct listen_row *same_row(const struct listen_table *t, const struct listen_row *row)
{
	for (size_t i = 0; t && i < t->count; i++)
		if (t->rows[i].port == row->port && ip_eq(&t->rows[i].ip, &row->ip))
			return &t->rows[i];
	return NULL;
}

static bool bind_row(struct listen_row *row, const struct listen_table *from, unsigned workers)
{
	const struct listen_row *before = same_row(from, row);

	row->fds = mem_array(NULL, workers, sizeof(*row->fds));
	for (unsigned i = 0; i < workers; i++)
		row->fds[i] = -1;
	if (!before && !port_is_free(row))
		return false;
	for (unsigned i = 0; i < workers; i++) {
		row->fds[i] = before && i < from->workers ? before->fds[i] : open_shared(row);
		if (row->fds[i] < 0)
			return false;
	}
	return true;
}

static void print_address(struct out *o, const struct listen_row *row)
{
	if (row->ip.family == IP_V6)
		out_char(o, '[');
	ip_print(o, &row->ip);
	if (row->ip.family == IP_V6)
		out_char(o, ']');
	out_char(o, ':');
	out_u64(o, row->port);
}

static const char *bind_hint(int reason)
{
	if (reason == EADDRINUSE)
		return " (is another mail server running? see \"ss -ltnp\")";
	if (reason == EACCES)
		return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
	if (reason == EADDRNOTAVAIL)
		return " (no interface has this address; see \"ip address\")";
	return "";
}

bool listen_bind(struct listen_table *t, const struct listen_table *from, unsigned workers,
		 struct conf_report *report, int *status)
{
	bool ok = true;

	t->workers = workers;
	for (size_t i = 0; i < t->count; i++) {
		struct listen_row *row = &t->rows[i];
		char text[IP_TEXT_MAX + 16];
		struct out o = OUT(text);
		int reason;

		if (bind_row(row, from, workers))
			continue;
		reason = errno;
		print_address(&o, row);
		conf_error(report, &row->at, "cannot bind " STR_FMT ": %s%s", STR_ARG(out_text(&o)),
			   strerror(reason), bind_hint(reason));
		*status = reason == EACCES ? EX_NOPERM : EX_UNAVAILABLE;
		ok = false;
	}
	if (!ok)
		listen_close(t, from);
	return ok;
}

static bool has_fd(const struct listen_table *t, int fd)
{
	for (size_t i = 0; t && i < t->count; i++)
		for (unsigned w = 0; t->rows[i].fds && w < t->workers; w++)
			if (t->rows[i].fds[w] == fd)
				return true;
	return false;
}

void listen_close(struct listen_table *t, const struct listen_table *keep)
{
	for (size_t i = 0; i < t->count; i++) {
		for (unsigned w = 0; t->rows[i].fds && w < t->workers; w++) {
			int *fd = &t->rows[i].fds[w];

			if (*fd >= 0 && !has_fd(keep, *fd))
				close(*fd);
			*fd = -1;
		}
	}
}

void listen_keep_own(struct listen_table *t, unsigned worker)
{
	for (size_t i = 0; i < t->count; i++) {
		for (unsigned w = 0; w < t->workers; w++) {
			int *fd = &t->rows[i].fds[w];

			if (w == worker || *fd < 0)
				continue;
			close(*fd);
			*fd = -1;
		}
	}
}

void listen_free(struct listen_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		mem_free(t->rows[i].fds);
	mem_free(t->rows);
	*t = (struct listen_table){ 0 };
}

void listen_print(const struct listen_table *t, struct out *o)
{
	for (size_t i = 0; i < t->count; i++) {
		if (i)
			out_char(o, ',');
		print_address(o, &t->rows[i]);
	}
}
