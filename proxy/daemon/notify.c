#define _GNU_SOURCE 1 /* SOCK_CLOEXEC */

#include "daemon/notify.h"

#include "base/clock.h"
#include "base/out.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_manager(const char *state)
{
	const struct str path = str_z(getenv("NOTIFY_SOCKET"));
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char text[128];
	struct out o = OUT(text);
	int fd;

	if (path.n < 2 || path.n >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path.p, path.n);
	if (path.p[0] == '@') /* an abstract socket */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Type=notify-reload pairs RELOADING with this time. */
	out_printf(&o, "%s\nMONOTONIC_USEC=%lld\n", state,
		   (long long)clock_ns(CLOCK_MONOTONIC) / 1000);
	(void)!sendto(fd, o.p, o.n, MSG_NOSIGNAL, (struct sockaddr *)&to,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n));
	close(fd);
}
