/* All filters together, when things go wrong: each lookup failing, the scope cancelled after each
 * event, memory running out at each size.  Every source finishes once or the scope is cancelled,
 * and nothing stays open. */
#include "base/check.h"
#include "base/log.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char conf[] = "dnsbl \"a.test\" { symbol = A  txt = yes  codes = \"127.0.0.2 A2\" }\n"
			   "dnsbl \"b.test\" { on_fail = defer }\n"
			   "dnsbl \"c.test\" { }\n";

static void no_log(struct str lines, void *arg)
{
	(void)lines;
	(void)arg;
}

static struct world *world(void)
{
	struct world *w = world_new(conf);

	CHECK(w->set);
	world_client(w, "192.0.2.2");
	w->facts.helo = STR("mx");
	world_dns(w, "2.2.0.192.in-addr.arpa", RR_PTR, "one.test");
	world_dns(w, "2.2.0.192.in-addr.arpa", RR_PTR, "two.test");
	world_dns(w, "two.test", RR_A, "192.0.2.2");
	world_dns_delay(w, "two.test", RR_A, 50);
	world_dns(w, "2.2.0.192.a.test", RR_A, "127.0.0.2");
	world_dns(w, "2.2.0.192.a.test", RR_TXT, "listed");
	world_dns_delay(w, "2.2.0.192.a.test", RR_TXT, 70);
	world_dns(w, "2.2.0.192.b.test", RR_A, "127.0.0.3");
	world_dns(w, "2.2.0.192.c.test", RR_A, "127.255.255.255");
	return w;
}

static void assert_all_finished(const struct world *w)
{
	const uint64_t sources = filter_set_scope_sources(w->set, SCOPE_CONNECTION);

	assert_true(filter_runner_idle(w->runner));
	assert_int_equal(w->open, 0);
	for (unsigned i = 0; i < FILTER_SOURCES_MAX; i++)
		assert_int_equal(w->finished[i], (sources >> i) & 1);
}

static void the_reference(void **state)
{
	struct world *w = world();

	(void)state;
	world_run(w, PHASE_CONNECT);
	assert_all_finished(w);
	assert_int_equal(w->asked, 7);
	assert_string_equal(world_found(w, "RDNS_CONFIRMED"), "two.test");
	assert_string_equal(world_found(w, "A"), "a.test 127.0.0.2 listed");
	assert_string_equal(world_found(w, "A2"), "a.test 127.0.0.2 listed");
	assert_string_equal(world_found(w, "DNSBL_B_TEST"), "b.test 127.0.0.3");
	assert_string_equal(world_found(w, "DNSBL_UNAVAILABLE"), "c.test is switched off");
	world_free(w);
}

static void each_lookup_fails(void **state)
{
	unsigned unavailable = 0;

	(void)state;
	for (int nth = 0; nth < 7; nth++) {
		struct world *w = world();

		w->fail_nth = nth;
		world_run(w, PHASE_CONNECT);
		assert_all_finished(w);
		unavailable += world_found(w, "RDNS_UNAVAILABLE") != NULL;
		unavailable += world_found(w, "DNSBL_DEFER") != NULL;
		world_free(w);
	}
	assert_int_equal(unavailable, 3); /* PTR, two.test, b.test */
}

static void dns_is_down(void **state)
{
	struct world *w = world();
	char bytes[64];
	struct out degraded = OUT(bytes);

	(void)state;
	w->fail_all = true;
	world_run(w, PHASE_CONNECT);
	assert_all_finished(w);
	assert_string_equal(world_found(w, "DNSBL_UNAVAILABLE"),
			    "2.2.0.192.a.test|2.2.0.192.b.test|2.2.0.192.c.test");
	filter_runner_degraded(w->runner, &degraded);
	assert_true(str_eq(out_text(&degraded), STR("rdns,dnsbl")));
	world_free(w);
}

/* Several scopes in one world, so that a list that is switched off is met too. */
static void cancelled_after_each_event(void **state)
{
	(void)state;
	for (unsigned events = 0;; events++) {
		struct world *w = world();
		struct filter_worker *worker = filter_worker_new(w->set, &w->worker_services);
		unsigned done = 0;
		bool over = false;

		for (int scope = 0; scope < 2; scope++) {
			world_open(w, SCOPE_CONNECTION);
			filter_runner_reach(w->runner, PHASE_CONNECT);
			for (done = 0; done < events && !over; done++)
				over = !world_step(w);
			filter_runner_cancel(w->runner);
			assert_true(filter_runner_turn(w->runner));
			world_close(w);
		}
		filter_worker_free(worker);
		assert_int_equal(w->open, 0);
		world_free(w);
		if (over)
			break;
	}
}

static bool run_within(size_t ceiling, size_t taken, unsigned *whole)
{
	struct world *w = world();
	bool ran;

	w->arena.ceiling = ceiling;
	w->taken = taken;
	world_open(w, SCOPE_CONNECTION);
	ran = w->runner != NULL;
	if (ran) {
		filter_runner_reach(w->runner, PHASE_CONNECT);
		world_drain(w);
		assert_all_finished(w);
		*whole += world_found(w, "RDNS_CONFIRMED") && world_found(w, "A2");
	}
	world_free(w);
	return ran;
}

/* Arenas grow by pages: so many pages, and so much of the first taken. */
static void memory_ends_anywhere(void **state)
{
	enum { PAGE = 4080 };
	unsigned refused = 0, whole = 0;

	(void)state;
	for (size_t pages = 0; pages < 6; pages++)
		for (size_t taken = 16; taken < PAGE - 64; taken += 48)
			refused += !run_within(pages * PAGE, taken, &whole);
	assert_true(refused > 0 && whole > 0);
}

/* The zone of a listed client's address is the client's own: it cannot make us forget that it is listed. */
static void a_strangers_zone_leaves_memory(void **state)
{
	static char names[64][256], addresses[64][16]; /* as many as the resolver reads */
	struct world *w = world();

	(void)state;
	world_dns_clear(w);
	for (size_t i = 0; i < COUNTOF(addresses); i++)
		snprintf(addresses[i], sizeof(addresses[i]), "10.0.0.%zu", i);
	for (size_t i = 0; i < COUNTOF(names); i++) {
		snprintf(names[i], sizeof(names[i]), "%02zu.%060d.%060d.%060d.%060d", i, 1, 2, 3,
			 4);
		world_dns(w, "2.2.0.192.in-addr.arpa", RR_PTR, names[i]);
		for (size_t j = 0; j < COUNTOF(addresses) && i < LIMIT_RDNS_NAMES; j++)
			world_dns(w, names[i], RR_A, addresses[j]);
	}
	world_dns(w, "2.2.0.192.a.test", RR_A, "127.0.0.2");
	world_dns_delay(w, "2.2.0.192.a.test", RR_A, 1000);
	world_open(w, SCOPE_CONNECTION);
	filter_runner_reach(w->runner, PHASE_CONNECT);
	world_drain(w);
	assert_all_finished(w);
	assert_string_equal(world_found(w, "A"), "a.test 127.0.0.2");
	assert_true(w->arena.used < LIMIT_SESSION_ARENA / 2);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference),
		cmocka_unit_test(each_lookup_fails),
		cmocka_unit_test(dns_is_down),
		cmocka_unit_test(cancelled_after_each_event),
		cmocka_unit_test(memory_ends_anywhere),
		cmocka_unit_test(a_strangers_zone_leaves_memory),
	};

	log_to(no_log, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
