/* filters/rdns.c: PTR and back. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct world *world(const char *ip)
{
	struct world *w = world_new("helo { enabled = no }\n");

	assert_non_null(w->set);
	world_client(w, ip);
	return w;
}

#define PTR4 "1.2.0.192.in-addr.arpa"
#define PTR6 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

static void assert_only(const struct world *w, const char *symbol, const char *detail)
{
	assert_int_equal(w->finding_count, 1);
	assert_non_null(world_found(w, symbol));
	assert_string_equal(world_found(w, symbol), detail);
}

static void a_name_that_leads_back(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, PTR4, RR_PTR, "other.test");
	world_dns(w, PTR4, RR_PTR, "mx.test");
	world_dns(w, "other.test", RR_A, "192.0.2.99");
	world_dns(w, "mx.test", RR_A, "192.0.2.98");
	world_dns(w, "mx.test", RR_A, "192.0.2.1");
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_CONFIRMED", "mx.test");
	assert_int_equal(w->asked, 3);
	world_free(w);
}

static void ipv6_asks_for_aaaa_alone(void **state)
{
	struct world *w = world("2001:db8::1");

	(void)state;
	world_dns(w, PTR6, RR_PTR, "mx.test");
	world_dns(w, "mx.test", RR_AAAA, "2001:db8::1");
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_CONFIRMED", "mx.test");
	assert_int_equal(w->asked, 2);
	world_free(w);
}

static void no_name(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_NONE", "");
	world_dns_status(w, PTR4, RR_PTR, DNS_NODATA);
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_NONE", "");
	world_free(w);
}

static void a_name_that_leads_elsewhere(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, PTR4, RR_PTR, "mx.test");
	world_dns(w, "mx.test", RR_A, "192.0.2.2");
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_UNCONFIRMED", "mx.test");
	world_free(w);
}

static void names_that_cannot_be_asked_do_not_confirm(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	world_dns(w, PTR4, RR_PTR, "a b\\010.test");
	world_dns(w, PTR4, RR_PTR, "[192.0.2.1]");
	world_dns(w, PTR4, RR_PTR, "");
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_UNCONFIRMED", "a b\\010.test");
	assert_int_equal(w->asked, 1);
	world_free(w);
}

static void at_most_ten_names(void **state)
{
	static const char *const names[] = { "a.test", "b.test", "c.test", "d.test",
					     "e.test", "f.test", "g.test", "h.test",
					     "i.test", "j.test", "k.test" };
	struct world *w = world("192.0.2.1");

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		world_dns(w, PTR4, RR_PTR, names[i]);
	world_dns(w, "k.test", RR_A, "192.0.2.1");
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_UNCONFIRMED", "a.test");
	assert_int_equal(w->asked, 11);
	world_free(w);
}

static void what_is_not_known_is_not_said(void **state)
{
	struct world *w = world("192.0.2.1");
	char bytes[64];
	struct out degraded = OUT(bytes);

	(void)state;
	world_dns_status(w, PTR4, RR_PTR, DNS_FAILED);
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_UNAVAILABLE", PTR4);
	filter_runner_degraded(w->runner, &degraded);
	assert_true(str_eq(out_text(&degraded), STR("rdns")));

	world_dns_clear(w);
	world_dns(w, PTR4, RR_PTR, "mx.test");
	world_dns(w, PTR4, RR_PTR, "mx2.test");
	world_dns_status(w, "mx2.test", RR_A, DNS_FAILED);
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_UNAVAILABLE", "mx2.test");

	world_dns(w, "mx.test", RR_A, "192.0.2.1");
	world_run(w, PHASE_CONNECT);
	assert_only(w, "RDNS_CONFIRMED", "mx.test");
	world_free(w);
}

static void a_client_without_address(void **state)
{
	struct world *w = world("192.0.2.1");

	(void)state;
	w->facts.client_ip = (struct ip){ 0 };
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 0);
	assert_int_equal(w->asked, 0);
	assert_int_equal(w->finished[0], 1);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_leads_back),
		cmocka_unit_test(ipv6_asks_for_aaaa_alone),
		cmocka_unit_test(no_name),
		cmocka_unit_test(a_name_that_leads_elsewhere),
		cmocka_unit_test(names_that_cannot_be_asked_do_not_confirm),
		cmocka_unit_test(at_most_ten_names),
		cmocka_unit_test(what_is_not_known_is_not_said),
		cmocka_unit_test(a_client_without_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
