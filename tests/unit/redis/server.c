#include "unit/redis/server.h"

#include "base/check.h"
#include "base/out.h"
#include "base/str.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { GUARD_MS = 60000 };

static const char program[] = "/usr/bin/redis-server";

bool server_is_there(void)
{
	return access(program, X_OK) == 0;
}

uint16_t server_free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

void server_wait_line(struct server *s, const char *text)
{
	char line[1024];
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = s->log, .events = POLLIN };

		if (poll(&p, 1, GUARD_MS) != 1 || read(s->log, &line[n], 1) != 1)
			fail_msg("redis-server never said: %s", text);
		if (line[n] != '\n' && n + 2 < sizeof(line)) {
			n++;
			continue;
		}
		line[n] = '\0';
		n = 0;
		if (strstr(line, text))
			return;
	}
}

static noreturn void become(const struct server *s, int out)
{
	const char *const *words = s->words;
	char port[8];
	const char *argv[SERVER_WORDS + 16] = { program };
	size_t n = 1;

	(void)snprintf(port, sizeof(port), "%u", (unsigned)s->port);
	/* A Sentinel's first argument is its file. */
	for (; *words && (*words)[0] == '/'; words++)
		argv[n++] = *words;
	argv[n++] = "--port";
	argv[n++] = port;
	argv[n++] = "--bind";
	argv[n++] = "127.0.0.1";
	argv[n++] = "--dir";
	argv[n++] = s->folder;
	if (s->port == 0) {
		argv[n++] = "--unixsocket";
		argv[n++] = s->socket;
	}
	for (; *words; words++)
		argv[n++] = *words;
	CHECK(n < COUNTOF(argv));
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execv(program, (char *const *)(uintptr_t)argv);
	_exit(127);
}

void server_again(struct server *s)
{
	int out[2];

	assert_int_equal(pipe(out), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		become(s, out[1]);
	close(out[1]);
	s->log = out[0];
	/* A Sentinel says its name. */
	server_wait_line(s, s->words[0] && s->words[0][0] == '/' ? "Sentinel ID"
								 : "eady to accept connections");
}

void server_start(struct server *s, uint16_t port, const char *const *words)
{
	if (s->folder[0] == '\0') {
		memcpy(s->folder, "/tmp/postern-unit-XXXXXX", sizeof("/tmp/postern-unit-XXXXXX"));
		assert_non_null(mkdtemp(s->folder));
	}
	(void)snprintf(s->socket, sizeof(s->socket), "%s/redis.sock", s->folder);
	s->port = port;
	s->words = words;
	server_again(s);
}

void server_kill(struct server *s)
{
	if (s->pid == 0)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->log);
	s->pid = 0;
}

static void remove_folder(const char *folder)
{
	const pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", folder, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

void server_end(struct server *s)
{
	server_kill(s);
	if (s->folder[0])
		remove_folder(s->folder);
	*s = (struct server){ 0 };
}
