/* control_socket.h - the unix socket of the block `control`: made by the master before it gives up any right, open to
 * its owner alone, used on by the next generation. */
#ifndef CONTROL_CONTROL_SOCKET_H
#define CONTROL_CONTROL_SOCKET_H

#include "conf/blocks.h"

#include <stdbool.h>

struct control_socket {
	int fd;           /* 0: none */
	const char *path; /* in the config */
};

/* False: reported.  `from` (NULL: nobody) had one before: the same path is the same socket. */
bool control_socket_bind(struct control_socket *c, const struct conf *conf,
			 const struct control_socket *from, struct conf_report *report) NODISCARD;
/* Its end, with its file; unless `heir` (NULL: nobody) goes on with it. */
void control_socket_close(struct control_socket *c, const struct control_socket *heir);
/* In a process to which it is of no use: others have it, and its file, still.  Unless `mine` is the same. */
void control_socket_leave(struct control_socket *c, const struct control_socket *mine);

#endif
