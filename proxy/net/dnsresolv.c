#include "net/dnsresolv.h"

#include <fcntl.h>
#include <unistd.h>

enum { FILE_BYTES = 16384, PORT = 53 };

static bool read_line(struct str line, struct dns_server *server)
{
	static const struct str keyword = STR_INIT("nameserver");
	struct str address, rest;

	if (!str_starts(line, keyword))
		return false;
	line = str_from(line, keyword.n);
	if (line.n == 0 || (line.p[0] != ' ' && line.p[0] != '\t'))
		return false;
	line = str_trim(line);
	str_cut(line, ' ', &address, &rest);
	str_cut(address, '\t', &address, &rest);
	server->port = PORT;
	return ip_parse(address, &server->ip);
}

size_t dnsresolv_parse(struct str text, struct dns_server *servers, size_t max)
{
	struct str line;
	size_t count = 0;

	while (text.n && count < max) {
		str_cut(text, '\n', &line, &text);
		count += read_line(line, &servers[count]);
	}
	return count;
}

size_t dnsresolv_system(struct dns_server *servers, size_t max)
{
	char bytes[FILE_BYTES];
	const int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	size_t count;

	if (fd >= 0) {
		n = read(fd, bytes, sizeof(bytes));
		close(fd);
	}
	count = dnsresolv_parse((struct str){ .p = bytes, .n = n > 0 ? (size_t)n : 0 }, servers,
				max);
	if (count == 0 && max > 0)
		servers[count++] = (struct dns_server){
			.ip = { .family = IP_V4, .bytes = { 127, 0, 0, 1 } },
			.port = PORT,
		};
	return count;
}
