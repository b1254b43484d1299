/* The backend made of servers: its pool, health and failover, LMTP, large messages. */
#include "fake/fake.h"
#include "unit/delivery/gate.h"

/* --- the pool --- */

static void an_idle_connection_says_goodbye(void **state)
{
	struct gate *g = *state;

	g->conf.idle_ms = 5000;
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	g->mta->log.n = 0;
	fake_advance(g->mta->loop, 4999);
	assert_said(g->mta, "");
	fake_advance(g->mta->loop, 2);
	assert_said(g->mta, "0 QUIT\n");
	assert_true(fake_is_closed(g->mta->peers[0]));
	assert_int_equal(deliver(g), 250);
	assert_int_equal(g->mta->connections, 2);
}

/* Eight refusals and resets; a message in between and it starts anew. */
static void a_strained_connection_is_not_shared_on(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] = (struct rule){ .prefix = "RCPT TO:<no", .reply = "550 no\r\n" };
	gate_open(g);
	for (unsigned i = 0; i < 7; i++) {
		for (unsigned n = 0; n < 3; n++) {
			assert_int_equal(rcpt(g, "<no>"), 550);
			close_delivery(g);
		}
		assert_int_equal(deliver(g), 250);
	}
	assert_int_equal(g->mta->connections, 1);
	for (unsigned n = 0; n < 4; n++) {
		assert_int_equal(rcpt(g, "<no>"), 550);
		close_delivery(g);
	}
	assert_true(said(g, "0 RSET\n0 QUIT\n"));
	assert_int_equal(deliver(g), 250);
	assert_int_equal(g->mta->connections, 2);
}

static void what_closes_while_idle_is_dropped(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	assert_int_equal(deliver(g), 250);
	fake_send(g->mta->peers[0], STR("421 4.4.2 timeout\r\n"));
	fake_turn(g->mta->loop);
	assert_true(fake_is_closed(g->mta->peers[0]));
	assert_int_equal(deliver(g), 250);
	fake_hang_up(g->mta->peers[1]);
	fake_turn(g->mta->loop);
	assert_int_equal(deliver(g), 250);
	fake_break(g->mta->peers[2], ERR_IO);
	fake_turn(g->mta->loop);
	assert_int_equal(deliver(g), 250);
	assert_int_equal(g->mta->connections, 4);
}

static void who_waits_too_long_is_told(void **state)
{
	struct gate *g = *state;
	struct gate other = { 0 };

	g->conf.connections = 1;
	g->mta->rules[0] = (struct rule){ .prefix = ".", .reply = NULL };
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	start_send(g, "hi\r\n");
	other.mta = g->mta;
	other.backend = g->backend;
	other.sender = g->sender;
	start_rcpt(&other, "<c@y>");
	fake_advance(g->mta->loop, LIMIT_BACKEND_WAIT_MS - 1);
	assert_false(other.done);
	fake_advance(g->mta->loop, 2);
	assert_true(other.done && other.err == ERR_LIMIT);
	start_rcpt(&other, "<c@y>");
	fake_send(g->mta->peers[0], STR("250 ok\r\n"));
	fake_turn(g->mta->loop);
	assert_true(g->done && other.done && other.code == 250);
	delivery_close(other.delivery);
	assert_int_equal(g->mta->connections, 1);
}

static void unsolicited_words_end_a_leased_connection(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	fake_send(g->mta->peers[0], STR("250 2.0.0 queued\r\n"));
	fake_turn(g->mta->loop);
	assert_true(fake_is_closed(g->mta->peers[0]));
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_int_equal(g->mta->connections, 2);
}

/* --- health --- */

static void a_server_that_is_down_is_left_alone(void **state)
{
	struct gate *g = *state;

	g->mta->refuse_port = 25;
	gate_open(g);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->err, ERR_UNREACHABLE);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->mta->connections, 1); /* not tried again at once */
	fake_advance(g->mta->loop, LIMIT_BACKEND_DOWN_MS);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->mta->connections, 2);
	fake_advance(g->mta->loop, LIMIT_BACKEND_DOWN_MS);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->mta->connections, 2); /* twice as long now */
	fake_advance(g->mta->loop, LIMIT_BACKEND_DOWN_MS);
	g->mta->refuse_port = 0;
	assert_int_equal(deliver(g), 250);
}

static void another_server_takes_over(void **state)
{
	struct gate *g = *state;

	g->conf.servers.count = 2;
	g->mta->refuse_port = 25;
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_true(str_eq(delivery_server(g->delivery), STR("192.0.2.2:26")));
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	close_delivery(g);
	assert_int_equal(g->mta->connections, 2);
	/* Back again: found out by a connection nobody waits for. */
	g->mta->refuse_port = 0;
	fake_advance(g->mta->loop, LIMIT_BACKEND_IDLE_MS + LIMIT_BACKEND_DOWN_MS);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_true(str_eq(delivery_server(g->delivery), STR("192.0.2.2:26")));
	assert_int_equal(g->mta->connections, 4);
}

static void a_busy_greeting_counts_as_down(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] = (struct rule){ .prefix = "CONNECT", .reply = "421 busy\r\n!" };
	gate_open(g);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->err, ERR_REFUSED);
}

static void a_server_that_does_not_greet_times_out(void **state)
{
	struct gate *g = *state;

	g->conf.servers.count = 2;
	g->conf.reply_timeout_ms = 20000;
	g->mta->rules[0] = (struct rule){ .prefix = "CONNECT", .reply = NULL, .times = 1 };
	gate_open(g);
	start_rcpt(g, "<b@y>");
	fake_advance(g->mta->loop, 20001);
	assert_int_equal(g->code, 250);
	assert_true(str_eq(delivery_server(g->delivery), STR("192.0.2.2:26")));
}

/* --- capabilities --- */

static void on_caps(struct op *op, enum err err, const void *result)
{
	struct gate *g = op->arg;

	g->done = true;
	g->err = err;
	if (result)
		g->caps = *(const struct caps *)result;
}

static void ask_caps(struct gate *g)
{
	gate_ask(g);
	g->op.done = on_caps;
	backend_caps(g->backend, &g->ops, &g->op);
	assert_false(g->done);
	fake_turn(g->mta->loop);
}

static void capabilities_are_asked_once(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	ask_caps(g);
	assert_true(g->done && g->err == ERR_OK);
	assert_true(caps_has(&g->caps, CAP_SIZE) && g->caps.size == 1000000);
	ask_caps(g);
	assert_true(g->done && g->err == ERR_OK);
	assert_int_equal(deliver(g), 250);
	assert_int_equal(g->mta->connections, 1);
}

static void capabilities_of_nobody_are_unknown(void **state)
{
	struct gate *g = *state;

	g->mta->refuse_port = 25;
	gate_open(g);
	ask_caps(g);
	assert_true(g->done && g->err == ERR_UNREACHABLE);
	gate_ask(g);
	backend_caps(g->backend, &g->ops, &g->op);
	op_cancel(&g->op);
	fake_turn(g->mta->loop);
	assert_false(g->done);
}

static void a_server_that_offers_less_is_not_asked(void **state)
{
	struct gate *g = *state;

	g->sender.params = STR(" BODY=8BITMIME");
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_true(said(g, "MAIL FROM:<a@x> BODY=8BITMIME\n"));
	fake_hang_up(g->mta->peers[0]);
	g->mta->ehlo = "250-SIZE\r\n";
	assert_int_equal(send_message(g, "hi\r\n"), 0);
	assert_int_equal(g->err, ERR_REFUSED);
	assert_false(said(g, "1 MAIL"));
}

static void helo_when_ehlo_is_not_known(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] = (struct rule){ .prefix = "EHLO", .reply = "502 what\r\n" };
	gate_open(g);
	ask_caps(g);
	assert_true(g->err == ERR_OK && g->caps.set == 0);
	assert_int_equal(deliver(g), 250);
	assert_said(g->mta, "0 EHLO gate\n0 HELO gate\n0 MAIL FROM:<a@x>\n0 RCPT TO:<b@y>\n0 DATA\n"
			    "0 H: 1\n0 hi\n0 .\n");
}

/* --- LMTP, large messages --- */

static void lmtp(void **state)
{
	struct gate *g = *state;

	g->conf.protocol = BACKEND_LMTP;
	gate_open(g);
	assert_true(backend_one_recipient(g->backend));
	assert_int_equal(deliver(g), 250);
	assert_true(said(g, "0 LHLO gate\n0 MAIL"));
}

static void many_recipients_are_said_again(void **state)
{
	static char paths[300][16];
	struct gate *g = *state;

	gate_open(g);
	for (size_t i = 0; i < COUNTOF(paths); i++) {
		struct out o = OUT(paths[i]);

		out_printf(&o, "<%zu@y>%c", i, 0);
		assert_int_equal(rcpt(g, paths[i]), 250);
	}
	fake_advance(g->mta->loop, LIMIT_LEASE_MS + 1);
	g->mta->log.n = 0;
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_true(said(g, "SIZE=10\n0 RCPT TO:<0@y>\n0 RCPT TO:<1@y>"));
	assert_true(said(g, "0 RCPT TO:<299@y>\n0 DATA\n0 H: 1\n0 hi\n0 .\n"));
}

static void a_large_message_goes_piece_by_piece(void **state)
{
	static const char line[] =
		"0123456789012345678901234567890123456789\r\n.dot at the start\r\n";
	struct gate *g = *state;
	const size_t lines = 3 * LIMIT_BACKEND_ONE_WRITE / sizeof(line);
	size_t n = 0;

	for (size_t i = 0; i < lines; i++)
		assert_int_equal(spool_append(g->spool, i < lines / 2
								? STR("a long line without\r\n")
								: str_z(line)),
				 ERR_OK);
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	g->mta->log.n = 0;
	assert_int_equal(send_message(g, NULL), 250);
	for (const char *p = g->mta->bytes; p < g->mta->bytes + g->mta->log.n; p++)
		n += *p == '\n';
	assert_int_equal(n, 1 + 1 + lines / 2 + (lines - lines / 2) * 2 + 1);
	assert_true(said(g, "\n0 ..dot at the start\n0 .\n"));
}

/* A large message of which the server takes the beginning, and then no more. */
static void send_into_a_stall(struct gate *g)
{
	for (int i = 0; i < 9000; i++)
		assert_int_equal(spool_append(g->spool, STR("0123456789012345678901234567890\r\n")),
				 ERR_OK);
	g->mta->rules[0] = (struct rule){ .prefix = "DATA", .reply = NULL };
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	start_send(g, NULL);
	fake_turn(g->mta->loop);
	fake_stall(g->mta->peers[0], true);
	fake_send(g->mta->peers[0], STR("354 go\r\n"));
	fake_turn(g->mta->loop);
	assert_false(g->done);
}

static void a_large_message_may_be_refused_on_the_way(void **state)
{
	struct gate *g = *state;

	send_into_a_stall(g);
	fake_send(g->mta->peers[0], STR("552 5.3.4 too big\r\n"));
	fake_turn(g->mta->loop);
	assert_true(g->done);
	assert_int_equal(g->code, 552);
	assert_true(fake_is_closed(g->mta->peers[0]));
}

static void a_large_message_is_not_accepted_on_the_way(void **state)
{
	struct gate *g = *state;

	send_into_a_stall(g);
	fake_send(g->mta->peers[0], STR("250 2.0.0 queued\r\n"));
	fake_turn(g->mta->loop);
	assert_true(g->done);
	assert_int_equal(g->err, ERR_PROTOCOL);
}

/* No other connection would help, and it is as good as before. */
static void a_message_that_cannot_be_read_is_no_fault_of_the_server(void **state)
{
	struct gate *g = *state;

	send_into_a_stall(g);
	fake_break(g->mta->peers[0], ERR_FILE);
	fake_turn(g->mta->loop);
	assert_true(g->done);
	assert_int_equal(g->err, ERR_FILE);
	assert_int_equal(g->mta->connections, 1);
	close_delivery(g);
	g->mta->rules[0].prefix = NULL;
	assert_int_equal(deliver(g), 250);
}

static void a_stalled_message_times_out(void **state)
{
	struct gate *g = *state;

	send_into_a_stall(g);
	fake_advance(g->mta->loop, LIMIT_BACKEND_BLOCK_MS + 1);
	assert_true(g->done);
	assert_int_equal(g->err, ERR_TIMEOUT);
}

/* It takes a piece now and then: all of it has a time. */
static void a_message_that_is_taken_slowly_times_out(void **state)
{
	struct gate *g = *state;
	int64_t waited = 0;

	for (int i = 0; i < 300000; i++)
		assert_int_equal(spool_append(g->spool, STR("0123456789012345678901234567890\r\n")),
				 ERR_OK);
	send_into_a_stall(g);
	while (!g->done) {
		fake_advance(g->mta->loop, LIMIT_BACKEND_BLOCK_MS / 2);
		waited += LIMIT_BACKEND_BLOCK_MS / 2;
		fake_stall(g->mta->peers[0], false);
		fake_step(g->mta->loop, 0);
		fake_stall(g->mta->peers[0], true);
		g->mta->log.n = 0;
	}
	assert_int_equal(g->err, ERR_TIMEOUT);
	assert_true(waited <= 2 * LIMIT_BACKEND_BLOCK_MS);
}

static void a_stalled_message_can_be_cancelled(void **state)
{
	struct gate *g = *state;

	send_into_a_stall(g);
	op_cancel(&g->op);
	assert_true(fake_is_closed(g->mta->peers[0]));
}

static void what_does_not_parse_is_said(void **state)
{
	static const char *const bad[] = { "[::1", "1.2.3.4:0", "1.2.3.4:99999", ":25", "[::1]25" };
	struct gate *g = *state;

	for (size_t i = 0; i < COUNTOF(bad); i++) {
		const struct backend_options options = { .loop = g->mta->loop,
							 .section = &g->section };
		char bytes[256];
		struct out why = OUT(bytes);

		g->section.values = &g->conf;
		g->servers[0].text = str_z(bad[i]);
		assert_null(backend_new(&options, &why));
		assert_true(why.n > 0);
	}
	g->servers[0].text = STR("unix:/run/x");
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_true(str_eq(delivery_server(g->delivery), STR("unix:/run/x")));
}

int main(void)
{
#define test(NAME) cmocka_unit_test_setup_teardown(NAME, gate_begin, gate_end)
	const struct CMUnitTest tests[] = {
		test(an_idle_connection_says_goodbye),
		test(a_strained_connection_is_not_shared_on),
		test(what_closes_while_idle_is_dropped),
		test(who_waits_too_long_is_told),
		test(unsolicited_words_end_a_leased_connection),
		test(a_server_that_is_down_is_left_alone),
		test(another_server_takes_over),
		test(a_busy_greeting_counts_as_down),
		test(a_server_that_does_not_greet_times_out),
		test(capabilities_are_asked_once),
		test(capabilities_of_nobody_are_unknown),
		test(a_server_that_offers_less_is_not_asked),
		test(helo_when_ehlo_is_not_known),
		test(lmtp),
		test(many_recipients_are_said_again),
		test(a_large_message_goes_piece_by_piece),
		test(a_large_message_may_be_refused_on_the_way),
		test(a_large_message_is_not_accepted_on_the_way),
		test(a_message_that_cannot_be_read_is_no_fault_of_the_server),
		test(a_stalled_message_times_out),
		test(a_message_that_is_taken_slowly_times_out),
		test(a_stalled_message_can_be_cancelled),
		test(what_does_not_parse_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
