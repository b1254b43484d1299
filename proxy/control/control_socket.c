#include "control/control_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { QUEUE = 64 };

static bool address_of(const char *path, struct sockaddr_un *to)
{
	const size_t n = strlen(path);

	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n == 0 || n >= sizeof(to->sun_path))
		return false;
	memcpy(to->sun_path, path, n);
	return true;
}

/* What a daemon that was killed left behind answers nobody. */
static bool is_dead(const struct sockaddr_un *to)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const bool refused = fd >= 0 &&
			     connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0 &&
			     errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return refused;
}

/* /run is empty after each boot. */
static bool make_folder(const struct sockaddr_un *to)
{
	struct sockaddr_un folder = *to;
	char *end = strrchr(folder.sun_path, '/');

	if (!end || end == folder.sun_path)
		return false;
	*end = '\0';
	return mkdir(folder.sun_path, 0755) == 0;
}

static int try_bind(int fd, const struct sockaddr_un *to)
{
	const mode_t mask = umask(0177);
	const int reason = bind(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 ? 0 : errno;

	umask(mask);
	return reason;
}

/* 0, or why not. */
static int bind_to(int fd, const struct sockaddr_un *to)
{
	int reason = try_bind(fd, to);

	if ((reason == ENOENT && make_folder(to)) ||
	    (reason == EADDRINUSE && is_dead(to) && unlink(to->sun_path) == 0))
		reason = try_bind(fd, to);
	return reason == 0 && listen(fd, QUEUE) != 0 ? errno : reason;
}

static int make(struct control_socket *c)
{
	struct sockaddr_un to;
	int reason;

	if (!address_of(c->path, &to))
		return ENAMETOOLONG;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return errno;
	reason = bind_to(c->fd, &to);
	if (reason)
		close(c->fd);
	return reason;
}

bool control_socket_bind(struct control_socket *c, const struct conf *conf,
			 const struct control_socket *from, struct conf_report *report)
{
	const struct conf_section *section = conf_first(conf, &block_control);
	const struct conf_control *values = section ? section->values : NULL;
	int reason;

	*c = (struct control_socket){ .fd = 0 };
	if (!section)
		return true;
	c->path = values->socket.text.p;
	if (from && from->fd && strcmp(from->path, c->path) == 0) {
		c->fd = from->fd;
		return true;
	}
	reason = make(c);
	if (reason == 0)
		return true;
	c->fd = 0;
	conf_error(report, values->socket.at.line ? &values->socket.at : &section->at,
		   "control: %s: %s", c->path,
		   reason == EADDRINUSE ? "another daemon, or a file, is there" : strerror(reason));
	return false;
}

void control_socket_leave(struct control_socket *c, const struct control_socket *mine)
{
	if (!c->fd || (mine && mine->fd == c->fd))
		return;
	close(c->fd);
	c->fd = 0;
}

void control_socket_close(struct control_socket *c, const struct control_socket *heir)
{
	const int fd = c->fd;

	control_socket_leave(c, heir);
	if (c->fd != fd)
		(void)unlink(c->path);
}
