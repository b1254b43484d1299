/* filters/rate: what is counted, for whom, and what is said, in virtual time. */
#include "sender.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static struct auth auth;

static void is_over(struct world *w, enum filter_phase phase, const char *detail)
{
	const char *found;

	world_run(w, phase);
	found = world_found(w, "RATE_X");
	if (!found || strcmp(found, detail) != 0)
		fail_msg("RATE_X: %s, not %s", found ? found : "(none)", detail);
}

static void is_fine(struct world *w, enum filter_phase phase)
{
	world_run(w, phase);
	if (world_found(w, "RATE_X"))
		fail_msg("RATE_X: %s", world_found(w, "RATE_X"));
}

/* The time to come back is true: a moment before it is too early. */
static void when_to_come_back(void **state)
{
	struct world *w = world_with_sender("rate \"x\" { limit = 2/1h }", &auth);

	(void)state;
	is_fine(w, PHASE_MAIL);
	is_fine(w, PHASE_MAIL);
	for (unsigned i = 0; i < 100; i++)
		is_over(w, PHASE_MAIL, "30 min"); /* trying costs nothing */
	w->now_ms += 28 * MINUTE + 1;
	is_over(w, PHASE_MAIL, "120 s");
	w->now_ms += 2 * MINUTE - 2;
	is_over(w, PHASE_MAIL, "1 s");
	w->now_ms += 1;
	is_fine(w, PHASE_MAIL);
	is_over(w, PHASE_MAIL, "30 min");
	world_free(w);
	w = world_with_sender("rate \"x\" { limit = 1/20h }", &auth);
	is_fine(w, PHASE_MAIL);
	w->now_ms += 1;
	is_over(w, PHASE_MAIL, "20 h");
	world_free(w);
}

/* The two are counted together. */
static void same(struct world *w, enum filter_phase phase, void (*change)(struct world *w))
{
	is_fine(w, phase);
	change(w);
	world_run(w, phase);
	assert_non_null(world_found(w, "RATE_X"));
}

static void other(struct world *w, enum filter_phase phase, void (*change)(struct world *w))
{
	is_fine(w, phase);
	change(w);
	is_fine(w, phase);
}

static void same_network(struct world *w)
{
	world_client(w, "192.0.2.8");
}
static void same_address_v6(struct world *w)
{
	world_client(w, "2001:db8:0:1::2");
}
static void same_domain(struct world *w)
{
	w->facts.mail_from = STR("c@Example.ORG");
}
static void other_case(struct world *w)
{
	w->facts.mail_from = STR("A@example.org");
	w->facts.rcpt_to = STR("B@example.NET");
}
static void bounce(struct world *w)
{
	w->facts.mail_from = STR("");
}
static void other_rcpt(struct world *w)
{
	w->facts.rcpt_to = STR("c@example.net");
}
static void other_login(struct world *w)
{
	w->facts.login = STR("other");
}
static void all_else(struct world *w)
{
	world_client(w, "198.51.100.1");
	w->facts.mail_from = STR("z@example.com");
}

static const struct {
	const char *conf;
	enum filter_phase phase;
	void (*together)(struct world *w), (*apart)(struct world *w);
} whose[] = {
	{ "rate \"x\" { per = address counts = connections limit = 1/1h }", PHASE_CONNECT, NULL,
	  same_network },
	{ "rate \"x\" { per = network counts = connections limit = 1/1h }", PHASE_CONNECT,
	  same_network, all_else },
	{ "rate \"x\" { per = all limit = 1/1h }", PHASE_MAIL, all_else, NULL },
	{ "rate \"x\" { per = mail_from limit = 1/1h }", PHASE_MAIL, other_case, same_domain },
	{ "rate \"x\" { per = mail_from limit = 1/1h }", PHASE_MAIL, NULL, bounce },
	{ "rate \"x\" { per = mail_from.domain limit = 1/1h }", PHASE_MAIL, same_domain, bounce },
	{ "rate \"x\" { per = rcpt counts = recipients limit = 1/1h }", PHASE_RCPT, other_case,
	  other_rcpt },
	{ "rate \"x\" { per = rcpt.domain counts = recipients limit = 1/1h }", PHASE_RCPT,
	  other_rcpt, NULL },
};

static void whose_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(whose); i++) {
		struct world *w;

		if (whose[i].together) {
			w = world_with_sender(whose[i].conf, &auth);
			same(w, whose[i].phase, whose[i].together);
			world_free(w);
		}
		if (whose[i].apart) {
			w = world_with_sender(whose[i].conf, &auth);
			other(w, whose[i].phase, whose[i].apart);
			world_free(w);
		}
	}
}

static void an_ipv6_address_is_its_64(void **state)
{
	struct world *w = world_with_sender("rate \"x\" { limit = 1/1h }", &auth);

	(void)state;
	world_client(w, "2001:db8:0:1::1");
	same(w, PHASE_MAIL, same_address_v6);
	world_client(w, "2001:db8:0:2::1");
	is_fine(w, PHASE_MAIL);
	world_free(w);
}

/* Who is not known is not counted. */
static void nobody(void **state)
{
	struct world *w = world_with_sender("rate \"x\" { per = login limit = 1/1h }", &auth);

	(void)state;
	other(w, PHASE_MAIL, bounce);
	w->facts.login = STR("user");
	other(w, PHASE_MAIL, other_login);
	is_over(w, PHASE_MAIL, "60 min");
	world_free(w);
	w = world_with_sender("rate \"x\" { limit = 1/1h }", &auth);
	w->facts.client_ip = (struct ip){ .family = IP_NONE };
	other(w, PHASE_MAIL, bounce);
	assert_int_equal(w->record_count, 0);
	world_free(w);
	w = world_with_sender("rate \"x\" { per = spf.domain counts = recipients limit = 1/1h }",
			      &auth);
	other(w, PHASE_RCPT, bounce);
	auth.spf = (struct auth_spf){ .result = AUTH_PASS, .domain = STR("Example.org") };
	same(w, PHASE_RCPT, all_else);
	auth.spf.result = AUTH_FAIL;
	is_fine(w, PHASE_RCPT);
	world_free(w);
}

static void becomes(struct world *w, enum filter_fate fate)
{
	struct filter_outcome outcome = { .recipients = { 0 } };

	outcome.recipients[fate] = 1;
	is_fine(w, PHASE_RCPT);
	filter_runner_outcome(w->runner, &outcome);
}

static void only_refused_recipients(void **state)
{
	struct world *w = world_with_sender(
		"rate \"x\" { counts = rejected_recipients limit = 2/1h }", &auth);

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		becomes(w, FATE_ACCEPTED);
		becomes(w, FATE_TAGGED);
		becomes(w, FATE_DEFERRED);
		becomes(w, FATE_GREYLISTED);
	}
	becomes(w, FATE_UNKNOWN);
	becomes(w, FATE_REJECTED);
	is_over(w, PHASE_RCPT, "30 min");
	filter_runner_outcome(w->runner, &(struct filter_outcome){ { [FATE_REJECTED] = 1 } });
	is_over(w, PHASE_RCPT, "30 min"); /* not made fuller */
	world_free(w);
}

/* A store that fails is no limit, and is told. */
static void without_a_store(void **state)
{
	struct world *w = world_with_sender("rate \"x\" { limit = 1/1h }", &auth);

	(void)state;
	w->store_status = STORE_FAILED;
	is_fine(w, PHASE_MAIL);
	is_fine(w, PHASE_MAIL);
	assert_non_null(world_found(w, "RATE_UNAVAILABLE"));
	world_free(w);
}

static void what_cannot_be(void **state)
{
	static const struct {
		const char *conf, *complaint;
	} wrong[] = {
		{ "rate \"x\" { per = mail_from counts = connections limit = 1/1h }",
		  "per = mail_from is not known yet where connections are counted" },
		{ "rate \"x\" { per = rcpt counts = messages limit = 1/1h }",
		  "per = rcpt is not known yet where messages are counted" },
		{ "rate \"x\" { }", "rate \"x\" needs \"limit\"" },
		{ "rate { limit = 1/1h }", "rate needs a title" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(wrong); i++) {
		struct world *w = world_new(wrong[i].conf);

		assert_null(w->set);
		if (!strstr(w->complaints, wrong[i].complaint))
			fail_msg("%s: %s", wrong[i].conf, w->complaints);
		world_free(w);
	}
}

/* One that is off has no symbol; one of connections has nobody look at recipients. */
static void off(void **state)
{
	struct world *w = world_with_sender("rate \"x\" { limit = off }", &auth);
	const uint64_t before = filter_set_scope_sources(w->set, SCOPE_TRANSACTION);
	const unsigned count = w->set->count;

	(void)state;
	world_free(w);
	w = world_with_sender("rate \"x\" { counts = connections limit = 1/1h }", &auth);
	assert_int_equal(w->set->count, count + 1);
	assert_true(filter_set_scope_sources(w->set, SCOPE_CONNECTION) != 0);
	assert_true(filter_set_scope_sources(w->set, SCOPE_TRANSACTION) == before);
	assert_true(filter_set_scope_sources(w->set, SCOPE_RECIPIENT) == 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_to_come_back),
		cmocka_unit_test(whose_it_is),
		cmocka_unit_test(an_ipv6_address_is_its_64),
		cmocka_unit_test(nobody),
		cmocka_unit_test(only_refused_recipients),
		cmocka_unit_test(without_a_store),
		cmocka_unit_test(what_cannot_be),
		cmocka_unit_test(off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
