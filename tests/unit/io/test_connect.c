/* io/conn.h over real sockets: connecting, refused, from a given address, reset or not. */
#define _GNU_SOURCE /* accept4 */
#include "unit/io/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/un.h>

/* A listening socket on the loopback; its port is chosen by the kernel. */
static int listen_on_loopback(struct endpoint *at)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*at = (struct endpoint){ .port = ntohs(a.sin_port) };
	assert_true(ip_parse(STR("127.0.0.1"), &at->ip));
	return fd;
}

static void connects_from_a_given_address(void **state)
{
	struct probe p = probe_new(NULL);
	struct endpoint at;
	struct ip source;
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	const int listener = listen_on_loopback(&at);
	int peer;

	(void)state;
	assert_true(ip_parse(STR("127.0.0.9"), &source));
	p.c = conn_connect(p.loop, &at, &source, probe_event, &p);
	run_to(&p, 'O');
	peer = accept(listener, (struct sockaddr *)&from, &n);
	assert_int_equal(ntohl(from.sin_addr.s_addr), 0x7f000009);
	conn_write(p.c, STR("hello"));
	run_turns(p.loop);
	assert_true(hears(peer, "hello"));
	say(peer, STR("220"));
	run_to(&p, 'I');
	assert_true(probe_saw(&p, "OI") && probe_got(&p, "220"));
	close(peer);
	close(listener);
	probe_end(&p);
}

static void on_first_line(struct probe *p, enum conn_event event)
{
	assert_int_equal(event, CONN_INPUT);
	conn_write(p->c, STR("421 enough"));
	conn_close(p->c);
	p->c = NULL;
}

/* The kernel resets a connection closed with unread input; the reply must not be lost to it. */
static void a_refusal_reaches_a_client_that_goes_on_talking(void **state)
{
	struct probe p = probe_new(NULL), server = { .loop = p.loop, .on = on_first_line };
	struct endpoint at;
	const int listener = listen_on_loopback(&at);
	const size_t junk_n = 96 * 1024;
	char *junk = mem_new(junk_n);
	int fd, arrived = 0;

	(void)state;
	p.c = conn_connect(p.loop, &at, NULL, probe_event, &p);
	run_to(&p, 'O');
	conn_write(p.c, (struct str){ .p = junk, .n = junk_n });
	run_turns(p.loop);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	while ((size_t)arrived < junk_n)
		assert_int_equal(ioctl(fd, FIONREAD, &arrived), 0);
	server.c = conn_accept(p.loop, fd, probe_event, &server);
	run_to(&p, 'C');
	assert_true(probe_got(&p, "421 enough"));
	assert_string_equal(conn_error_text(p.c), err_text(ERR_CLOSED));
	mem_free(junk);
	close(listener);
	probe_end(&p);
}

static void a_refused_connection_says_so(void **state)
{
	struct probe p = probe_new(NULL);
	struct endpoint at;

	(void)state;
	close(listen_on_loopback(&at));
	p.c = conn_connect(p.loop, &at, NULL, probe_event, &p);
	assert_true(probe_saw(&p, ""));
	run_to(&p, 'C');
	assert_true(probe_saw(&p, "C"));
	assert_int_equal(conn_error(p.c), ERR_REFUSED);
	assert_string_equal(conn_error_text(p.c), "Connection refused");
	probe_end(&p);
}

static void what_was_written_before_the_connection_stood_goes_out(void **state)
{
	struct probe p = probe_new(NULL);
	struct endpoint at;
	const int listener = listen_on_loopback(&at);
	int peer;

	(void)state;
	p.c = conn_connect(p.loop, &at, NULL, probe_event, &p);
	conn_write(p.c, STR("early"));
	run_to(&p, 'O');
	run_turns(p.loop);
	peer = accept(listener, NULL, NULL);
	assert_true(hears(peer, "early"));
	close(peer);
	close(listener);
	probe_end(&p);
}

static void unix_sockets_connect_or_say_why_not(void **state)
{
	char folder[] = "/tmp/postern-unit-XXXXXX";
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct endpoint at = { .unix_path = a.sun_path };
	struct probe p = probe_new(NULL);
	const int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/mta.sock", folder);
	p.c = conn_connect(p.loop, &at, NULL, probe_event, &p);
	run_to(&p, 'C');
	assert_int_equal(conn_error(p.c), ERR_UNREACHABLE);
	conn_close(p.c);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	p.c = conn_connect(p.loop, &at, NULL, probe_event, &p);
	run_to(&p, 'O');
	assert_true(probe_saw(&p, "CO"));
	close(listener);
	unlink(a.sun_path);
	rmdir(folder);
	probe_end(&p);
}

static void a_path_too_long_for_a_socket_is_an_error(void **state)
{
	char path[300];
	const struct endpoint at = { .unix_path = path };
	struct probe p = probe_new(NULL);

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	p.c = conn_connect(p.loop, &at, NULL, probe_event, &p);
	run_to(&p, 'C');
	assert_string_equal(conn_error_text(p.c), "File name too long");
	probe_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects_from_a_given_address),
		cmocka_unit_test(a_refusal_reaches_a_client_that_goes_on_talking),
		cmocka_unit_test(a_refused_connection_says_so),
		cmocka_unit_test(what_was_written_before_the_connection_stood_goes_out),
		cmocka_unit_test(unix_sockets_connect_or_say_why_not),
		cmocka_unit_test(a_path_too_long_for_a_socket_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
