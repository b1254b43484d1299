/* delivery/accepted.h in a delivery: who was accepted is not asked for again, and always judged again. */
#include "base/limits.h"
#include "fake/fake.h"
#include "unit/delivery/gate.h"

#define ENVELOPE "0 MAIL FROM:<a@x>\n0 RCPT TO:<b@y>\n"
#define MESSAGE  "0 DATA\n0 H: 1\n0 hi\n0 .\n"

enum { REMEMBER_MS = 5000 };

static int begin(void **state)
{
	struct gate *g = gate_new();

	g->conf.remember_ms = REMEMBER_MS;
	*state = g;
	return 0;
}

static int end(void **state)
{
	gate_free(*state);
	return 0;
}

/* One mail to <b@y>, so that he is known. */
static void introduce(struct gate *g)
{
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	close_delivery(g);
	assert_said(g->mta, "0 EHLO gate\n" ENVELOPE MESSAGE);
}

static void the_next_mail_is_not_asked_about(void **state)
{
	struct gate *g = *state;

	introduce(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_said(g->mta, "");
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_said(g->mta, "0 MAIL FROM:<a@x> SIZE=10\n0 RCPT TO:<b@y>\n" MESSAGE);
}

static void another_sender_recipient_or_time_is(void **state)
{
	struct gate *g = *state;

	introduce(g);
	assert_int_equal(rcpt(g, "<c@y>"), 250);
	close_delivery(g);
	assert_said(g->mta, "0 MAIL FROM:<a@x>\n0 RCPT TO:<c@y>\n0 RSET\n");
	g->sender.path = STR("<other@x>");
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	close_delivery(g);
	assert_said(g->mta, "0 MAIL FROM:<other@x>\n0 RCPT TO:<b@y>\n0 RSET\n");
	g->sender.path = STR("<a@x>");
	fake_advance(g->mta->loop, REMEMBER_MS);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	close_delivery(g);
	assert_said(g->mta, ENVELOPE "0 RSET\n");
}

/* The second one is asked about, with the first before him: nobody is told what will not hold for all. */
static void only_the_first_of_several_is_recalled(void **state)
{
	struct gate *g = *state;

	introduce(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(rcpt(g, "<c@y>"), 250);
	assert_said(g->mta, ENVELOPE "0 RCPT TO:<c@y>\n");
	assert_int_equal(send_message(g, "hi\r\n"), 250);
	assert_said(g->mta, MESSAGE);
}

static void a_refusal_after_all_answers_the_message_and_is_learnt(void **state)
{
	struct gate *g = *state;

	introduce(g);
	g->mta->rules[0] =
		(struct rule){ .prefix = "RCPT TO:<b@y>", .reply = "550 5.1.1 moved\r\n" };
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 550);
	assert_string_equal(g->text, "5.1.1 moved");
	close_delivery(g);
	assert_int_equal(rcpt(g, "<b@y>"), 550);
	close_delivery(g);
	assert_int_equal(rcpt(g, "<b@y>"), 550); /* refusals are never recalled */
}

/* While no connection rests, a backend that is gone is noticed at RCPT. */
static void nothing_is_promised_for_a_backend_that_is_gone(void **state)
{
	struct gate *g = *state;

	g->conf.remember_ms = 2 * LIMIT_BACKEND_IDLE_MS;
	introduce(g);
	g->mta->refuse_port = 25;
	fake_advance(g->mta->loop, LIMIT_BACKEND_IDLE_MS + LIMIT_BACKEND_QUIT_MS);
	assert_int_equal(rcpt(g, "<b@y>"), 0);
	assert_int_not_equal(g->err, ERR_OK);
}

int main(void)
{
#define test(NAME) cmocka_unit_test_setup_teardown(NAME, begin, end)
	const struct CMUnitTest tests[] = {
		test(the_next_mail_is_not_asked_about),
		test(another_sender_recipient_or_time_is),
		test(only_the_first_of_several_is_recalled),
		test(a_refusal_after_all_answers_the_message_and_is_learnt),
		test(nothing_is_promised_for_a_backend_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
