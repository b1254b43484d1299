/* filters/spf: results, lookups, limits, and DNS that fails. */
#include "filters/auth.h"
#include "world.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct auth auth;
static struct auth_spf helo_spf;

static struct world *world(const char *ip)
{
	struct world *w = world_new("spf { }");

	assert_non_null(w->set);
	world_client(w, ip);
	auth = (struct auth){ 0 };
	helo_spf = (struct auth_spf){ 0 };
	w->facts.auth = &auth;
	w->facts.helo_spf = &helo_spf;
	w->facts.helo = STR("mx.example.org");
	w->facts.mail_from = STR("a@example.org");
	return w;
}

static void a_sender_that_passes(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, "example.org", RR_TXT, "unrelated");
	world_dns(w, "example.org", RR_TXT, "v=spf1 mx include:other.test -all");
	world_dns(w, "example.org", RR_MX, "mx.example.org");
	world_dns(w, "mx.example.org", RR_A, "192.0.2.9");
	world_dns(w, "other.test", RR_TXT, "v=spf1 ip4:192.0.2.0/24 -all");
	world_run(w, PHASE_MAIL);
	assert_int_equal(auth.spf.result, AUTH_PASS);
	assert_string_equal(world_found(w, "SPF_PASS"), "example.org: include:other.test");
	assert_int_equal(w->asked, 4);
	world_free(w);
}

static void fail_with_an_explanation(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, "example.org", RR_TXT, "v=spf1 -all exp=why.test");
	world_dns(w, "why.test", RR_TXT, "%{c} is not ours: %{h}");
	world_run(w, PHASE_MAIL);
	assert_int_equal(auth.spf.result, AUTH_FAIL);
	assert_true(str_eq(auth.spf.explanation, STR("192.0.2.1 is not ours: mx.example.org")));
	assert_non_null(world_found(w, "SPF_FAIL"));
	world_free(w);
}

/* What the sender writes for a fail that cannot be had is not the sender's temperror, nor ours. */
static void an_explanation_that_fails(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, "example.org", RR_TXT, "v=spf1 -all exp=why.test");
	world_dns_status(w, "why.test", RR_TXT, DNS_FAILED);
	world_run(w, PHASE_MAIL);
	assert_int_equal(auth.spf.result, AUTH_FAIL);
	assert_int_equal(auth.spf.explanation.n, 0);
	assert_null(world_found(w, "SPF_UNAVAILABLE"));
	world_free(w);
}

static void every_lookup_failing(void **state)
{
	(void)state;
	for (int nth = 0; nth < 4; nth++) {
		struct world *w = world("192.0.2.1");

		world_dns(w, "example.org", RR_TXT, "v=spf1 mx include:other.test -all");
		world_dns(w, "example.org", RR_MX, "mx.example.org");
		world_dns(w, "mx.example.org", RR_A, "192.0.2.9");
		world_dns(w, "other.test", RR_TXT, "v=spf1 ip4:192.0.2.0/24 -all");
		w->fail_nth = nth;
		world_run(w, PHASE_MAIL);
		assert_int_equal(auth.spf.result, AUTH_TEMPERROR);
		assert_non_null(world_found(w, "SPF_TEMPERROR"));
		assert_non_null(world_found(w, "SPF_UNAVAILABLE"));
		world_free(w);
	}
}

static void an_answer_past_the_deadline(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, "example.org", RR_TXT, "v=spf1 -all");
	world_dns_delay(w, "example.org", RR_TXT, 60 * 1000);
	world_run(w, PHASE_MAIL);
	assert_int_equal(auth.spf.result, AUTH_TEMPERROR);
	assert_true(w->now_ms <= 1000 + 5000);
	world_free(w);
}

static void the_greeting_and_the_null_sender(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, "mx.example.org", RR_TXT, "v=spf1 exists:%{l}.example.org -all");
	world_dns(w, "postmaster.example.org", RR_A, "127.0.0.2");
	world_run(w, PHASE_HELO);
	assert_int_equal(helo_spf.result, AUTH_PASS);
	assert_non_null(world_found(w, "SPF_HELO_PASS"));
	w->facts.mail_from = (struct str){ 0 };
	world_run(w, PHASE_MAIL);
	assert_int_equal(auth.spf.result, AUTH_PASS);
	assert_true(str_eq(auth.spf.domain, STR("mx.example.org")));
	world_free(w);
}

static void who_is_not_judged(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, "example.org", RR_TXT, "v=spf1 -all");
	w->facts.authenticated = true;
	world_run(w, PHASE_MAIL);
	assert_false(auth.spf.checked);
	assert_int_equal(w->finding_count, 0);
	w->facts.authenticated = false;
	w->facts.client_ip = (struct ip){ 0 };
	world_run(w, PHASE_MAIL);
	assert_false(auth.spf.checked);
	assert_int_equal(w->asked, 0);
	world_free(w);
}

/* What SMTPUTF8 lets a sender write is asked as DNS has it (RFC 8616 4). */
static void a_name_beyond_ascii(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, "xn--bcher-kva.example", RR_TXT, "v=spf1 exists:%{o}.list.test -all");
	world_dns(w, "xn--bcher-kva.example.list.test", RR_A, "127.0.0.2");
	w->facts.mail_from = STR("a@b\xc3\xbc"
				 "cher.example");
	world_run(w, PHASE_MAIL);
	assert_int_equal(auth.spf.result, AUTH_PASS);
	assert_true(str_eq(auth.spf.domain, STR("xn--bcher-kva.example")));
	world_free(w);
}

/* Every name asks for ten more: RFC 7208 4.6.4 ends it. */
static void a_record_that_wants_the_world(void **state)
{
	struct world *w = world("192.0.2.1");
	static char names[11][32], records[11][400];

	(void)state;
	for (int i = 0; i < 11; i++) {
		struct out o = OUT(records[i]);

		snprintf(names[i], sizeof(names[i]), "n%d.example.org", i);
		out_str(&o, STR("v=spf1 "));
		for (int k = 0; k < 12; k++)
			out_printf(&o, "include:n%d.example.org ", (i + k) % 11);
		out_char(&o, '\0');
		world_dns(w, names[i], RR_TXT, records[i]);
	}
	world_dns(w, "example.org", RR_TXT, "v=spf1 include:n0.example.org");
	world_run(w, PHASE_MAIL);
	assert_int_equal(auth.spf.result, AUTH_PERMERROR);
	assert_true(w->asked <= 11);
	world_free(w);
}

static void no_memory_for_it(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, "example.org", RR_TXT, "v=spf1 -all");
	for (w->taken = WORLD_ARENA - 4096; w->taken < WORLD_ARENA; w->taken += 256) {
		auth = (struct auth){ 0 };
		world_open(w, SCOPE_TRANSACTION);
		if (!w->runner)
			break;
		filter_runner_reach(w->runner, PHASE_MAIL);
		world_drain(w);
		assert_true(auth.spf.result == AUTH_FAIL ||
			    world_found(w, "SPF_UNAVAILABLE") != NULL);
	}
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_that_passes),
		cmocka_unit_test(fail_with_an_explanation),
		cmocka_unit_test(an_explanation_that_fails),
		cmocka_unit_test(every_lookup_failing),
		cmocka_unit_test(an_answer_past_the_deadline),
		cmocka_unit_test(the_greeting_and_the_null_sender),
		cmocka_unit_test(who_is_not_judged),
		cmocka_unit_test(a_name_beyond_ascii),
		cmocka_unit_test(a_record_that_wants_the_world),
		cmocka_unit_test(no_memory_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
