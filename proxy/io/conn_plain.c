/* conn_plain.c - bytes in the clear: one recv(), one sendmsg(), one sendfile(). */
#include "io/conn_io.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

static enum io_step read_plain(struct conn *c, char *to, size_t room, size_t *n)
{
	const ssize_t got = recv(c->watch.fd, to, room, 0);

	if (got > 0) {
		*n = (size_t)got;
		return IO_DONE;
	}
	if (got == 0)
		return conn_ended(c);
	if (errno == EAGAIN || errno == EINTR)
		return IO_AGAIN;
	return conn_failed_errno(c, errno);
}

static enum io_step write_plain(struct conn *c, const struct str *runs, unsigned count,
				size_t *sent)
{
	struct iovec v[3];
	const struct msghdr m = { .msg_iov = v, .msg_iovlen = count };
	size_t total = 0;
	ssize_t n;

	for (unsigned i = 0; i < count; i++) {
		v[i] = (struct iovec){ .iov_base = (void *)(uintptr_t)runs[i].p,
				       .iov_len = runs[i].n };
		total += runs[i].n;
	}
	*sent = 0;
	n = count == 1 ? send(c->watch.fd, runs[0].p, total, MSG_NOSIGNAL)
		       : sendmsg(c->watch.fd, &m, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? IO_AGAIN : conn_failed_errno(c, errno);
	*sent = (size_t)n;
	return *sent == total ? IO_DONE : IO_AGAIN;
}

/* Linux says EIO for the file; no socket does. */
static enum io_step write_file(struct conn *c, int fd, uint64_t at, size_t n, size_t *sent)
{
	off_t offset = (off_t)at;
	const ssize_t done = sendfile(c->watch.fd, fd, &offset, n);

	*sent = 0;
	if (done < 0 && errno == EIO)
		return conn_failed(c, ERR_FILE, "the file cannot be read");
	if (done < 0)
		return errno == EAGAIN || errno == EINTR ? IO_AGAIN : conn_failed_errno(c, errno);
	if (done == 0)
		return conn_failed(c, ERR_FILE, "the file is shorter than it was");
	*sent = (size_t)done;
	return *sent == n ? IO_DONE : IO_AGAIN;
}

static bool holds_nothing(const struct conn *c)
{
	(void)c;
	return false;
}

static void leave_silently(struct conn *c)
{
	(void)c;
}

const struct conn_ops conn_plain = {
	.read = read_plain,
	.write = write_plain,
	.write_file = write_file,
	.holds_input = holds_nothing,
	.say_goodbye = leave_silently,
};
