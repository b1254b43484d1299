/* filters/reputation: who is counted, what is said of them, in virtual time. */
#include "sender.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { HOUR = 3600 * 1000, DAY = 24 * HOUR };

static struct auth auth;

/* The message, and what became of it. */
static void mail(struct world *w, enum filter_fate fate)
{
	struct filter_outcome outcome = { .recipients = { 0 } };

	outcome.recipients[fate] = 3; /* recipients; a mail counts once */
	world_message(w, STR(""));
	filter_runner_outcome(w->runner, &outcome);
}

static void found(struct world *w, const char *seen, const char *good, const char *bad)
{
	const struct {
		const char *symbol, *detail;
	} all[] = { { "SEEN_BEFORE", seen }, { "SENDER_GOOD", good }, { "SENDER_BAD", bad } };

	for (size_t i = 0; i < COUNTOF(all); i++) {
		const char *is = world_found(w, all[i].symbol);

		if (!is != !all[i].detail || (is && strcmp(is, all[i].detail) != 0))
			fail_msg("%s: %s, not %s", all[i].symbol, is ? is : "(none)",
				 all[i].detail ? all[i].detail : "(none)");
	}
}

static void a_name_is_earned(void **state)
{
	struct world *w = world_with_sender("reputation { mails = 3 half_life = 1d }", &auth);

	(void)state;
	mail(w, FATE_ACCEPTED);
	found(w, NULL, NULL, NULL);
	mail(w, FATE_ACCEPTED);
	found(w, "192.0.2.0/24: 1.0 accepted, 0.0 tagged, 0.0 rejected", NULL, NULL);
	mail(w, FATE_ACCEPTED);
	mail(w, FATE_ACCEPTED);
	found(w, "192.0.2.0/24: 3.0 accepted, 0.0 tagged, 0.0 rejected",
	      "192.0.2.0/24: 3.0 accepted, 0.0 tagged, 0.0 rejected", NULL);
	w->now_ms += DAY;
	mail(w, FATE_GREYLISTED);
	found(w, "192.0.2.0/24: 2.0 accepted, 0.0 tagged, 0.0 rejected", NULL, NULL);
	w->now_ms += 3 * DAY;
	mail(w, FATE_GREYLISTED);
	found(w, NULL, NULL, NULL); /* a quarter of a mail */
	world_free(w);
}

static void a_name_is_lost(void **state)
{
	struct world *w = world_with_sender("reputation { mails = 2 half_life = 30d }", &auth);

	(void)state;
	mail(w, FATE_ACCEPTED);
	mail(w, FATE_TAGGED);
	mail(w, FATE_TAGGED);
	found(w, "192.0.2.0/24: 1.0 accepted, 1.0 tagged, 0.0 rejected", NULL, NULL); /* 25 % */
	mail(w, FATE_REJECTED);
	found(w, "192.0.2.0/24: 1.0 accepted, 2.0 tagged, 0.0 rejected", NULL, NULL); /* 33 % */
	mail(w, FATE_ACCEPTED);
	found(w, "192.0.2.0/24: 1.0 accepted, 2.0 tagged, 1.0 rejected", NULL,
	      "192.0.2.0/24: 1.0 accepted, 2.0 tagged, 1.0 rejected"); /* 50 % */
	world_free(w);
}

static unsigned written(const struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->record_count; i++)
		n += w->records[i].record.expires_ms != 0;
	return n;
}

static void what_says_nothing(void **state)
{
	struct world *w = world_with_sender("reputation { mails = 1 }", &auth);

	(void)state;
	mail(w, FATE_DEFERRED);
	mail(w, FATE_GREYLISTED);
	mail(w, FATE_UNKNOWN);
	filter_runner_cancel(w->runner);
	world_open(w, SCOPE_TRANSACTION); /* given up */
	filter_runner_outcome(w->runner, &(struct filter_outcome){ { 0 } });
	assert_int_equal(written(w), 0);
	w->facts.authenticated = true;
	mail(w, FATE_ACCEPTED);
	assert_int_equal(written(w), 0);
	world_free(w);
}

/* Refused before there was a message: by its network, and the domain of SPF. */
static void refused_early(void **state)
{
	struct world *w = world_with_sender("reputation { mails = 1 }", &auth);

	(void)state;
	auth.spf = (struct auth_spf){ .result = AUTH_PASS, .domain = STR("Spf.example") };
	world_open(w, SCOPE_TRANSACTION);
	filter_runner_reach(w->runner, PHASE_MAIL);
	world_drain(w);
	filter_runner_outcome(w->runner, &(struct filter_outcome){ { [FATE_REJECTED] = 1 } });
	assert_int_equal(w->record_count, 2);
	assert_string_equal(w->records[0].key, "spf.example");
	assert_string_equal(w->records[1].key, "192.0.2.0/24");
	world_free(w);
}

static void whose_it_is(void **state)
{
	struct auth_dkim list = { .trusted = true, .domain = STR("list.example") };
	struct auth_dkim broken = { .trusted = false,
				    .domain = STR("bank.example"),
				    .next = &list };
	struct auth_dkim own = { .trusted = true, .domain = STR("Example.org") };
	struct world *w = world_with_sender("reputation { mails = 2 }", &auth);

	(void)state;
	auth.dkim = &broken;
	auth.from_domain = STR("mail.example.org");
	auth.spf = (struct auth_spf){ .result = AUTH_PASS, .domain = STR("bounce.example") };
	for (unsigned i = 0; i < 3; i++)
		mail(w, FATE_ACCEPTED);
	found(w, "list.example: 2.0 accepted, 0.0 tagged, 0.0 rejected",
	      "list.example: 2.0 accepted, 0.0 tagged, 0.0 rejected", NULL);
	assert_int_equal(w->record_count, 3);
	/* The author's own counts, and what others have earned is not his. */
	list.next = &own;
	mail(w, FATE_REJECTED);
	found(w, NULL, NULL, NULL);
	assert_string_equal(w->records[3].key, "example.org");
	assert_int_equal(w->record_count, 4); /* list.example is no part of it */
	/* Nobody has proven anything: the network has. */
	auth.dkim = NULL;
	auth.spf.result = AUTH_FAIL;
	mail(w, FATE_GREYLISTED);
	found(w, "192.0.2.0/24: 3.0 accepted, 0.0 tagged, 1.0 rejected", NULL, NULL);
	/* A network that is bad is so for its newcomers, too, but not for who is known. */
	for (unsigned i = 0; i < 9; i++)
		mail(w, FATE_REJECTED);
	auth.spf = (struct auth_spf){ .result = AUTH_PASS, .domain = STR("new.example") };
	mail(w, FATE_GREYLISTED);
	found(w, NULL, NULL, "192.0.2.0/24: 3.0 accepted, 0.0 tagged, 10.0 rejected");
	auth.dkim = &list;
	list.next = NULL;
	mail(w, FATE_GREYLISTED);
	found(w, "list.example: 3.0 accepted, 0.0 tagged, 0.0 rejected",
	      "list.example: 3.0 accepted, 0.0 tagged, 0.0 rejected", NULL);
	world_free(w);
}

static void without_a_store(void **state)
{
	struct world *w = world_with_sender("reputation { mails = 1 }", &auth);

	(void)state;
	mail(w, FATE_ACCEPTED);
	w->store_status = STORE_FAILED;
	mail(w, FATE_ACCEPTED);
	found(w, NULL, NULL, NULL);
	assert_non_null(world_found(w, "REPUTATION_UNAVAILABLE"));
	w->facts.client_ip = (struct ip){ .family = IP_NONE };
	mail(w, FATE_ACCEPTED); /* nobody to ask about */
	assert_null(world_found(w, "REPUTATION_UNAVAILABLE"));
	world_free(w);
}

static void what_cannot_be(void **state)
{
	struct world *w = world_new("reputation { good = 50 bad = 50 }");

	(void)state;
	assert_null(w->set);
	assert_non_null(strstr(w->complaints, "good is not below bad"));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_earned),  cmocka_unit_test(a_name_is_lost),
		cmocka_unit_test(what_says_nothing), cmocka_unit_test(refused_early),
		cmocka_unit_test(whose_it_is),       cmocka_unit_test(without_a_store),
		cmocka_unit_test(what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
