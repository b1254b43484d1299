/* filters/greylist: what is asked of the store and what is found, in virtual time. */
#include "sender.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MINUTE = 60000, HOUR = 60 * MINUTE };

static struct auth auth;

static void mail_at(struct world *w, enum filter_phase phase, enum filter_fate fate)
{
	struct filter_outcome outcome = { .recipients = { 0 } };

	outcome.recipients[fate] = 1;
	world_run(w, phase);
	filter_runner_outcome(w->runner, &outcome);
}

/* RCPT, and what became of it. */
static void mail(struct world *w, enum filter_fate fate)
{
	mail_at(w, PHASE_RCPT, fate);
}

static void is_found(struct world *w, const char *symbol, const char *detail)
{
	const char *found = world_found(w, symbol);

	if (!found || strcmp(found, detail) != 0)
		fail_msg("%s: %s, not %s (%s)", symbol, found ? found : "(none)", detail,
			 w->finding_count ? w->symbols[w->findings[0].symbol] : "");
	assert_int_equal(w->finding_count, 1);
}

static void it_takes_its_time(void **state)
{
	struct world *w =
		world_with_sender("greylist { delay = 5m window = 2h lifetime = 1d }", &auth);

	(void)state;
	mail(w, FATE_ACCEPTED); /* no verdict held it: nothing is noted */
	is_found(w, "GREYLIST_NEW", "300");
	mail(w, FATE_GREYLISTED);
	is_found(w, "GREYLIST_NEW", "300");
	w->now_ms += 1;
	mail(w, FATE_GREYLISTED);
	is_found(w, "GREYLIST_EARLY", "300"); /* 299.999 */
	w->now_ms += 4 * MINUTE;
	mail(w, FATE_DEFERRED);
	is_found(w, "GREYLIST_EARLY", "60");
	w->now_ms += MINUTE;
	mail(w, FATE_DEFERRED);
	is_found(w, "GREYLIST_PASSED", "after 300 s");
	mail(w, FATE_DEFERRED);
	is_found(w, "GREYLIST_KNOWN", "for 0 s");
	w->now_ms += 24 * HOUR;
	mail(w, FATE_GREYLISTED);
	is_found(w, "GREYLIST_NEW", "300");
	w->now_ms += 2 * HOUR; /* the window is over */
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_NEW", "300");
	world_free(w);
}

static void who_it_is(void **state)
{
	struct world *w = world_with_sender("greylist { delay = 0s }", &auth);

	(void)state;
	mail(w, FATE_GREYLISTED);
	is_found(w, "GREYLIST_NEW", "1");
	world_client(w, "192.0.2.200"); /* the same /24 */
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_PASSED", "after 0 s");
	world_client(w, "192.0.3.7");
	mail(w, FATE_GREYLISTED);
	is_found(w, "GREYLIST_NEW", "1");
	world_client(w, "2001:db8:1:2::7");
	mail(w, FATE_GREYLISTED);
	world_client(w, "2001:db8:1:2:3::7"); /* the same /64 */
	mail(w, FATE_ACCEPTED);
	assert_non_null(world_found(w, "GREYLIST_PASSED"));
	world_client(w, "2001:db8:1:3::7");
	mail(w, FATE_ACCEPTED);
	assert_non_null(world_found(w, "GREYLIST_NEW"));
	auth.spf = (struct auth_spf){ .result = AUTH_PASS, .domain = STR("example.org") };
	mail(w, FATE_GREYLISTED);
	assert_non_null(world_found(w, "GREYLIST_NEW"));
	world_client(w, "203.0.113.1");
	mail(w, FATE_ACCEPTED);
	assert_non_null(world_found(w, "GREYLIST_PASSED"));
	auth.spf.result = AUTH_SOFTFAIL;
	mail(w, FATE_ACCEPTED);
	assert_non_null(world_found(w, "GREYLIST_NEW"));
	world_free(w);
}

static void found_after_the_message(struct world *w, const char *symbol)
{
	mail_at(w, PHASE_RCPT_END, FATE_GREYLISTED);
	if (!world_found(w, symbol) || w->finding_count != 1)
		fail_msg("not %s", symbol);
}

/* The author's own signature comes first, one that is not trusted counts for nothing, SPF goes before. */
static void by_signature(void **state)
{
	struct world *w = world_with_sender("greylist { delay = 0s dkim = yes }", &auth);
	struct auth_dkim of_list = { .trusted = true, .domain = STR("list.example") };
	struct auth_dkim of_author = { .trusted = true, .domain = STR("Author.example") };

	(void)state;
	of_list.next = &of_author;
	auth.dkim = &of_list;
	auth.from_domain = STR("author.example");
	mail_at(w, PHASE_RCPT, FATE_GREYLISTED); /* nothing is known yet */
	assert_int_equal(w->finding_count, 0);
	found_after_the_message(w, "GREYLIST_NEW");
	world_client(w, "203.0.113.9");
	auth.dkim = &of_author;
	found_after_the_message(w, "GREYLIST_PASSED"); /* from anywhere */
	of_list.next = NULL;
	auth.dkim = &of_list;
	found_after_the_message(w, "GREYLIST_NEW");
	of_list.trusted = false;
	found_after_the_message(w, "GREYLIST_NEW"); /* by the network now */
	found_after_the_message(w, "GREYLIST_PASSED");
	of_list.trusted = true;
	auth.spf = (struct auth_spf){ .result = AUTH_PASS, .domain = STR("LIST.example") };
	found_after_the_message(w, "GREYLIST_PASSED");
	world_free(w);
}

static void nobody_to_tell(void **state)
{
	struct world *w = world_with_sender("greylist { delay = 5m }", &auth);

	(void)state;
	w->facts.authenticated = true;
	mail(w, FATE_ACCEPTED);
	assert_int_equal(w->finding_count, 0);
	w->facts.authenticated = false;
	w->facts.client_ip.family = IP_NONE; /* not the client's own */
	mail(w, FATE_ACCEPTED);
	assert_int_equal(w->finding_count, 0);
	assert_int_equal(w->record_count, 0);
	world_free(w);
}

static void a_source_earns_it(void **state)
{
	struct world *w = world_with_sender("greylist { delay = 1m allow_after = 2 }", &auth);
	static const char *const names[] = { "1@x", "2@x", "3@x" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		w->facts.rcpt_to = str_z(names[i]);
		mail(w, FATE_GREYLISTED);
	}
	w->now_ms += MINUTE;
	for (unsigned i = 0; i < 3; i++) { /* the first is refused: it earns nothing */
		w->facts.rcpt_to = str_z(names[i]);
		mail(w, i ? FATE_TAGGED : FATE_REJECTED);
		is_found(w, "GREYLIST_PASSED", "after 60 s");
	}
	w->facts.rcpt_to = STR("new@x");
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_KNOWN", "192.0.2.0/24");
	w->now_ms += INT64_C(36) * 24 * HOUR; /* lifetime */
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_NEW", "60");
	world_free(w);
}

static void say(struct world *w, const char *source, enum source_do what)
{
	const struct store_question q = { .procedure = STORE_SOURCE,
					  .key = str_z(source),
					  .now_ms = w->now_ms,
					  .args = { what, HOUR } };

	w->services.note(w->services.ctx, &q);
}

static void the_operator_says(void **state)
{
	struct world *w = world_with_sender("greylist { allow_after = 0 }", &auth);

	(void)state;
	say(w, "192.0.2.0/24", SOURCE_ALLOW);
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_KNOWN", "192.0.2.0/24");
	say(w, "192.0.2.0/24", SOURCE_BLOCK);
	mail(w, FATE_GREYLISTED);
	assert_string_equal(world_found(w, "GREYLIST_BLOCKED"), "192.0.2.0/24");
	assert_non_null(world_found(w, "GREYLIST_NEW"));
	world_free(w);
}

/* Mail is never held by a store that is gone: what was not looked up is neither new nor early. */
static void a_store_that_fails_holds_nobody(void **state)
{
	struct world *w = world_with_sender("greylist { deadline = 2s }", &auth);

	(void)state;
	w->store_status = STORE_FAILED;
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_UNAVAILABLE", "store, store");
	w->store_status = STORE_OK;
	w->store_delay_ms = 5000;
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_UNAVAILABLE", "store, store");
	w->store_delay_ms = 0;
	w->store_status = STORE_LOCAL; /* the machine's own: good, and degraded */
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_NEW", "300");
	world_free(w);
}

static void without_memory_it_is_unavailable(void **state)
{
	struct world *w = world_with_sender("greylist { }", &auth);
	unsigned without = 0, with = 0;

	(void)state;
	for (w->taken = WORLD_ARENA - 4096; w->taken < WORLD_ARENA; w->taken += 8) {
		world_open(w, SCOPE_RECIPIENT);
		if (!w->runner)
			continue;
		filter_runner_reach(w->runner, PHASE_RCPT);
		world_drain(w);
		assert_int_equal(w->finding_count, 1);
		without += world_found(w, "GREYLIST_UNAVAILABLE") != NULL;
		with += world_found(w, "GREYLIST_NEW") != NULL;
	}
	assert_true(without > 10 && with > 10);
	world_free(w);
}

/* Given up while the store is asked: nothing is left. */
static void the_client_goes(void **state)
{
	struct world *w = world_with_sender("greylist { }", &auth);
	const struct filter_outcome outcome = { .recipients = { [FATE_DEFERRED] = 1 } };

	(void)state;
	w->store_delay_ms = 100;
	world_open(w, SCOPE_RECIPIENT);
	filter_runner_reach(w->runner, PHASE_RCPT);
	assert_true(world_step(w));
	assert_int_equal(w->open, 2);
	filter_runner_outcome(w->runner, &outcome);
	assert_int_equal(w->open, 0);
	assert_int_equal(w->record_count, 0);
	world_free(w);
}

static void names_that_are_too_long(void **state)
{
	struct world *w = world_with_sender("greylist { delay = 0s }", &auth);
	char sender[LIMIT_PATH], rcpt[LIMIT_PATH], domain[240];

	(void)state;
	memset(sender, 's', sizeof(sender));
	memset(rcpt, 'R', sizeof(rcpt));
	memset(domain, 'd', sizeof(domain));
	sender[100] = rcpt[100] = '@';
	w->facts.mail_from = (struct str){ .p = sender, .n = sizeof(sender) - 2 };
	w->facts.rcpt_to = (struct str){ .p = rcpt, .n = sizeof(rcpt) - 2 };
	auth.spf = (struct auth_spf){ .result = AUTH_PASS,
				      .domain = { .p = domain, .n = sizeof(domain) } };
	mail(w, FATE_GREYLISTED);
	is_found(w, "GREYLIST_NEW", "1");
	rcpt[200] = 'x';
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_NEW", "1");
	rcpt[200] = 'r';
	mail(w, FATE_ACCEPTED);
	is_found(w, "GREYLIST_PASSED", "after 0 s");
	world_free(w);
}

static void what_setup_refuses(void **state)
{
	struct world *w = world_new("greylist { delay = 1h window = 30m }");

	(void)state;
	assert_null(w->set);
	assert_non_null(strstr(w->complaints, "test.conf:1:1: window is not longer than delay"));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_its_time),
		cmocka_unit_test(who_it_is),
		cmocka_unit_test(by_signature),
		cmocka_unit_test(nobody_to_tell),
		cmocka_unit_test(a_source_earns_it),
		cmocka_unit_test(the_operator_says),
		cmocka_unit_test(a_store_that_fails_holds_nobody),
		cmocka_unit_test(without_memory_it_is_unavailable),
		cmocka_unit_test(the_client_goes),
		cmocka_unit_test(names_that_are_too_long),
		cmocka_unit_test(what_setup_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
