/* delivery/delivery.h over servers: the ordinary way, refusals, and everything that can break on the way. */
#include "fake/fake.h"
#include "unit/delivery/gate.h"

#define GREETED(N)        #N " EHLO gate\n"
#define ENVELOPE(N, SIZE) #N " MAIL FROM:<a@x>" SIZE "\n" #N " RCPT TO:<b@y>\n"
#define MESSAGE(N)        #N " DATA\n" #N " H: 1\n" #N " hi\n" #N " .\n"

static int begin(void **state)
{
	*state = gate_new();
	return 0;
}

static int end(void **state)
{
	gate_free(*state);
	return 0;
}

static void a_message_is_one_transaction(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_said(g->mta, GREETED(0) ENVELOPE(0, ""));
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_string_equal(g->text, "2.0.0 queued");
	assert_said(g->mta, MESSAGE(0));
	assert_true(str_eq(delivery_server(g->delivery), STR("192.0.2.1:25")));
	close_delivery(g);
	g->sender.size = 100;
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(rcpt(g, "<c@y>"), 250);
	assert_said(g->mta, ENVELOPE(0, " SIZE=4196") "0 RCPT TO:<c@y>\n");
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_int_equal(g->mta->connections, 1);
}

static void a_refused_recipient_leaves_the_others(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] =
		(struct rule){ .prefix = "RCPT TO:<no@y>", .reply = "550 5.1.1 who\r\n" };
	gate_open(g);
	assert_int_equal(rcpt(g, "<no@y>"), 550);
	assert_string_equal(g->text, "5.1.1 who");
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(rcpt(g, "<no@y>"), 550);
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_said(g->mta, GREETED(0) "0 MAIL FROM:<a@x>\n0 RCPT TO:<no@y>\n0 RCPT TO:<b@y>\n"
				       "0 RCPT TO:<no@y>\n" MESSAGE(0));
}

static void a_refused_sender_is_the_answer_to_rcpt(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] =
		(struct rule){ .prefix = "MAIL", .reply = "451 4.7.1 later\r\n", .times = 1 };
	g->mta->rules[1] =
		(struct rule){ .prefix = "RCPT", .reply = "503 no MAIL\r\n", .times = 1 };
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 451);
	assert_string_equal(g->text, "4.7.1 later");
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_said(g->mta, GREETED(0) ENVELOPE(0, "") ENVELOPE(0, "") MESSAGE(0));
}

static void refused_data_is_passed_on(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] = (struct rule){ .prefix = "DATA", .reply = "452 full\r\n", .times = 1 };
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 452);
	close_delivery(g);
	assert_said(g->mta, GREETED(0) ENVELOPE(0, "") "0 DATA\n0 RSET\n");
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(g->mta->connections, 1);
}

static void the_final_refusal_is_passed_on(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] =
		(struct rule){ .prefix = ".", .reply = "554-5.7.1 a\r\n554 5.7.1 b\r\n" };
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 554);
	assert_string_equal(g->text, "5.7.1 a\n5.7.1 b");
}

static void an_abandoned_envelope_is_reset(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	close_delivery(g);
	assert_said(g->mta, GREETED(0) ENVELOPE(0, "") "0 RSET\n");
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_said(g->mta, ENVELOPE(0, ""));
}

static void without_pipelining_one_by_one(void **state)
{
	struct gate *g = *state;

	g->mta->ehlo = "";
	g->mta->rules[0] = (struct rule){ .prefix = "RCPT", .reply = NULL };
	gate_open(g);
	start_rcpt(g, "<b@y>");
	fake_turn(g->mta->loop);
	assert_false(g->done);
	assert_said(g->mta, GREETED(0) ENVELOPE(0, ""));
	fake_send(g->mta->peers[0], STR("250 ok\r\n"));
	fake_turn(g->mta->loop);
	assert_int_equal(g->code, 250);
	fake_advance(g->mta->loop, LIMIT_LEASE_MS + 1);
	assert_said(g->mta, "0 RSET\n");
	start_send(g, "hi\r\n");
	fake_turn(g->mta->loop);
	assert_said(g->mta, ENVELOPE(0, ""));
	fake_send(g->mta->peers[0], STR("250 ok\r\n"));
	fake_turn(g->mta->loop);
	assert_int_equal(g->code, 250);
	assert_said(g->mta, MESSAGE(0));
}

static void a_lost_lease_says_the_envelope_again(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(rcpt(g, "<c@y>"), 250);
	fake_advance(g->mta->loop, LIMIT_LEASE_MS + 1);
	assert_said(g->mta, GREETED(0) ENVELOPE(0, "") "0 RCPT TO:<c@y>\n0 RSET\n");
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_said(g->mta, ENVELOPE(0, " SIZE=10") "0 RCPT TO:<c@y>\n" MESSAGE(0));
}

static void refused_when_asked_again(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] = (struct rule){ .prefix = "RCPT TO:<b@y>",
					  .reply = "450 4.2.0 wait\r\n",
					  .skip = 1 };
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	fake_advance(g->mta->loop, LIMIT_LEASE_MS + 1);
	assert_int_equal(send_message(g, "hi\r\n"), 450);
	assert_string_equal(g->text, "4.2.0 wait");
	close_delivery(g);
	g->mta->rules[0].seen = 0;
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(rcpt(g, "<c@y>"), 250);
	fake_advance(g->mta->loop, LIMIT_LEASE_MS + 1);
	assert_int_equal(send_message(g, "hi\r\n"), 0);
	assert_int_equal(g->err, ERR_REFUSED);
	out_char(&g->mta->log, '\0');
	assert_null(strstr(g->mta->bytes, " hi\n"));
}

static void a_recipient_lost_between_two_is_asked_again_at_the_end(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] = (struct rule){
		.prefix = "RCPT TO:<b@y>", .reply = "450 x\r\n", .skip = 1, .times = 1
	};
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	fake_advance(g->mta->loop, LIMIT_LEASE_MS + 1);
	assert_int_equal(rcpt(g, "<c@y>"), 250);
	g->mta->log.n = 0;
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_said(g->mta,
		    "0 RSET\n" ENVELOPE(0, " SIZE=10") "0 RCPT TO:<c@y>\n" MESSAGE(0) GREETED(1));
}

static void a_stale_connection_is_replaced_once(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	close_delivery(g);
	g->mta->rules[0] = (struct rule){ .prefix = "MAIL", .reply = "!", .times = 1 };
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(g->mta->connections, 2);
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	close_delivery(g);
	g->mta->rules[0] = (struct rule){ .prefix = "MAIL", .reply = "!", .times = 2 };
	assert_int_equal(rcpt(g, "<b@y>"), 0);
	assert_int_equal(g->err, ERR_CLOSED);
	assert_int_equal(g->mta->connections, 3);
}

static void gone_before_data_is_replaced(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	g->mta->rules[0] = (struct rule){ .prefix = "DATA", .reply = "!", .times = 1 };
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_said(g->mta, GREETED(0) ENVELOPE(0, "") "0 DATA\n" GREETED(1) ENVELOPE(1, " SIZE=10")
				    MESSAGE(1));
	close_delivery(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	fake_hang_up(g->mta->peers[1]);
	fake_turn(g->mta->loop);
	assert_int_equal(send_message(g, "hi\r\n"), 250);
}

static void gone_after_the_dot_is_an_error(void **state)
{
	struct gate *g = *state;

	g->mta->rules[0] = (struct rule){ .prefix = ".", .reply = "!" };
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 0);
	assert_int_equal(g->err, ERR_CLOSED);
	assert_int_equal(g->mta->connections, 1);
}

static void a_421_ends_the_connection(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	g->mta->rules[0] =
		(struct rule){ .prefix = "RCPT", .reply = "421 4.3.2 going\r\n", .times = 1 };
	assert_int_equal(rcpt(g, "<b@y>"), 451);
	assert_string_equal(g->text, "4.3.2 going");
	g->mta->rules[0] = (struct rule){ .prefix = ".", .reply = "421 4.3.2 going\r\n" };
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(g->mta->connections, 2);
	assert_int_equal(send_message(g, "hi\r\n"), 451);
	assert_int_equal(g->mta->connections, 2);
}

static void a_silent_server_is_not_waited_for_forever(void **state)
{
	struct gate *g = *state;

	g->conf.reply_timeout_ms = 30000;
	g->conf.end_timeout_ms = 60000;
	g->mta->rules[0] = (struct rule){ .prefix = "RCPT TO:<b@y>", .reply = NULL };
	g->mta->rules[1] = (struct rule){ .prefix = ".", .reply = NULL };
	gate_open(g);
	start_rcpt(g, "<b@y>");
	fake_advance(g->mta->loop, 29999);
	assert_false(g->done);
	fake_advance(g->mta->loop, 2);
	assert_true(g->done);
	assert_int_equal(g->err, ERR_TIMEOUT);
	assert_int_equal(rcpt(g, "<c@y>"), 250);
	start_send(g, "hi\r\n");
	fake_advance(g->mta->loop, 59999);
	assert_false(g->done);
	fake_advance(g->mta->loop, 2);
	assert_int_equal(g->err, ERR_TIMEOUT);
}

static void nothing_said_too_early_is_believed(void **state)
{
	static const char *const early[] = {
		"354 go\r\n250 2.0.0 queued\r\n",
		"354 go\r\n2",
	};

	for (size_t i = 0; i < COUNTOF(early); i++) {
		struct gate *g = *state;

		g->mta->rules[0] = (struct rule){ .prefix = "DATA", .reply = early[i], .times = 1 };
		gate_open(g);
		assert_int_equal(rcpt(g, "<b@y>"), 250);
		assert_int_equal(send_message(g, "hi\r\n"), 0);
		assert_int_equal(g->err, ERR_PROTOCOL);
		close_delivery(g);
		out_char(&g->mta->log, '\0');
		assert_null(strstr(g->mta->bytes, " hi\n"));
		gate_free(g);
		*state = gate_new();
	}
	gate_open(*state);
}

static void garbage_and_floods_are_errors(void **state)
{
	static char flood[LIMIT_BACKEND_REPLY_LINE + 8];
	struct gate *g = *state;

	memset(flood, '2', sizeof(flood) - 1);
	gate_open(g);
	g->mta->rules[0] = (struct rule){ .prefix = "RCPT", .reply = "hello world\r\n" };
	assert_int_equal(rcpt(g, "<b@y>"), 0);
	assert_int_equal(g->err, ERR_PROTOCOL);
	g->mta->rules[0].reply = flood;
	assert_int_equal(rcpt(g, "<b@y>"), 0);
	assert_int_equal(g->err, ERR_LIMIT);
	g->mta->rules[0].reply = "354 what\r\n";
	assert_int_equal(rcpt(g, "<b@y>"), 0);
	assert_int_equal(g->err, ERR_PROTOCOL);
	g->mta->rules[0] = (struct rule){ .prefix = ".", .reply = "354 what\r\n" };
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 0);
	assert_int_equal(g->err, ERR_PROTOCOL);
}

static void cancelled_anywhere_nothing_is_left(void **state)
{
	static const char *const where[] = { "CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "." };

	for (size_t i = 0; i < COUNTOF(where); i++) {
		struct gate *g = *state;

		g->mta->rules[0] = (struct rule){ .prefix = where[i], .reply = NULL };
		gate_open(g);
		start_rcpt(g, "<b@y>");
		fake_turn(g->mta->loop);
		if (g->done) {
			start_send(g, "hi\r\n");
			fake_turn(g->mta->loop);
		}
		assert_false(g->done);
		op_cancel(&g->op);
		close_delivery(g);
		assert_false(g->done);
		gate_free(g);
		*state = gate_new();
	}
	gate_open(*state);
}

static void cancelled_before_it_began(void **state)
{
	struct gate *g = *state;

	gate_open(g);
	start_rcpt(g, "<b@y>");
	op_cancel(&g->op);
	close_delivery(g);
	assert_int_equal(g->mta->connections, 0);
	start_rcpt(g, "<b@y>");
	close_delivery(g); /* cancels */
	assert_false(g->done);
}

int main(void)
{
#define test(NAME) cmocka_unit_test_setup_teardown(NAME, begin, end)
	const struct CMUnitTest tests[] = {
		test(a_message_is_one_transaction),
		test(a_refused_recipient_leaves_the_others),
		test(a_refused_sender_is_the_answer_to_rcpt),
		test(refused_data_is_passed_on),
		test(the_final_refusal_is_passed_on),
		test(an_abandoned_envelope_is_reset),
		test(without_pipelining_one_by_one),
		test(a_lost_lease_says_the_envelope_again),
		test(refused_when_asked_again),
		test(a_recipient_lost_between_two_is_asked_again_at_the_end),
		test(a_stale_connection_is_replaced_once),
		test(gone_before_data_is_replaced),
		test(gone_after_the_dot_is_an_error),
		test(a_421_ends_the_connection),
		test(a_silent_server_is_not_waited_for_forever),
		test(nothing_said_too_early_is_believed),
		test(garbage_and_floods_are_errors),
		test(cancelled_anywhere_nothing_is_left),
		test(cancelled_before_it_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
