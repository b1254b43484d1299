/* io/conn.h in the clear: input, output, closing, connecting. */
#define _GNU_SOURCE /* accept4 */
#include "unit/io/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/un.h>

/* Takes whole lines, answers each with its length. */
static void on_lines(struct probe *p, enum conn_event event)
{
	struct str in, line, rest;

	if (event != CONN_INPUT)
		return;
	in = conn_input(p->c);
	while (str_cut(in, '\n', &line, &rest)) {
		char digit = (char)('0' + line.n);

		conn_write(p->c, (struct str){ .p = &digit, .n = 1 });
		conn_consume(p->c, line.n + 1);
		in = rest;
	}
}

static void pipelined_lines_are_answered_in_one_segment(void **state)
{
	struct probe p = probe_new(on_lines);
	const int peer = probe_accept(&p);

	(void)state;
	say(peer, STR("a\nbb\nccc\ndd"));
	run_to(&p, 'I');
	assert_true(str_eq(conn_input(p.c), STR("dd")));
	assert_true(hears(peer, "123"));
	say(peer, STR("d"));
	run_to(&p, 'I');
	assert_true(str_eq(conn_input(p.c), STR("ddd")));
	say(peer, STR("\n\n"));
	run_to(&p, 'I');
	assert_true(hears(peer, "30"));
	assert_int_equal(conn_input(p.c).n, 0);
	close(peer);
	run_to(&p, 'C');
	assert_true(probe_saw(&p, "IC"));
	assert_int_equal(conn_error(p.c), ERR_CLOSED);
	probe_end(&p);
}

static void every_split_gives_the_same_lines(void **state)
{
	const struct str text = STR("a\nbb\nccc\n");

	(void)state;
	for (size_t at = 1; at < text.n; at++) {
		struct probe p = probe_new(on_lines);
		const int peer = probe_accept(&p);
		char buf[8];
		ssize_t n = 0;

		say(peer, str_head(text, at));
		run_to(&p, 'I');
		say(peer, str_from(text, at));
		run_to(&p, 'I');
		n = read(peer, buf, sizeof(buf));
		assert_true(n == 3 && memcmp(buf, "123", 3) == 0);
		close(peer);
		probe_end(&p);
	}
}

static void on_greeting(struct probe *p, enum conn_event event)
{
	if (event == CONN_INPUT && conn_input(p->c).n == 1)
		conn_pause(p->c);
}

static void paused_input_waits_and_comes_again(void **state)
{
	struct probe p = probe_new(on_greeting);
	const int peer = probe_accept(&p);

	(void)state;
	say(peer, STR("x"));
	run_to(&p, 'I');
	say(peer, STR("yz"));
	run_turns(p.loop);
	assert_true(str_eq(conn_input(p.c), STR("x")));
	p.on = NULL;
	conn_resume(p.c);
	while (p.got_n < 3)
		run_to(&p, 'I');
	assert_true(probe_got(&p, "xyz"));
	close(peer);
	probe_end(&p);
}

static void a_peer_gone_while_paused_is_noticed_on_resume(void **state)
{
	struct probe p = probe_new(NULL);
	const int peer = probe_accept(&p);

	(void)state;
	conn_pause(p.c);
	say(peer, STR("last words"));
	close(peer);
	run_turns(p.loop);
	assert_true(probe_saw(&p, ""));
	conn_resume(p.c);
	run_to(&p, 'C');
	assert_true(probe_saw(&p, "IC") && probe_got(&p, "last words"));
	probe_end(&p);
}

static void input_stops_at_its_limit_and_goes_on(void **state)
{
	struct probe p = probe_new(on_lines);
	const int peer = probe_accept(&p);
	char junk[4096];
	size_t sent = 0;
	ssize_t n;

	(void)state;
	memset(junk, 'j', sizeof(junk));
	while (sent < 2 * CONN_INPUT_MAX) {
		n = write(peer, junk, sizeof(junk));
		sent += n > 0 ? (size_t)n : 0;
		run_turns(p.loop);
		if (n < 0)
			break;
	}
	assert_int_equal(conn_input(p.c).n, CONN_INPUT_MAX);
	p.on = NULL;
	probe_take(&p);
	while (p.got_n < sent)
		run_to(&p, 'I');
	close(peer);
	run_to(&p, 'C');
	probe_end(&p);
}

static void a_half_closed_peer_is_answered_first(void **state)
{
	struct probe p = probe_new(on_lines);
	const int peer = probe_accept(&p);

	(void)state;
	say(peer, STR("quit\n"));
	shutdown(peer, SHUT_WR);
	run_to(&p, 'C');
	assert_true(hears(peer, "4"));
	conn_write(p.c, STR("later reply"));
	run_turns(p.loop);
	assert_true(hears(peer, "later reply"));
	close(peer);
	conn_write(p.c, STR("into the void"));
	run_turns(p.loop);
	assert_true(probe_saw(&p, "IC"));
	probe_end(&p);
}

static void on_nothing(struct probe *p, enum conn_event event)
{
	(void)p;
	(void)event;
}

static size_t swallow(int fd, char expected)
{
	char buf[16384];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(buf[i], expected);
		total += (size_t)n;
	}
	return total;
}

static void much_output_waits_for_a_slow_reader(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_accept(&p);
	const size_t total = 3 << 20;
	char *bytes = mem_new(total);
	size_t heard = 0;

	(void)state;
	memset(bytes, 'b', total);
	conn_write(p.c, (struct str){ .p = bytes, .n = total / 2 });
	conn_write(p.c, (struct str){ .p = bytes, .n = total / 2 });
	mem_free(bytes);
	assert_int_equal(conn_unsent(p.c), total);
	while (heard < total) {
		run_turns(p.loop);
		heard += swallow(peer, 'b');
	}
	run_turns(p.loop);
	assert_true(probe_saw(&p, "D"));
	assert_int_equal(conn_unsent(p.c), 0);
	close(peer);
	probe_end(&p);
}

static void on_borrowed(struct probe *p, enum conn_event event)
{
	unsigned *left = p->arg;

	if (event == CONN_DRAINED && *left && --*left)
		conn_write_borrowed(p->c, STR("again"));
}

static void borrowed_bytes_go_after_the_gathered_ones(void **state)
{
	struct probe p = probe_new(on_borrowed);
	const int peer = probe_accept(&p);
	unsigned left = 3;

	(void)state;
	p.arg = &left;
	conn_write(p.c, STR("head "));
	conn_write_borrowed(p.c, STR("body "));
	while (left)
		run_to(&p, 'D');
	assert_true(hears(peer, "head body againagain"));
	conn_write_borrowed(p.c, STR(""));
	run_to(&p, 'D');
	close(peer);
	probe_end(&p);
}

static void a_big_borrowed_write_survives_short_writes(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_accept(&p);
	const size_t total = 1 << 20;
	char *bytes = mem_new(total);
	size_t heard = 0;

	(void)state;
	memset(bytes, 'b', total);
	conn_write(p.c, STR("bb"));
	conn_write_borrowed(p.c, (struct str){ .p = bytes, .n = total });
	while (heard < total + 2) {
		run_turns(p.loop);
		heard += swallow(peer, 'b');
	}
	run_turns(p.loop);
	assert_true(probe_saw(&p, "D"));
	mem_free(bytes);
	close(peer);
	probe_end(&p);
}

static void small_replies_bring_no_drained(void **state)
{
	struct probe p = probe_new(on_lines);
	const int peer = probe_accept(&p);

	(void)state;
	say(peer, STR("x\n"));
	run_turns(p.loop);
	assert_true(probe_saw(&p, "I"));
	close(peer);
	probe_end(&p);
}

static void on_farewell(struct probe *p, enum conn_event event)
{
	(void)event;
	conn_write(p->c, STR("bye"));
	conn_resume(p->c);
	conn_close(p->c);
	p->c = NULL;
}

static void closing_in_the_callback_is_the_end(void **state)
{
	struct probe p = probe_new(on_farewell);
	const int peer = probe_accept(&p);

	(void)state;
	say(peer, STR("x"));
	run_to(&p, 'I');
	assert_true(hears(peer, "bye"));
	assert_true(hears(peer, ""));
	run_turns(p.loop);
	assert_true(probe_saw(&p, "I"));
	close(peer);
	probe_end(&p);
}

static void closing_outside_forgets_what_was_due(void **state)
{
	struct probe p = probe_new(on_greeting);
	const int peer = probe_accept(&p);

	(void)state;
	say(peer, STR("x"));
	run_to(&p, 'I');
	conn_resume(p.c);
	conn_write(p.c, STR("bye"));
	conn_close(p.c);
	p.c = NULL;
	assert_true(hears(peer, "bye"));
	run_turns(p.loop);
	assert_true(probe_saw(&p, "I"));
	close(peer);
	probe_end(&p);
}

static void what_was_not_consumed_is_there_after_the_end(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_accept(&p);

	(void)state;
	say(peer, STR("DATA QUIT"));
	shutdown(peer, SHUT_WR);
	run_to(&p, 'C');
	assert_true(str_eq(conn_input(p.c), STR("DATA QUIT")));
	conn_consume(p.c, 5);
	conn_pause(p.c);
	conn_resume(p.c);
	run_turns(p.loop);
	assert_true(str_eq(conn_input(p.c), STR("QUIT")));
	assert_true(probe_saw(&p, "IC"));
	close(peer);
	probe_end(&p);
}

static void last_words_come_before_a_failed_write_is_told(void **state)
{
	struct probe p = probe_new(NULL);
	const int peer = probe_accept(&p);

	(void)state;
	say(peer, STR("421 going away"));
	close(peer);
	conn_write(p.c, STR("into the void"));
	run_to(&p, 'C');
	assert_true(probe_saw(&p, "IC") && probe_got(&p, "421 going away"));
	assert_int_equal(conn_error(p.c), ERR_CLOSED);
	conn_write(p.c, STR("ignored"));
	conn_resume(p.c);
	run_turns(p.loop);
	assert_true(probe_saw(&p, "IC"));
	probe_end(&p);
}

static void a_failed_write_is_told_though_paused(void **state)
{
	struct probe p = probe_new(NULL);
	const int peer = probe_accept(&p);

	(void)state;
	conn_pause(p.c);
	close(peer);
	conn_write(p.c, STR("into the void"));
	run_to(&p, 'C');
	assert_true(probe_saw(&p, "C"));
	assert_string_equal(conn_error_text(p.c), "Broken pipe");
	probe_end(&p);
}

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
		cmocka_unit_test(pipelined_lines_are_answered_in_one_segment),
		cmocka_unit_test(every_split_gives_the_same_lines),
		cmocka_unit_test(paused_input_waits_and_comes_again),
		cmocka_unit_test(a_peer_gone_while_paused_is_noticed_on_resume),
		cmocka_unit_test(input_stops_at_its_limit_and_goes_on),
		cmocka_unit_test(a_half_closed_peer_is_answered_first),
		cmocka_unit_test(much_output_waits_for_a_slow_reader),
		cmocka_unit_test(borrowed_bytes_go_after_the_gathered_ones),
		cmocka_unit_test(a_big_borrowed_write_survives_short_writes),
		cmocka_unit_test(small_replies_bring_no_drained),
		cmocka_unit_test(closing_in_the_callback_is_the_end),
		cmocka_unit_test(closing_outside_forgets_what_was_due),
		cmocka_unit_test(what_was_not_consumed_is_there_after_the_end),
		cmocka_unit_test(last_words_come_before_a_failed_write_is_told),
		cmocka_unit_test(a_failed_write_is_told_though_paused),
		cmocka_unit_test(connects_from_a_given_address),
		cmocka_unit_test(a_refusal_reaches_a_client_that_goes_on_talking),
		cmocka_unit_test(a_refused_connection_says_so),
		cmocka_unit_test(what_was_written_before_the_connection_stood_goes_out),
		cmocka_unit_test(unix_sockets_connect_or_say_why_not),
		cmocka_unit_test(a_path_too_long_for_a_socket_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
