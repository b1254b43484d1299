/* What is between us and the backend only: TLS, and who the client is said to be. */
#include "fake/fake.h"
#include "unit/delivery/gate.h"

/* --- TLS --- */

static const char with_tls[] = "250-STARTTLS\r\n250-PIPELINING\r\n";

static void starttls_when_offered(void **state)
{
	struct gate *g = *state;

	g->conf.tls = BACKEND_TLS_OPTIONAL;
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	assert_false(fake_is_secure(g->mta->peers[0]));
	fake_hang_up(g->mta->peers[0]);
	g->mta->ehlo = with_tls;
	g->mta->log.n = 0;
	assert_int_equal(deliver(g), 250);
	assert_true(fake_is_secure(g->mta->peers[1]));
	assert_said(g->mta, "1 EHLO gate\n1 STARTTLS\n1 EHLO gate\n1 MAIL FROM:<a@x>\n"
			    "1 RCPT TO:<b@y>\n1 DATA\n1 H: 1\n1 hi\n1 .\n");
}

static void optional_tls_that_fails_goes_on_without(void **state)
{
	struct gate *g = *state;

	g->conf.tls = BACKEND_TLS_OPTIONAL;
	g->mta->ehlo = with_tls;
	g->mta->tls = FAKE_TLS_FAIL;
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	assert_int_equal(g->mta->connections, 2);
	assert_false(said(g, "1 STARTTLS"));
	/* Remembered, but not for ever. */
	g->mta->tls = FAKE_TLS_OK;
	fake_advance(g->mta->loop, LIMIT_BACKEND_FALLBACK_MS);
	assert_int_equal(deliver(g), 250);
	assert_true(fake_is_secure(g->mta->peers[2]));
}

static void required_tls_is_required(void **state)
{
	struct gate *g = *state;

	g->conf.tls = BACKEND_TLS_REQUIRED;
	gate_open(g);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->err, ERR_TLS);
	g->mta->ehlo = with_tls;
	g->mta->rules[0] = (struct rule){ .prefix = "STARTTLS", .reply = "454 no\r\n", .times = 1 };
	fake_advance(g->mta->loop, LIMIT_BACKEND_DOWN_MAX_MS);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->err, ERR_TLS);
	g->mta->tls = FAKE_TLS_FAIL;
	fake_advance(g->mta->loop, LIMIT_BACKEND_DOWN_MAX_MS);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->err, ERR_TLS);
	g->mta->tls = FAKE_TLS_OK;
	fake_advance(g->mta->loop, LIMIT_BACKEND_DOWN_MAX_MS);
	assert_int_equal(deliver(g), 250);
}

static void bytes_behind_starttls_are_an_attack(void **state)
{
	struct gate *g = *state;

	g->conf.tls = BACKEND_TLS_REQUIRED;
	g->mta->ehlo = with_tls;
	g->mta->rules[0] = (struct rule){ .prefix = "STARTTLS", .reply = "220 go\r\n250-x\r\n" };
	gate_open(g);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->err, ERR_PROTOCOL);
}

static void implicit_tls(void **state)
{
	struct gate *g = *state;

	g->conf.tls = BACKEND_TLS_IMPLICIT;
	g->mta->greet_secure = true;
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	assert_true(fake_is_secure(g->mta->peers[0]));
	assert_false(said(g, "STARTTLS"));
}

/* --- identity --- */

static void xforward_goes_with_the_envelope(void **state)
{
	struct gate *g = *state;

	g->conf.identity = IDENTITY_AUTO;
	g->mta->ehlo = "250-PIPELINING\r\n250-XFORWARD ADDR HELO\r\n";
	g->mta->rules[0] = (struct rule){ .prefix = "XFORWARD", .reply = "501 no\r\n", .skip = 1 };
	g->sender.helo = STR("client");
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	assert_int_equal(deliver(g), 250); /* refused: said in the log, the mail goes on */
	assert_said(g->mta, "0 EHLO gate\n"
			    "0 XFORWARD ADDR=[UNAVAILABLE] HELO=client\n0 MAIL FROM:<a@x>\n"
			    "0 RCPT TO:<b@y>\n0 DATA\n0 H: 1\n0 hi\n0 .\n"
			    "0 XFORWARD ADDR=[UNAVAILABLE] HELO=client\n0 MAIL FROM:<a@x>\n"
			    "0 RCPT TO:<b@y>\n0 DATA\n0 H: 1\n0 hi\n0 .\n");
}

static void xclient_without_the_address_is_not_worth_it(void **state)
{
	struct gate *g = *state;

	g->conf.identity = IDENTITY_AUTO;
	g->mta->ehlo = "250-PIPELINING\r\n250-XCLIENT NAME HELO\r\n250-XFORWARD ADDR\r\n";
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	assert_true(said(g, "XFORWARD ADDR"));
	assert_false(said(g, "XCLIENT"));
}

static const char with_xclient[] = "250-PIPELINING\r\n250-XCLIENT NAME\r\n250-XFORWARD HELO\r\n";

static void xclient_starts_the_session_over(void **state)
{
	struct gate *g = *state;

	g->conf.identity = IDENTITY_AUTO;
	g->mta->ehlo = with_xclient;
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	assert_int_equal(deliver(g), 250); /* the same client: said once */
	g->sender.client_name = STR("other");
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_said(g->mta, "0 EHLO gate\n0 XCLIENT NAME=[UNAVAILABLE]\n0 EHLO gate\n"
			    "0 MAIL FROM:<a@x>\n0 RCPT TO:<b@y>\n0 DATA\n0 H: 1\n0 hi\n0 .\n"
			    "0 MAIL FROM:<a@x>\n0 RCPT TO:<b@y>\n0 DATA\n0 H: 1\n0 hi\n0 .\n"
			    "1 EHLO gate\n1 XCLIENT NAME=other\n1 EHLO gate\n"
			    "1 MAIL FROM:<a@x>\n1 RCPT TO:<b@y>\n");
	fake_advance(g->mta->loop, LIMIT_LEASE_MS + 1);
	assert_said(g->mta, "0 QUIT\n1 RSET\n");
}

static void behind_xclient_the_client_greets(void **state)
{
	struct gate *g = *state;

	g->conf.identity = IDENTITY_XCLIENT;
	g->mta->ehlo = "250-XCLIENT HELO\r\n";
	g->sender.helo = STR("client.example");
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_true(said(g, "0 EHLO gate\n0 XCLIENT HELO=client.example\n0 EHLO client.example\n"));
	close_delivery(g);
	g->sender.helo = STR("no\r\nname");
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_true(said(g, "1 EHLO gate\n1 XCLIENT HELO=no+0D+0Aname\n1 EHLO gate\n"));
}

static void a_refused_client_is_told_so(void **state)
{
	struct gate *g = *state;

	g->conf.identity = IDENTITY_AUTO;
	g->mta->ehlo = with_xclient;
	g->mta->rules[0] =
		(struct rule){ .prefix = "XCLIENT", .reply = "554 not you\r\n", .times = 1 };
	gate_open(g);
	assert_int_equal(rcpt(g, "<b@y>"), 554);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_true(said(g, "1 XCLIENT NAME=[UNAVAILABLE]\n"));
}

static void one_client_cannot_end_xclient_for_all(void **state)
{
	struct gate *g = *state;

	g->conf.identity = IDENTITY_AUTO;
	g->mta->ehlo = with_xclient;
	g->mta->rules[0] = (struct rule){ .prefix = "XCLIENT NAME=evil", .reply = "550 no\r\n" };
	g->mta->rules[1] = (struct rule){ .prefix = "XCLIENT NAME=odd", .reply = "501 no\r\n" };
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	g->sender.client_name = STR("evil");
	assert_int_equal(rcpt(g, "<b@y>"), 550);
	close_delivery(g);
	g->sender.client_name = STR("odd");
	assert_int_equal(rcpt(g, "<b@y>"), 501);
	close_delivery(g);
	g->sender.client_name = STR("other");
	assert_int_equal(deliver(g), 250);
	assert_true(said(g, "XCLIENT NAME=other\n"));
	assert_false(said(g, "XFORWARD"));
}

static void one_clients_connection_makes_room_for_another(void **state)
{
	struct gate *g = *state;

	g->conf.identity = IDENTITY_XCLIENT;
	g->conf.connections = 1;
	g->mta->ehlo = with_xclient;
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	g->sender.client_name = STR("other");
	assert_int_equal(deliver(g), 250);
	assert_true(said(g, "0 QUIT\n1 EHLO"));
}

static void a_refused_xclient_is_loud_or_falls_back(void **state)
{
	struct gate *g = *state;

	g->conf.identity = IDENTITY_AUTO;
	g->mta->ehlo = with_xclient;
	g->mta->rules[0] = (struct rule){ .prefix = "XCLIENT", .reply = "550 no\r\n" };
	gate_open(g);
	assert_int_equal(deliver(g), 250);
	assert_true(said(g, "1 XFORWARD HELO=[UNAVAILABLE]\n1 MAIL"));
	backend_free(g->backend);
	g->conf.identity = IDENTITY_XCLIENT;
	gate_open(g);
	assert_int_equal(deliver(g), 0);
	assert_int_equal(g->err, ERR_REFUSED);
	fake_advance(g->mta->loop, 60000);
	g->mta->ehlo = mta_ehlo;
	assert_int_equal(deliver(g), 0); /* not offered: the backend would take all for us */
	assert_int_equal(g->err, ERR_REFUSED);
}

int main(void)
{
#define test(NAME) cmocka_unit_test_setup_teardown(NAME, gate_begin, gate_end)
	const struct CMUnitTest tests[] = {
		test(starttls_when_offered),
		test(optional_tls_that_fails_goes_on_without),
		test(required_tls_is_required),
		test(bytes_behind_starttls_are_an_attack),
		test(implicit_tls),
		test(xforward_goes_with_the_envelope),
		test(xclient_without_the_address_is_not_worth_it),
		test(xclient_starts_the_session_over),
		test(behind_xclient_the_client_greets),
		test(a_refused_client_is_told_so),
		test(one_client_cannot_end_xclient_for_all),
		test(one_clients_connection_makes_room_for_another),
		test(a_refused_xclient_is_loud_or_falls_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
