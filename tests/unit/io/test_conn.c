/* io/conn.h in the clear: input, output, closing. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "unit/io/probe.h"

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
	conn_write(p.c, STR("dot "));
	while (left)
		run_to(&p, 'D');
	assert_true(hears(peer, "head body dot againagain"));
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
	conn_write(p.c, STR("bbb"));
	while (heard < total + 5) {
		run_turns(p.loop);
		heard += swallow(peer, 'b');
	}
	run_turns(p.loop);
	assert_true(probe_saw(&p, "D"));
	mem_free(bytes);
	close(peer);
	probe_end(&p);
}

/* An unlinked file of n bytes 'b'. */
static int file_of(size_t n)
{
	const int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	char *bytes = mem_new(n);

	memset(bytes, 'b', n);
	assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	mem_free(bytes);
	return fd;
}

static void bytes_of_a_file_go_between_the_gathered_ones(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_accept(&p);
	const int fd = file_of(100);

	(void)state;
	assert_int_equal(pwrite(fd, "body", 4, 50), 4);
	conn_write(p.c, STR("head "));
	conn_write_file(p.c, fd, 50, 5);
	conn_write(p.c, STR(" dot"));
	assert_int_equal(conn_unsent(p.c), 14);
	run_to(&p, 'D');
	assert_true(hears(peer, "head bodyb dot"));
	conn_write_file(p.c, fd, 99, 1);
	run_to(&p, 'D');
	assert_true(hears(peer, "b"));
	assert_true(probe_saw(&p, "D"));
	close(peer);
	close(fd);
	probe_end(&p);
}

static void a_big_file_waits_for_a_slow_reader(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_accept(&p);
	const size_t total = 3 << 20;
	const int fd = file_of(total + 7);
	size_t heard = 0;

	(void)state;
	conn_write(p.c, STR("bb"));
	conn_write_file(p.c, fd, 7, total);
	conn_write(p.c, STR("bbb"));
	run_turns(p.loop);
	assert_true(conn_unsent(p.c) > 0);
	while (heard < total + 5) {
		run_turns(p.loop);
		heard += swallow(peer, 'b');
	}
	run_turns(p.loop);
	assert_int_equal(heard, total + 5);
	assert_true(probe_saw(&p, "D"));
	close(peer);
	close(fd);
	probe_end(&p);
}

static void a_file_cut_short_ends_the_connection(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_accept(&p);
	const int fd = file_of(10);

	(void)state;
	conn_write_file(p.c, fd, 5, 6);
	conn_write(p.c, STR(" never"));
	run_to(&p, 'C');
	assert_true(hears(peer, "bbbbb"));
	assert_int_equal(conn_error(p.c), ERR_FILE);
	close(peer);
	close(fd);
	probe_end(&p);
}

static void a_file_into_a_closed_socket_is_no_signal(void **state)
{
	struct probe p = probe_new(NULL);
	const int peer = probe_accept(&p);
	const int fd = file_of(10);

	(void)state;
	close(peer);
	conn_write_file(p.c, fd, 0, 10);
	run_to(&p, 'C');
	assert_int_equal(conn_error(p.c), ERR_CLOSED);
	conn_write_file(p.c, fd, 0, 10);
	assert_int_equal(conn_unsent(p.c), 0);
	close(fd);
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
	struct probe p = probe_new(on_nothing);
	const int peer = probe_accept(&p);

	(void)state;
	conn_limit_input(p.c, 1);
	say(peer, STR("xy"));
	run_to(&p, 'I');
	conn_consume(p.c, 1); /* more can be read */
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
	run_turns(p.loop);
	assert_true(probe_saw(&p, "IC"));
	probe_end(&p);
}

static void a_failed_write_is_told_though_nothing_is_read(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_accept(&p);

	(void)state;
	conn_limit_input(p.c, 1);
	say(peer, STR("xy"));
	run_to(&p, 'I');
	close(peer);
	conn_write(p.c, STR("into the void"));
	run_to(&p, 'C');
	assert_true(probe_saw(&p, "IC"));
	assert_string_equal(conn_error_text(p.c), "Broken pipe");
	probe_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipelined_lines_are_answered_in_one_segment),
		cmocka_unit_test(every_split_gives_the_same_lines),
		cmocka_unit_test(input_stops_at_its_limit_and_goes_on),
		cmocka_unit_test(a_half_closed_peer_is_answered_first),
		cmocka_unit_test(much_output_waits_for_a_slow_reader),
		cmocka_unit_test(borrowed_bytes_go_after_the_gathered_ones),
		cmocka_unit_test(a_big_borrowed_write_survives_short_writes),
		cmocka_unit_test(bytes_of_a_file_go_between_the_gathered_ones),
		cmocka_unit_test(a_big_file_waits_for_a_slow_reader),
		cmocka_unit_test(a_file_cut_short_ends_the_connection),
		cmocka_unit_test(a_file_into_a_closed_socket_is_no_signal),
		cmocka_unit_test(small_replies_bring_no_drained),
		cmocka_unit_test(closing_in_the_callback_is_the_end),
		cmocka_unit_test(closing_outside_forgets_what_was_due),
		cmocka_unit_test(what_was_not_consumed_is_there_after_the_end),
		cmocka_unit_test(last_words_come_before_a_failed_write_is_told),
		cmocka_unit_test(a_failed_write_is_told_though_nothing_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
