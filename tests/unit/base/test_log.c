/* base/log.h: lines that nobody outside can forge, written whole. */
#include "base/log.h"
#include "base/log_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void catch (struct str lines, void *arg)
{
	out_str(arg, lines);
}

static void values_cannot_break_out(void **state)
{
	char text[512];
	struct out o = OUT(text);
	struct log_line l;

	(void)state;
	log_to(catch, &o);
	log_begin(&l, "test", STR("-"));
	log_z(&l, "plain", "a@b.example");
	log_z(&l, "empty", "");
	log_z(&l, "space", "a b");
	log_z(&l, "evil", "x\r\nverdict id=1 \"quoted\" \\ =");
	log_u64(&l, "n", 7);
	log_end(&l);
	log_flush();
	log_to(NULL, NULL);
	assert_true(str_eq(out_text(&o),
			   STR("test id=- plain=a@b.example empty=\"\" space=\"a b\" "
			       "evil=\"x\\x0d\\x0averdict id=1 \\\"quoted\\\" \\\\ =\" n=7\n")));
}

/* A worker is killed with lines gathered: the master writes them, once. */
static void what_a_process_leaves_is_inherited(void **state)
{
	struct log_room *room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char text[512];
	struct out o = OUT(text);
	pid_t child;
	int status;

	(void)state;
	assert_true(room != MAP_FAILED);
	log_to(catch, &o);
	log_note("ours", "first", "of the master");
	child = fork();
	if (child == 0) {
		log_to(NULL, NULL);
		log_gather_in(room);
		log_note("verdict", "one", "of the worker");
		log_note("verdict", "two", "of the worker");
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	log_inherit(room);
	log_inherit(room);
	log_to(NULL, NULL);
	assert_true(str_has(out_text(&o), STR("ours id=- what=first text=\"of the master\"\n"
					      "verdict id=- what=one text=\"of the worker\"\n"
					      "verdict id=- what=two text=\"of the worker\"\n")));
	munmap(room, sizeof(*room));
}

/* What another process has left there may be anything. */
static void a_damaged_room_is_empty(void **state)
{
	static struct log_room room;
	char text[512];
	struct out o = OUT(text);

	(void)state;
	log_to(catch, &o);
	room.n = sizeof(room.bytes) + 1;
	log_inherit(&room);
	room.n = 10;
	room.written = 11;
	log_inherit(&room);
	log_to(NULL, NULL);
	assert_int_equal(o.n, 0);
}

/* What does not fit is left out by the key, the rest is there, and the line says so. */
static void a_line_too_long_lacks_whole_keys(void **state)
{
	static char text[2 * LOG_LINE_MAX], strange[900], nearly[LOG_LINE_MAX];
	struct out o = OUT(text);
	struct log_line l;

	(void)state;
	memset(strange, 1, sizeof(strange) - 1);
	memset(nearly, 'x', sizeof(nearly) - 1);
	log_to(catch, &o);
	log_begin(&l, "test", STR("-"));
	log_z(&l, "one", strange);
	log_z(&l, "two", strange);
	log_z(&l, "three", "is there");
	log_end(&l);
	log_begin(&l, "test", STR("-"));
	log_str(&l, "all", str_head(str_z(nearly), LOG_LINE_MAX - 1 - strlen("test id=- all=")));
	log_end(&l);
	log_begin(&l, "test", STR("-"));
	log_str(&l, "most", str_head(str_z(nearly), LOG_LINE_MAX - 10 - strlen("test id=- most=")));
	log_u64(&l, "n", 123456789);
	log_end(&l);
	log_flush();
	log_to(NULL, NULL);
	o.p[o.n] = '\0';
	assert_non_null(strstr(text, "\\x01\" three=\"is there\" cut=yes\ntest id=- cut=yes\n"));
	assert_null(strstr(text, "two="));
	assert_non_null(strstr(text, "xx cut=yes\n"));
}

/* Each write() is a record of its own on a socket of packets. */
static void writes_are_whole_lines_of_at_most_pipe_buf(void **state)
{
	static char packet[1 << 16];
	const int kept = dup(STDERR_FILENO);
	int pair[2];
	size_t lines = 0;
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_true(dup2(pair[0], STDERR_FILENO) >= 0);
	for (int i = 0; i < 100; i++)
		log_note("test", "long", "%0*d", 100 + i * 3, i);
	log_flush();
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	close(kept);
	close(pair[0]);
	while ((n = read(pair[1], packet, sizeof(packet))) > 0) {
		assert_true(n <= PIPE_BUF && packet[n - 1] == '\n');
		for (ssize_t i = 0; i < n; i++)
			lines += packet[i] == '\n';
	}
	close(pair[1]);
	assert_int_equal(lines, 100);
}

static size_t count(const char *text, char c)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

/* All that is in it, without waiting for more. */
static size_t drain(int fd, char *to, size_t cap)
{
	size_t got = 0;
	ssize_t n;

	while ((n = read(fd, to + got, cap - got)) > 0)
		got += (size_t)n;
	to[got] = '\0';
	return got;
}

/* Mail goes on: the call comes back, whole lines are there, and how many are not is told behind the next one. */
static void who_does_not_read_loses_lines(int reader, int writer)
{
	static char text[1 << 20];
	const int kept = dup(STDERR_FILENO);
	size_t said = 0, lost;
	const char *told;

	assert_true(dup2(writer, STDERR_FILENO) >= 0);
	close(writer);
	log_write_open();
	for (; said < 5000; said++)
		log_note("test", "line", "%0200d", 1);
	log_flush();
	assert_true(drain(reader, text, sizeof(text) - 1) > 0);
	said -= count(text, '\n');
	assert_int_not_equal(said, 0);
	assert_int_equal(text[strlen(text) - 1], '\n');
	log_note("test", "line", "again");
	log_flush();
	(void)drain(reader, text, sizeof(text) - 1);
	told = strstr(text, "log id=- what=lost text=\"");
	assert_non_null(told);
	assert_int_equal(sscanf(told, "log id=- what=lost text=\"%zu lines", &lost), 1);
	assert_int_equal(lost, said);
	log_note("test", "line", "again");
	log_flush();
	(void)drain(reader, text, sizeof(text) - 1);
	assert_string_equal(text, "test id=- what=line text=again\n");
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	close(kept);
	close(reader);
}

static void a_pipe_that_nobody_reads_stops_nobody(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	who_does_not_read_loses_lines(ends[0], ends[1]);
}

/* As systemd gives one. */
static void a_socket_that_nobody_reads_stops_nobody(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	who_does_not_read_loses_lines(ends[0], ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_cannot_break_out),
		cmocka_unit_test(what_a_process_leaves_is_inherited),
		cmocka_unit_test(a_damaged_room_is_empty),
		cmocka_unit_test(a_line_too_long_lacks_whole_keys),
		cmocka_unit_test(writes_are_whole_lines_of_at_most_pipe_buf),
		cmocka_unit_test(a_socket_that_nobody_reads_stops_nobody),
		cmocka_unit_test(a_pipe_that_nobody_reads_stops_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
