/* sockaddr.h - struct ip and the kernel's socket addresses. */
#ifndef DAEMON_SOCKADDR_H
#define DAEMON_SOCKADDR_H

#include "base/ip.h"

#include <sys/socket.h>

/* Returns the length used. */
socklen_t sockaddr_from(struct sockaddr_storage *to, const struct ip *ip, uint16_t port);

/* IPv4-mapped addresses arrive as IPv4; a family that is neither as IP_NONE. */
void sockaddr_read(const struct sockaddr_storage *from, struct ip *ip, uint16_t *port);

#endif
