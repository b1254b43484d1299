#include "daemon/sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_from(struct sockaddr_storage *to, const struct ip *ip, uint16_t port)
{
	memset(to, 0, sizeof(*to));
	if (ip->family == IP_V6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, ip->bytes, 16);
		return sizeof(*in6);
	}
	struct sockaddr_in *in4 = (struct sockaddr_in *)to;

	in4->sin_family = AF_INET;
	in4->sin_port = htons(port);
	memcpy(&in4->sin_addr, ip->bytes, 4);
	return sizeof(*in4);
}

static void read_v6(const struct sockaddr_in6 *in6, struct ip *ip)
{
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		ip->family = IP_V4;
		memcpy(ip->bytes, in6->sin6_addr.s6_addr + 12, 4);
	} else {
		ip->family = IP_V6;
		memcpy(ip->bytes, in6->sin6_addr.s6_addr, 16);
	}
}

void sockaddr_read(const struct sockaddr_storage *from, struct ip *ip, uint16_t *port)
{
	*ip = (struct ip){ .family = IP_NONE };
	*port = 0;
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)from;

		ip->family = IP_V4;
		memcpy(ip->bytes, &in4->sin_addr, 4);
		*port = ntohs(in4->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

		read_v6(in6, ip);
		*port = ntohs(in6->sin6_port);
	}
}
