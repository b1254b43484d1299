/* conn_limit_input(): what is behind a header stays with the kernel, until it is wanted or TLS begins. */
#include "io/tls.h"
#include "unit/io/ends.h"
#include "unit/io/probe.h"

static void on_piece(struct probe *p, enum conn_event event)
{
	const size_t *limit = p->arg;

	if (event == CONN_INPUT)
		assert_true(conn_input(p->c).n <= *limit);
}

static void no_more_is_read_than_allowed(void **state)
{
	struct probe p = probe_new(on_piece);
	size_t limit = 4;
	const int fd = probe_accept(&p);

	(void)state;
	p.arg = &limit;
	conn_limit_input(p.c, limit);
	say(fd, STR("HEADER\r\nEHLO\r\n"));
	run_to(&p, 'I');
	run_turns(p.loop);
	assert_true(str_eq(conn_input(p.c), STR("HEAD")));
	limit = 8;
	conn_limit_input(p.c, limit);
	run_to(&p, 'I');
	assert_true(str_eq(conn_input(p.c), STR("HEADER\r\n")));
	close(fd);
	run_turns(p.loop);
	assert_true(probe_saw(&p, "I"));
	limit = CONN_INPUT_MAX;
	conn_limit_input(p.c, limit);
	conn_consume(p.c, 8);
	run_to(&p, 'C');
	assert_true(str_eq(conn_input(p.c), STR("EHLO\r\n")));
	probe_end(&p);
}

static void on_header(struct probe *p, enum conn_event event)
{
	const size_t n = conn_input(p->c).n;

	if (event != CONN_INPUT)
		return;
	if (conn_is_secure(p->c)) {
		probe_take(p);
		return;
	}
	conn_limit_input(p->c, 8);
	if (n < 8)
		return;
	assert_true(str_eq(conn_input(p->c), STR("HEADER\r\n")));
	conn_consume(p->c, 8);
	conn_limit_input(p->c, CONN_INPUT_MAX);
	conn_start_tls(p->c, server_tls, NULL);
}

/* The handshake's first bytes are right behind a header in the clear, and are not lost with it. */
static void what_is_behind_belongs_to_the_handshake(void **state)
{
	struct probe server = probe_new(on_header), client = { .loop = server.loop };
	const int fd = probe_accept(&server);

	(void)state;
	client.c = conn_accept(client.loop, fd, probe_event, &client);
	conn_limit_input(server.c, 4);
	conn_write(client.c, STR("HEADER\r\n"));
	conn_start_tls(client.c, client_tls, "mx.test");
	run_to(&client, 'S');
	conn_write(client.c, STR("EHLO\n"));
	while (server.got_n == 0)
		run_to(&server, 'I');
	assert_true(probe_got(&server, "EHLO\n"));
	assert_true(probe_saw(&server, "ISI"));
	conn_close(client.c);
	probe_end(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_is_read_than_allowed),
		cmocka_unit_test(what_is_behind_belongs_to_the_handshake),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
