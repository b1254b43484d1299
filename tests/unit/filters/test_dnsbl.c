/* filters/dnsbl: listings, codes, texts, and lists that cannot be believed. */
#include "base/check.h"
#include "caught.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ALONE    "rdns { enabled = no }\nhelo { enabled = no }\n"
#define ZEN4     "2.2.0.192.zen.test"
#define ZEN_FINE "2.0.0.127.zen.test"
#define ZEN_BAD  "1.0.0.127.zen.test"

static struct world *world(const char *conf)
{
	struct world *w = world_new(conf);

	if (!w->set)
		fail_msg("%s", w->complaints);
	world_client(w, "192.0.2.2");
	log_catch();
	return w;
}

static bool log_has(const char *text)
{
	return strstr(log_caught(), text) != NULL;
}

#define ZEN                                                                                        \
	ALONE "dnsbl \"zen.test\" { symbol = DNSBL_ZEN\n"                                          \
	      " codes = [\"127.0.0.2 DNSBL_SBL\", \"127.0.0.4-7 DNSBL_XBL\", "                     \
	      "\"127.0.1.0/24 DNSBL_ODD\"] }\n"

static void not_listed(void **state)
{
	struct world *w = world(ZEN);

	(void)state;
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 0);
	assert_int_equal(w->asked, 1);
	assert_int_equal(w->finished[0], 1);
	world_free(w);
}

static void codes_have_their_symbols(void **state)
{
	struct world *w = world(ZEN);

	(void)state;
	world_dns(w, ZEN4, RR_A, "127.0.0.4");
	world_dns(w, ZEN4, RR_A, "127.0.0.10");
	world_dns(w, ZEN4, RR_A, "127.0.0.7");
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 2);
	assert_string_equal(world_found(w, "DNSBL_ZEN"),
			    "zen.test 127.0.0.4, 127.0.0.10, 127.0.0.7");
	assert_string_equal(world_found(w, "DNSBL_XBL"), "zen.test 127.0.0.4, 127.0.0.7");
	assert_null(world_found(w, "DNSBL_SBL"));
	world_free(w);
}

static void ipv6_by_nibbles(void **state)
{
	struct world *w = world(ZEN);

	(void)state;
	world_client(w, "2001:db8::1");
	world_dns(w, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.test",
		  RR_A, "127.0.0.2");
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "DNSBL_SBL"), "zen.test 127.0.0.2");
	world_free(w);
}

static void families_can_be_left_out(void **state)
{
	struct world *w = world(ALONE "dnsbl \"four.test\" { ipv6 = no }\n"
				      "dnsbl \"six.test\" { ipv4 = no }\n");

	(void)state;
	world_dns(w, "2.2.0.192.six.test", RR_A, "127.0.0.2");
	world_dns(w, "2.2.0.192.four.test", RR_A, "127.0.0.2");
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 1);
	assert_non_null(world_found(w, "DNSBL_FOUR_TEST"));
	world_client(w, "2001:db8::1");
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 0);
	assert_int_equal(w->asked, 1);
	w->facts.client_ip = (struct ip){ 0 };
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->asked, 0);
	assert_int_equal(w->finished[0], 1);
	assert_int_equal(w->finished[1], 1);
	world_free(w);
}

static void texts(void **state)
{
	struct world *w = world(ALONE "dnsbl \"zen.test.\" { symbol = X  txt = yes }\n"
				      "dnsbl \"wl.test\" { allow = yes }\n");

	(void)state;
	world_dns(w, ZEN4, RR_A, "127.0.0.2");
	world_dns(w, ZEN4, RR_TXT, "see https://zen.test/\r\nid=1");
	world_dns(w, "2.2.0.192.wl.test", RR_A, "127.0.0.3");
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "X"), "zen.test 127.0.0.2 see https://zen.test/??id=1");
	assert_string_equal(world_found(w, "DNSWL_WL_TEST"), "wl.test 127.0.0.3");

	world_dns_status(w, ZEN4, RR_TXT, DNS_FAILED);
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "X"), "zen.test 127.0.0.2");
	assert_null(world_found(w, "DNSBL_UNAVAILABLE"));
	world_free(w);
}

static void lists_do_not_wait_for_each_other(void **state)
{
	struct world *w = world(ALONE "dnsbl \"slow.test\" { deadline = 3s }\n"
				      "dnsbl \"fast.test\" { }\n");

	(void)state;
	world_dns(w, "2.2.0.192.fast.test", RR_A, "127.0.0.2");
	world_dns_delay(w, "2.2.0.192.fast.test", RR_A, 10);
	world_dns_delay(w, "2.2.0.192.slow.test", RR_A, 60000);
	world_open(w, SCOPE_CONNECTION);
	filter_runner_reach(w->runner, PHASE_CONNECT);
	while (w->finding_count == 0)
		assert_true(world_step(w));
	assert_int_equal(w->now_ms, 1010);
	assert_int_equal(w->finished[1], 1);
	assert_int_equal(w->finished[0], 0);
	world_drain(w);
	assert_int_equal(w->now_ms, 4000);
	assert_int_equal(w->finished[0], 1);
	assert_string_equal(world_found(w, "DNSBL_UNAVAILABLE"), "2.2.0.192.slow.test");
	world_free(w);
}

static void a_lie_switches_it_off(void **state)
{
	static const char *const lies[] = { "127.255.255.254", "127.0.0.1", "192.0.2.99" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(lies); i++) {
		struct world *w = world(ZEN);

		world_dns(w, ZEN4, RR_A, "127.0.0.2");
		world_dns(w, ZEN4, RR_A, lies[i]);
		world_run(w, PHASE_CONNECT);
		assert_int_equal(w->finding_count, 1);
		assert_string_equal(world_found(w, "DNSBL_UNAVAILABLE"),
				    "zen.test is switched off");
		assert_true(log_has("dnsbl_off") && log_has("zen.test") && log_has(lies[i]));

		log_catch();
		world_run(w, PHASE_CONNECT); /* the next client is not even asked about */
		assert_int_equal(w->asked, 0);
		assert_string_equal(world_found(w, "DNSBL_UNAVAILABLE"),
				    "zen.test is switched off");
		assert_false(log_has("dnsbl_off"));
		world_free(w);
	}
}

static void a_probe_is_made_at_the_start_and_hourly(void **state)
{
	struct world *w = world(ZEN);
	struct filter_worker *worker;

	(void)state;
	world_dns(w, ZEN_FINE, RR_A, "127.0.0.2");
	worker = filter_worker_new(w->set, &w->worker_services);
	assert_int_equal(w->asked, 2);
	assert_int_equal(w->tick_at_ms, -1);
	world_settle(w);
	assert_int_equal(w->tick_at_ms, 1000 + LIMIT_DNSBL_PROBE_MS);
	for (int i = 0; i < 100; i++)
		world_tick(w, worker);
	assert_int_equal(w->asked, 202);
	assert_false(log_has("dnsbl"));
	filter_worker_free(worker);
	world_free(w);
}

static void expect_off(struct world *w, bool off)
{
	world_run(w, PHASE_CONNECT);
	assert_int_equal(world_found(w, "DNSBL_UNAVAILABLE") != NULL, off);
	assert_int_equal(world_found(w, "DNSBL_ZEN") != NULL, !off);
}

static void a_probe_switches_off_and_on(void **state)
{
	struct world *w = world(ZEN);
	struct filter_worker *worker;

	(void)state;
	world_dns(w, ZEN4, RR_A, "127.0.0.2");
	expect_off(w, false); /* not probed yet: works */
	worker = filter_worker_new(w->set, &w->worker_services);
	world_settle(w);
	assert_true(log_has("does not list 127.0.0.2")); /* an empty zone */
	expect_off(w, true);
	assert_int_equal(w->tick_at_ms, 1000 + LIMIT_DNSBL_REPROBE_MS);

	world_dns_status(w, ZEN_FINE, RR_A, DNS_FAILED); /* no answer: stays as it is */
	world_tick(w, worker);
	expect_off(w, true);

	world_dns_clear(w);
	world_dns(w, ZEN4, RR_A, "127.0.0.2");
	world_dns(w, ZEN_FINE, RR_A, "127.0.0.4");
	world_tick(w, worker);
	assert_true(log_has("dnsbl_on"));
	expect_off(w, false);

	world_dns_status(w, ZEN_BAD, RR_A, DNS_FAILED); /* no answer: stays on too */
	world_tick(w, worker);
	expect_off(w, false);

	world_dns_status(w, ZEN_BAD, RR_A, DNS_OK);
	world_dns(w, ZEN_BAD, RR_A, "127.0.0.2"); /* lists the world */
	world_dns_status(w, ZEN_FINE, RR_A, DNS_FAILED);
	world_tick(w, worker);
	assert_true(log_has("lists 127.0.0.1"));
	expect_off(w, true);
	filter_worker_free(worker);
	expect_off(w, true);
	world_free(w);
}

static void a_lie_is_probed_soon(void **state)
{
	struct world *w = world(ZEN);
	struct filter_worker *worker;

	(void)state;
	world_dns(w, ZEN_FINE, RR_A, "127.0.0.2");
	world_dns(w, ZEN4, RR_A, "127.255.255.255");
	worker = filter_worker_new(w->set, &w->worker_services);
	world_settle(w);
	w->now_ms += 5;
	expect_off(w, true);
	assert_int_equal(w->tick_at_ms, 1005 + LIMIT_DNSBL_REPROBE_MS);
	world_tick(w, worker);
	assert_true(log_has("dnsbl_on"));
	filter_worker_free(worker);
	world_free(w);
}

static void ipv6_lists_have_their_own_test_entries(void **state)
{
	struct world *w = world(ALONE "dnsbl \"six.test\" { ipv4 = no }\n");
	struct filter_worker *worker;

	(void)state;
	world_dns(w, "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.six.test",
		  RR_A, "127.0.0.2");
	worker = filter_worker_new(w->set, &w->worker_services);
	world_settle(w);
	assert_false(log_has("dnsbl_off"));
	filter_worker_free(worker);
	world_free(w);
}

static void a_worker_may_end_while_it_probes(void **state)
{
	struct world *w = world(ZEN);
	struct filter_worker *worker = filter_worker_new(w->set, &w->worker_services);

	(void)state;
	assert_int_equal(w->open, 2);
	filter_worker_free(worker);
	assert_int_equal(w->open, 0);
	worker = filter_worker_new(w->set, &w->worker_services);
	assert_int_equal(w->open, 2);
	filter_worker_free(worker);
	world_free(w);
}

static void the_place_of_a_wrong_value(void **state)
{
	static const struct {
		const char *conf, *complaint;
	} rows[] = {
		{ "dnsbl \"zen.test\" {\n  codes = [\"127.0.0.2 A\",\n \"127.0.0.999 B\"]\n}\n",
		  "test.conf:3:2: \"127.0.0.999 B\": not an address" },
		{ "dnsbl \"zen.test\" {\n  symbol = \"NO WAY\"\n}\n",
		  "test.conf:2:12: \"NO WAY\"" },
		{ "dnsbl \"zen test\" {\n}\n", "test.conf:1:7: \"zen test\" is not a DNS zone" },
		{ "dnsbl \"zen.test\" { ipv4 = no  ipv6 = no }\n",
		  "test.conf:1:1: with ipv4 = no" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct world *w = world_new(rows[i].conf);

		assert_null(w->set);
		if (strncmp(w->complaints, rows[i].complaint, strlen(rows[i].complaint)) != 0)
			fail_msg("%s: %s", rows[i].conf, w->complaints);
		world_free(w);
	}
}

static void any_number_of_lists(void **state)
{
	enum { LISTS = 100 };
	static char conf[8192];
	struct out o = OUT(conf);
	struct world *w;

	(void)state;
	for (int i = 0; i < LISTS; i++)
		out_printf(&o, "dnsbl \"l%d.test\" { %s }\n", i, i % 7 == 3 ? "enabled = no" : "");
	out_char(&o, '\0');
	w = world(conf);
	assert_int_equal(filter_set_scope_sources(w->set, SCOPE_CONNECTION),
			 0xfffffffdu); /* 1 is helo's */
	world_dns_delay(w, "2.2.0.192.l99.test", RR_A, 500);
	world_open(w, SCOPE_CONNECTION);
	filter_runner_reach(w->runner, PHASE_CONNECT);
	while (w->now_ms == 1000)
		assert_true(world_step(w));
	assert_int_equal(w->finished[31], 0); /* shared, and one is still out */
	world_drain(w);
	for (unsigned i = 0; i < FILTER_SOURCES_MAX; i++)
		assert_int_equal(w->finished[i],
				 (filter_set_scope_sources(w->set, SCOPE_CONNECTION) >> i) & 1);
	world_free(w);
}

static void one_list_may_defer(void **state)
{
	struct world *w = world(ALONE "dnsbl \"zen.test\" { on_fail = defer }\n"
				      "dnsbl \"other.test\" { }\n");

	(void)state;
	assert_int_equal(w->defer_on_count, 1);
	assert_string_equal(w->symbols[w->defer_on[0]], "DNSBL_DEFER");
	world_dns_status(w, "2.2.0.192.other.test", RR_A, DNS_FAILED);
	world_run(w, PHASE_CONNECT);
	assert_null(world_found(w, "DNSBL_DEFER"));
	world_dns_status(w, ZEN4, RR_A, DNS_FAILED);
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "DNSBL_DEFER"), ZEN4);
	assert_string_equal(world_found(w, "DNSBL_UNAVAILABLE"), ZEN4 "|2.2.0.192.other.test");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_listed),
		cmocka_unit_test(codes_have_their_symbols),
		cmocka_unit_test(ipv6_by_nibbles),
		cmocka_unit_test(families_can_be_left_out),
		cmocka_unit_test(texts),
		cmocka_unit_test(lists_do_not_wait_for_each_other),
		cmocka_unit_test(a_lie_switches_it_off),
		cmocka_unit_test(a_probe_is_made_at_the_start_and_hourly),
		cmocka_unit_test(a_probe_switches_off_and_on),
		cmocka_unit_test(a_lie_is_probed_soon),
		cmocka_unit_test(ipv6_lists_have_their_own_test_entries),
		cmocka_unit_test(a_worker_may_end_while_it_probes),
		cmocka_unit_test(the_place_of_a_wrong_value),
		cmocka_unit_test(any_number_of_lists),
		cmocka_unit_test(one_list_may_defer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
