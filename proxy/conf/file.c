#include "conf/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One byte more than it has, so that one that grows meanwhile is noticed. */
static char *read_open(int fd, size_t size, size_t *n, const char **why)
{
	char *bytes = mem_resize(NULL, size + 1);

	for (*n = 0; *n <= size;) {
		const ssize_t got = read(fd, bytes + *n, size + 1 - *n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			*why = strerror(errno);
			mem_free(bytes);
			return NULL;
		}
		if (got == 0)
			return bytes;
		*n += (size_t)got;
	}
	*why = "it grows while it is read";
	mem_free(bytes);
	return NULL;
}

static char *read_file(int fd, size_t max, size_t *n, const char **why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		*why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*why = "it is not a file";
	else if ((uintmax_t)st.st_size > max)
		*why = "it is too large";
	else
		return read_open(fd, (size_t)st.st_size, n, why);
	return NULL;
}

char *conf_file_read(const char *path, size_t max, size_t *n, const char **why)
{
	/* Without O_NONBLOCK a named pipe would hang the start. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *bytes;

	if (fd < 0) {
		*why = strerror(errno);
		return NULL;
	}
	bytes = read_file(fd, max, n, why);
	close(fd);
	return bytes;
}
