/* conn_receipt(): does the peer's machine have what was written? */
#include "unit/io/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { MUCH = 8 << 20 };

static void on_nothing(struct probe *p, enum conn_event event)
{
	(void)p;
	(void)event;
}

/* Of TCP: only there is anything confirmed.  Its peer takes little before it reads. */
static int probe_tcp(struct probe *p)
{
	const int listener = socket(AF_INET, SOCK_STREAM, 0), little = 4096;
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int peer, ours;

	assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)), 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	ours = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ours, (struct sockaddr *)&at, n), 0);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(fcntl(ours, F_SETFL, O_NONBLOCK), 0);
	close(listener);
	p->c = conn_accept(p->loop, ours, probe_event, p);
	return peer;
}

static void reset(int peer)
{
	const struct linger at_once = { .l_onoff = 1 };

	assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(peer);
}

static enum conn_receipt awaited(struct probe *p)
{
	for (unsigned i = 0; i < 200 && conn_receipt(p->c) == CONN_RECEIPT_AWAITED; i++)
		run_turns(p->loop);
	return conn_receipt(p->c);
}

static void write_much(struct probe *p)
{
	char *much = mem_new(MUCH);

	conn_write(p->c, (struct str){ .p = much, .n = MUCH });
	mem_free(much);
	run_turns(p->loop);
}

static void what_arrived_is_confirmed(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_tcp(&p);

	(void)state;
	conn_write(p.c, STR("250 ok\r\n"));
	assert_int_equal(conn_receipt(p.c), CONN_RECEIPT_AWAITED); /* only gathered yet */
	assert_int_equal(awaited(&p), CONN_RECEIPT_COMPLETE);
	reset(peer);
	run_to(&p, 'C');
	assert_true(conn_is_broken(p.c));
	assert_int_equal(conn_receipt(p.c), CONN_RECEIPT_COMPLETE);
	probe_end(&p);
}

static void a_half_closed_peer_confirms_to_the_end(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_tcp(&p);

	(void)state;
	shutdown(peer, SHUT_WR);
	run_to(&p, 'C');
	conn_write(p.c, STR("250 ok\r\n"));
	conn_end_output(p.c);
	assert_int_equal(awaited(&p), CONN_RECEIPT_COMPLETE);
	assert_true(hears(peer, "250 ok\r\n"));
	assert_true(hears(peer, ""));
	close(peer);
	assert_int_equal(awaited(&p), CONN_RECEIPT_COMPLETE);
	probe_end(&p);
}

static void who_has_gone_confirms_nothing(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_tcp(&p);

	(void)state;
	close(peer);
	run_to(&p, 'C');
	conn_write(p.c, STR("250 ok\r\n"));
	conn_end_output(p.c);
	assert_int_equal(awaited(&p), CONN_RECEIPT_NONE);
	probe_end(&p);
}

static void what_a_stalled_peer_has_not_taken_is_awaited(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_tcp(&p);

	(void)state;
	write_much(&p);
	assert_int_equal(conn_receipt(p.c), CONN_RECEIPT_AWAITED);
	reset(peer);
	run_to(&p, 'C');
	assert_int_equal(conn_receipt(p.c), CONN_RECEIPT_NONE);
	probe_end(&p);
}

static void what_was_written_to_a_dead_connection_is_lost(void **state)
{
	struct probe p = probe_new(on_nothing);
	const int peer = probe_tcp(&p);

	(void)state;
	reset(peer);
	run_to(&p, 'C');
	assert_int_equal(conn_receipt(p.c), CONN_RECEIPT_COMPLETE); /* there was nothing */
	conn_write(p.c, STR("250 ok\r\n"));
	assert_int_equal(conn_receipt(p.c), CONN_RECEIPT_NONE);
	probe_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_arrived_is_confirmed),
		cmocka_unit_test(a_half_closed_peer_confirms_to_the_end),
		cmocka_unit_test(who_has_gone_confirms_nothing),
		cmocka_unit_test(what_a_stalled_peer_has_not_taken_is_awaited),
		cmocka_unit_test(what_was_written_to_a_dead_connection_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
