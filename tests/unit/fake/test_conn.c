/* tests/fake/conn.c: a connection in memory keeps the contract of io/conn.h. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "base/out.h"
#include "base/mem.h"
#include "fake/fake.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

/* A program with one connection: notes the events, takes as much input as it is told. */
struct program {
	struct loop *loop;
	struct conn *conn;
	struct out events;
	char bytes[256];
	struct str seen; /* input in the last CONN_INPUT, before it was consumed */
	char seen_bytes[256];
	size_t takes;
	bool closes;
};

static void on_event(struct conn *c, enum conn_event event, void *arg)
{
	static const char letters[] = { 'O', 'S', 'I', 'D', 'C' };
	struct program *p = arg;

	out_char(&p->events, letters[event]);
	if (event == CONN_INPUT) {
		const struct str input = conn_input(c);

		p->seen = (struct str){ .p = p->seen_bytes, .n = input.n };
		memcpy(p->seen_bytes, input.p, input.n);
		conn_consume(c, p->takes < input.n ? p->takes : input.n);
	}
	if (event == CONN_CLOSED || p->closes) {
		conn_close(c);
		p->conn = NULL;
	}
}

static int begin(void **state)
{
	struct program *p = mem_new(sizeof(*p));

	p->loop = loop_new();
	p->events = OUT(p->bytes);
	*state = p;
	return 0;
}

static int end(void **state)
{
	struct program *p = *state;

	if (p->conn)
		conn_close(p->conn);
	loop_free(p->loop);
	mem_free(p);
	return 0;
}

static struct fake_peer *accept_client(struct program *p)
{
	struct fake_peer *client = fake_client(p->loop);

	p->conn = conn_accept(p->loop, fake_client_fd(client), on_event, p);
	fake_turn(p->loop);
	return client;
}

static bool saw(const struct program *p, const char *events)
{
	return str_eq(out_text(&p->events), str_z(events));
}

static void input_stays_until_it_is_consumed(void **state)
{
	struct program *p = *state;
	struct fake_peer *client = accept_client(p);

	p->takes = 2;
	fake_send(client, STR("abc"));
	assert_true(saw(p, ""));
	fake_turn(p->loop);
	assert_true(saw(p, "I") && str_eq(p->seen, STR("abc")));
	fake_send(client, STR("d"));
	fake_turn(p->loop);
	assert_true(saw(p, "II") && str_eq(p->seen, STR("cd")));
}

static void writing_gathers_and_drains(void **state)
{
	struct program *p = *state;
	struct fake_peer *client = accept_client(p);

	fake_stall(client, true);
	conn_write(p->conn, STR("220 "));
	conn_write_borrowed(p->conn, STR("hello"));
	fake_turn(p->loop);
	assert_int_equal(conn_unsent(p->conn), 9);
	assert_true(saw(p, ""));
	fake_stall(client, false);
	fake_turn(p->loop);
	assert_true(saw(p, "D") && str_eq(fake_received(client), STR("220 hello")));
	assert_int_equal(conn_unsent(p->conn), 0);
}

static void bytes_of_a_file_go_in_their_place(void **state)
{
	struct program *p = *state;
	struct fake_peer *client = accept_client(p);
	const int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	assert_int_equal(write(fd, "0123456789", 10), 10);
	conn_write(p->conn, STR("a"));
	conn_write_file(p->conn, fd, 3, 4);
	conn_write(p->conn, STR("b"));
	fake_turn(p->loop);
	assert_true(saw(p, "D") && str_eq(fake_received(client), STR("a3456b")));
	close(fd);
}

static void closing_sends_what_was_written(void **state)
{
	struct program *p = *state;
	struct fake_peer *client = accept_client(p);

	p->closes = true;
	conn_write(p->conn, STR("421 bye"));
	fake_send(client, STR("x"));
	fake_turn(p->loop);
	assert_null(p->conn);
	assert_true(fake_is_closed(client) && str_eq(fake_received(client), STR("421 bye")));
	assert_true(fake_is_idle(p->loop));
}

static void a_gone_peer_is_seen_by_the_second_write(void **state)
{
	struct program *p = *state;
	struct fake_peer *client = accept_client(p);

	conn_limit_input(p->conn, 1); /* its end is behind what is not read */
	fake_send(client, STR("xy"));
	fake_turn(p->loop);
	fake_hang_up(client);
	conn_write(p->conn, STR("a"));
	fake_turn(p->loop);
	assert_true(saw(p, "I"));
	conn_write(p->conn, STR("b"));
	fake_turn(p->loop);
	assert_true(saw(p, "IC"));
}

static void accept_it(struct fake_peer *peer, const struct endpoint *to, void *arg)
{
	*(struct fake_peer **)arg = peer;
	if (to->port == 25)
		fake_accept(peer);
	else if (to->port == 26)
		fake_refuse(peer, ERR_REFUSED);
}

static void connect_to(struct program *p, uint16_t port, struct fake_peer **peer)
{
	const struct endpoint to = { .port = port, .host = "mta" };

	p->events = OUT(p->bytes);
	fake_on_connect(p->loop, accept_it, peer);
	p->conn = conn_connect(p->loop, &to, NULL, on_event, p);
	assert_true(saw(p, ""));
	fake_turn(p->loop);
}

static void connecting_opens(void **state)
{
	struct program *p = *state;
	struct fake_peer *peer;

	connect_to(p, 25, &peer);
	assert_true(saw(p, "O"));
	conn_write(p->conn, STR("EHLO"));
	fake_turn(p->loop);
	assert_true(str_eq(fake_received(peer), STR("EHLO")));
}

static void connecting_is_refused_or_never_answered(void **state)
{
	struct program *p = *state;
	struct fake_peer *peer;

	connect_to(p, 26, &peer);
	assert_true(saw(p, "C"));
	connect_to(p, 27, &peer);
	fake_advance(p->loop, 100000);
	assert_true(saw(p, ""));
	conn_close(p->conn);
	p->conn = NULL;
	assert_true(fake_is_closed(peer));
}

static void tls_forgets_plain_input(void **state)
{
	struct program *p = *state;
	struct fake_peer *client = accept_client(p);
	struct out why = { 0 };
	struct tls *tls = tls_server_new(&(struct tls_server_options){ .ask = false }, &why);

	p->takes = 8;
	fake_send(client, STR("STARTTLSNOOP"));
	fake_turn(p->loop);
	conn_write(p->conn, STR("220"));
	conn_start_tls(p->conn, tls, NULL);
	assert_true(saw(p, "I") && !conn_is_secure(p->conn));
	fake_turn(p->loop);
	assert_true(saw(p, "IS") && conn_is_secure(p->conn) && fake_is_secure(client));
	assert_true(str_eq(fake_received(client), STR("220")));
	assert_int_equal(conn_input(p->conn).n, 0);
	fake_send(client, STR("EHLO"));
	fake_turn(p->loop);
	assert_true(saw(p, "ISI") && str_eq(p->seen, STR("EHLO")));
	tls_free(tls);
}

static void a_handshake_fails(void **state)
{
	struct program *p = *state;
	struct fake_peer *client = accept_client(p);
	struct out why = { 0 };
	struct tls *tls = tls_server_new(&(struct tls_server_options){ .ask = false }, &why);

	fake_set_tls(client, FAKE_TLS_FAIL);
	conn_start_tls(p->conn, tls, NULL);
	fake_turn(p->loop);
	assert_true(saw(p, "C") && fake_is_closed(client));
	tls_free(tls);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(input_stays_until_it_is_consumed),
		TEST(writing_gathers_and_drains),
		TEST(bytes_of_a_file_go_in_their_place),
		TEST(closing_sends_what_was_written),
		TEST(a_gone_peer_is_seen_by_the_second_write),
		TEST(connecting_opens),
		TEST(connecting_is_refused_or_never_answered),
		TEST(tls_forgets_plain_input),
		TEST(a_handshake_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
