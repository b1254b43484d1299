#define _GNU_SOURCE 1 /* struct ucred */
#include "control/control_client.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "setup/setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

enum { NOT_DONE = 1, PATIENCE_S = 10 };

/* Where the daemon of this config listens; it need not be without errors otherwise. */
static int find_socket(const char *conf_path, struct sockaddr_un *to)
{
	struct conf_report report = conf_report_to(stderr);
	struct setup_blocks blocks;
	const struct conf_section *section;
	struct conf *conf;
	int status = EX_CONFIG;
	struct str path;

	setup_blocks(&blocks);
	conf = conf_peek(conf_path, blocks.at, blocks.count, &report);
	section = conf_first(conf, &block_control);
	if (access(conf_path, R_OK) != 0)
		status = EX_NOINPUT;
	else if (!section)
		fprintf(stderr, "postern: %s has no block control: the daemon cannot be asked\n",
			conf_path);
	else {
		path = ((const struct conf_control *)section->values)->socket.text;
		*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
		if (path.n < sizeof(to->sun_path)) {
			memcpy(to->sun_path, path.p, path.n);
			status = EX_OK;
		}
	}
	conf_free(conf);
	return status;
}

/* EX_OK, and then *fd is open: of a worker that hangs, or of one that is stopping, nothing is to be heard. */
static int open_socket(const struct sockaddr_un *to, int *fd)
{
	static const int waits[] = { SO_RCVTIMEO, SO_SNDTIMEO };
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int status;

	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd >= 0)
		for (size_t i = 0; i < COUNTOF(waits); i++)
			(void)setsockopt(*fd, SOL_SOCKET, waits[i], &patience, sizeof(patience));
	if (*fd >= 0 && connect(*fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
		return EX_OK;
	status = errno == EACCES ? EX_NOPERM : EX_UNAVAILABLE;
	fprintf(stderr, "postern: cannot ask the daemon at %s: %s\n", to->sun_path,
		strerror(errno));
	if (*fd >= 0)
		close(*fd);
	return status;
}

/* Words with a tab between; one that has a tab or a line end in it is none. */
static bool say(FILE *to, const char *command, char *const *words, int count)
{
	char bytes[LIMIT_CONTROL_LINE];
	struct out o = OUT(bytes);

	out_str(&o, str_z(command));
	for (int i = 0; i < count; i++) {
		if (strpbrk(words[i], "\t\r\n")) {
			fputs("postern: a word has a tab or a line end in it\n", stderr);
			return false;
		}
		out_char(&o, '\t');
		out_str(&o, str_z(words[i]));
	}
	out_char(&o, '\n');
	if (o.full) {
		fputs("postern: these are too many words\n", stderr);
		return false;
	}
	return fwrite(bytes, 1, o.n, to) == o.n && fflush(to) == 0;
}

static int hear(FILE *from)
{
	char line[LIMIT_CONTROL_LINE + 2];

	while (fgets(line, sizeof(line), from)) {
		switch (line[0]) {
		case '=':
			fputs(line + 1, stdout);
			break;
		case '-':
			fprintf(stderr, "postern: %s", line + 1);
			break;
		case '.':
			return EX_OK;
		case '!':
			return NOT_DONE;
		case '?':
			return EX_USAGE;
		default:
			fputs("postern: the daemon speaks another language\n", stderr);
			return EX_PROTOCOL;
		}
	}
	fputs(ferror(from) ? "postern: the daemon does not answer\n"
			   : "postern: the daemon has hung up\n",
	      stderr);
	return EX_UNAVAILABLE;
}

int control_client(const char *conf_path, const char *command, char *const *words, int count)
{
	struct sockaddr_un to;
	int status = find_socket(conf_path, &to), fd;
	FILE *f;

	if (status == EX_OK)
		status = open_socket(&to, &fd);
	if (status != EX_OK)
		return status;
	f = fdopen(fd, "r+");
	if (!f) {
		close(fd);
		return EX_OSERR;
	}
	status = say(f, command, words, count) ? hear(f) : EX_USAGE;
	fclose(f);
	return status;
}

int control_find_master(const char *conf_path, pid_t *master)
{
	struct sockaddr_un to;
	struct ucred who = { .pid = 0 };
	socklen_t size = sizeof(who);
	int status = find_socket(conf_path, &to), fd;

	if (status == EX_OK)
		status = open_socket(&to, &fd);
	if (status != EX_OK)
		return status;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 || who.pid <= 0) {
		fputs("postern: the daemon's process is not seen from here\n", stderr);
		status = EX_UNAVAILABLE;
	}
	close(fd);
	*master = who.pid;
	return status;
}
