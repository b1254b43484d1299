#include "scan/scan_crew.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* So far may the fastest be ahead of the slowest. */
enum { AHEAD = 4 * SCAN_CREW_MAX };

/* What goes to a process, with the path and its NUL and the message behind it, and what comes back, with the text. */
struct question {
	uint64_t nth, index;
	size_t path, raw; /* bytes */
	bool quoted;
};
struct reply {
	enum scan_answer answer;
	size_t text; /* bytes */
};

struct task {
	char *path;
	uint64_t index;
	char *question; /* struct question and what is behind it; NULL: it is answered */
	size_t question_bytes;
	struct reply reply;
	char *text;
};

struct member {
	pid_t pid;
	int fd;
	struct task *task; /* NULL: idle */
	size_t sent, got;
};

struct scan_crew {
	const struct scan_options *options;
	scan_answer_fn *fn;
	void *arg;
	struct task tasks[AHEAD]; /* a ring */
	uint64_t first, next;     /* the oldest without its turn, the next to come */
	unsigned count;
	struct member members[SCAN_CREW_MAX];
};

/* ---- a member's life ---- */

static bool read_whole(int fd, void *to, size_t n)
{
	for (char *p = to; n;) {
		const ssize_t got = read(fd, p, n);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
	return true;
}

static bool write_whole(int fd, const void *from, size_t n)
{
	for (const char *p = from; n;) {
		const ssize_t put = write(fd, p, n);

		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return true;
}

/* False: nobody asks any more. */
static bool answer_one(int fd, struct scan_work *work)
{
	struct question q;
	struct scan_item item;
	struct reply reply;
	struct str text;
	char *bytes;
	bool ok;

	if (!read_whole(fd, &q, sizeof(q)))
		return false;
	bytes = mem_resize(NULL, q.path + q.raw);
	ok = read_whole(fd, bytes, q.path + q.raw);
	item = (struct scan_item){ .path = bytes,
				   .index = q.index,
				   .quoted = q.quoted,
				   .raw = { .p = bytes + q.path, .n = q.raw } };
	if (ok) {
		reply.answer = scan_work_do(work, q.nth, &item, &text) ? SCAN_JUDGED : SCAN_FAILED;
		reply.text = text.n;
		ok = write_whole(fd, &reply, sizeof(reply)) && write_whole(fd, text.p, text.n);
	}
	mem_free(bytes);
	return ok;
}

static COLD void live(const struct scan_crew *crew, int fd)
{
	struct scan_work *work;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (unsigned i = 0; i < crew->count; i++)
		if (crew->members[i].fd >= 0)
			close(crew->members[i].fd);
	work = scan_work_new(crew->options);
	while (answer_one(fd, work))
		;
	scan_work_free(work);
	log_flush();
	_exit(EX_OK);
}

static COLD void give_up(void)
{
	fprintf(stderr, "postern scan: no process to judge with: %s\n", strerror(errno));
	exit(EX_OSERR);
}

static void start(const struct scan_crew *crew, struct member *m)
{
	int ends[2];

	*m = (struct member){ .fd = -1 };
	log_flush(); /* or the child would write these lines once more */
	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		give_up();
	m->pid = fork();
	if (m->pid < 0)
		give_up();
	if (m->pid == 0) {
		close(ends[0]);
		live(crew, ends[1]);
	}
	close(ends[1]);
	m->fd = ends[0];
}

/* ---- answers ---- */

static void hand_out(struct scan_crew *crew)
{
	for (; crew->first < crew->next; crew->first++) {
		struct task *t = &crew->tasks[crew->first % AHEAD];
		const struct scan_item item = { .path = t->path, .index = t->index };

		if (t->question)
			return;
		crew->fn(crew->arg, &item, t->reply.answer,
			 (struct str){ .p = t->text, .n = t->reply.text });
		mem_free(t->path);
		mem_free(t->text);
		*t = (struct task){ 0 };
	}
}

static void rest(struct member *m)
{
	mem_free(m->task->question);
	m->task->question = NULL;
	m->task = NULL;
	m->sent = m->got = 0;
}

static void bury(const struct scan_crew *crew, struct member *m)
{
	char text[128];
	struct out o = OUT(text);
	int status = 0;

	close(m->fd);
	m->fd = -1;
	waitpid(m->pid, &status, 0);
	out_str(&o, STR("the process that judged it ended"));
	if (WIFSIGNALED(status))
		out_printf(&o, " by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	mem_free(m->task->text);
	m->task->text = mem_strdup(out_text(&o));
	m->task->reply = (struct reply){ .answer = SCAN_DIED, .text = o.n };
	rest(m);
	start(crew, m);
}

/* As much as there is.  False: the member is dead. */
static bool hear(struct member *m)
{
	struct task *t = m->task;
	const bool head = m->got < sizeof(t->reply);
	char *to = head ? (char *)&t->reply + m->got : t->text + (m->got - sizeof(t->reply));
	const size_t n =
		head ? sizeof(t->reply) - m->got : sizeof(t->reply) + t->reply.text - m->got;
	const ssize_t got = recv(m->fd, to, n, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		return false;
	m->got += got > 0 ? (size_t)got : 0;
	if (m->got == sizeof(t->reply) && !t->text)
		t->text = mem_resize(NULL, t->reply.text + 1);
	return true;
}

static bool all_heard(const struct member *m)
{
	return m->task->text && m->got == sizeof(m->task->reply) + m->task->reply.text;
}

/* ---- questions ---- */

static bool all_said(const struct member *m)
{
	return m->sent == m->task->question_bytes;
}

static bool say(struct member *m)
{
	const ssize_t put = send(m->fd, m->task->question + m->sent,
				 m->task->question_bytes - m->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (put < 0)
		return errno == EAGAIN || errno == EINTR;
	m->sent += (size_t)put;
	return true;
}

/* ---- all of them ---- */

static void serve(struct scan_crew *crew, struct member *m, short ready)
{
	bool alive = true;

	if (ready & POLLOUT)
		alive = say(m);
	if (alive && (ready & (POLLIN | POLLHUP | POLLERR)))
		alive = hear(m);
	if (!alive)
		bury(crew, m);
	else if (all_heard(m))
		rest(m);
}

/* Until one of those at work has got on. */
static void turn(struct scan_crew *crew)
{
	struct pollfd fds[SCAN_CREW_MAX];

	for (unsigned i = 0; i < crew->count; i++) {
		const struct member *m = &crew->members[i];

		fds[i] = (struct pollfd){ .fd = m->task ? m->fd : -1, .events = POLLIN };
		if (m->task && !all_said(m))
			fds[i].events |= POLLOUT;
	}
	if (poll(fds, crew->count, -1) <= 0)
		return;
	for (unsigned i = 0; i < crew->count; i++)
		if (fds[i].revents)
			serve(crew, &crew->members[i], fds[i].revents);
	hand_out(crew);
}

static struct member *idle(struct scan_crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++)
		if (!crew->members[i].task)
			return &crew->members[i];
	return NULL;
}

struct scan_crew *scan_crew_new(unsigned count, const struct scan_options *options,
				scan_answer_fn *fn, void *arg)
{
	struct scan_crew *crew = mem_new(sizeof(*crew));

	CHECK(count && count <= SCAN_CREW_MAX);
	crew->options = options;
	crew->fn = fn;
	crew->arg = arg;
	for (; crew->count < count; crew->count++)
		start(crew, &crew->members[crew->count]);
	return crew;
}

static void ask(struct task *t, uint64_t nth, const struct scan_item *item)
{
	const struct question q = { .nth = nth,
				    .index = item->index,
				    .path = strlen(item->path) + 1,
				    .raw = item->raw.n,
				    .quoted = item->quoted };

	t->path = mem_strdup(str_z(item->path));
	t->index = item->index;
	t->question_bytes = sizeof(q) + q.path + q.raw;
	t->question = mem_resize(NULL, t->question_bytes);
	memcpy(t->question, &q, sizeof(q));
	memcpy(t->question + sizeof(q), item->path, q.path);
	if (q.raw)
		memcpy(t->question + sizeof(q) + q.path, item->raw.p, q.raw);
}

void scan_crew_give(struct scan_crew *crew, uint64_t nth, const struct scan_item *item)
{
	struct member *m;

	while (!(m = idle(crew)) || crew->next - crew->first == AHEAD)
		turn(crew);
	m->task = &crew->tasks[crew->next++ % AHEAD];
	ask(m->task, nth, item);
	if (!say(m))
		bury(crew, m);
}

void scan_crew_end(struct scan_crew *crew)
{
	while (crew->first < crew->next)
		turn(crew);
	for (unsigned i = 0; i < crew->count; i++) {
		close(crew->members[i].fd);
		waitpid(crew->members[i].pid, NULL, 0);
	}
	mem_free(crew);
}
