#include "base/log_write.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 2000, PERIOD_MS = 20000 };

static int fd = STDERR_FILENO;
static bool is_socket;
static int64_t period_until_ms;
static int64_t patience_ms; /* what is left of it in this period */

void log_write_open(void)
{
	struct stat about;
	int again;

	if (fstat(STDERR_FILENO, &about) != 0)
		return;
	is_socket = S_ISSOCK(about.st_mode);
	if (!S_ISFIFO(about.st_mode))
		return;
	/* Refused where it is somebody else's, or there is no /proc: then it stays as it is. */
	again = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (again >= 0)
		fd = again;
}

/* Workers share one pipe to the journal: only writes of at most PIPE_BUF bytes are not mixed with those of
 * others (POSIX), so whole lines go out, as many as fit. */
static struct str portion(struct str lines)
{
	size_t n = PIPE_BUF;

	static_assert(LOG_LINE_MAX <= PIPE_BUF, "a line fits in one portion");
	if (lines.n <= n)
		return lines;
	while (n > 1 && lines.p[n - 1] != '\n')
		n--;
	return str_head(lines, n);
}

static ssize_t put(struct str some)
{
	if (is_socket)
		return send(fd, some.p, some.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(fd, some.p, some.n);
}

static bool wait_for_reader(void)
{
	struct pollfd reader = { .fd = fd, .events = POLLOUT };
	const int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
	bool ready;

	if (now_ms >= period_until_ms) {
		period_until_ms = now_ms + PERIOD_MS;
		patience_ms = PATIENCE_MS;
	}
	if (patience_ms <= 0)
		return false;
	ready = poll(&reader, 1, (int)patience_ms) > 0;
	patience_ms -= clock_ms(CLOCK_MONOTONIC) - now_ms;
	return ready;
}

static size_t count_lines(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

size_t log_write(struct str lines, atomic_size_t *written)
{
	struct str rest = lines;

	while (rest.n) {
		const ssize_t n = put(portion(rest));

		if (n > 0) {
			*written += (size_t)n;
			rest = str_from(rest, (size_t)n);
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
		    (errno == EAGAIN && !wait_for_reader()))
			break;
	}
	return count_lines(rest);
}
