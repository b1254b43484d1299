/* net/dnshunt.h, net/dnspeer.h by way of net/dns.h: deadlines, servers that are silent, fail, die and
 * come back. */
#include "base/limits.h"
#include "dnsfixture.h"

static bool two_was_asked(void)
{
	return two.asked > 0;
}

static bool one_is_dead(void)
{
	return has_logged("does not answer");
}

static bool one_is_back(void)
{
	return has_logged("answers again");
}

static bool degraded(void)
{
	return has_logged("no name server answers");
}

static bool recovered(void)
{
	return has_logged("a name server answers");
}

/* ---- time ---- */

static void an_asker_has_its_own_deadline(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	ask_for(&x, "hold.test", 0);
	ask_for(&y, "hold.test", 20);
	run_until(holds_one);
	while (!y.told)
		run_until(one_was_asked);
	assert_int_equal(y.err, ERR_TIMEOUT);
	assert_int_equal(x.told, 0);
	fakedns_release(&one);
	run_until(nobody_waits);
	is_answered(&x);
}

static void a_short_deadline_is_not_held_against_the_zone(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	ask_for(&x, "hold.test", 20);
	run_until(nobody_waits);
	assert_int_equal(x.err, ERR_TIMEOUT);
	ask_for(&y, "hold.test", 0);
	run_until(holds_one);
	fakedns_release(&one);
	run_until(nobody_waits);
	is_answered(&y);
}

static void a_silent_zone_is_remembered_for_a_while(void **state)
{
	unsigned asked;

	(void)state;
	resolver(1, HASTY_MS);
	resolve(&x, "drop.test");
	assert_int_equal(x.err, ERR_TIMEOUT);
	asked = one.asked;
	assert_true(asked >= 1 && asked <= LIMIT_DNS_TRIES);
	resolve(&y, "drop.test");
	assert_int_equal(y.err, ERR_TIMEOUT);
	assert_int_equal(one.asked, asked);
	assert_false(degraded()); /* the server answers other questions */
}

static void a_late_answer_counts(void **state)
{
	(void)state;
	resolver(2, HASTY_MS);
	ask_for(&x, "hold.test", 0);
	run_until(two_was_asked);
	fakedns_release(&one);
	run_until(nobody_waits);
	is_answered(&x);
}

/* ---- several servers ---- */

static void a_failing_server_is_followed_by_the_next(void **state)
{
	(void)state;
	one.mode = FAKEDNS_FAILS;
	resolver(2, PATIENT_MS);
	resolve(&x, "a.test");
	is_answered(&x);
	assert_int_equal(one.asked, 1);
	assert_int_equal(two.asked, 1);
	assert_false(has_logged("does not answer"));
}

static void a_malformed_answer_is_a_failure_of_its_server(void **state)
{
	(void)state;
	resolver(2, PATIENT_MS);
	resolve(&x, "cut.test");
	assert_int_equal(x.err, ERR_SERVFAIL);
	assert_int_equal(one.asked, 1);
	assert_int_equal(two.asked, 1);
}

static void when_all_fail_it_is_remembered_for_a_while(void **state)
{
	(void)state;
	resolver(2, PATIENT_MS);
	resolve(&x, "fail.test");
	resolve(&y, "fail.test");
	assert_int_equal(x.err, ERR_SERVFAIL);
	assert_int_equal(y.err, ERR_SERVFAIL);
	assert_int_equal(one.asked + two.asked, 2);
}

static void a_dead_first_server_costs_nothing_once_known(void **state)
{
	(void)state;
	one.mode = FAKEDNS_SILENT;
	resolver(2, HASTY_MS);
	run_until(one_is_dead);
	assert_false(degraded());
	resolve(&x, "a1.test");
	resolve(&y, "a2.test");
	is_answered(&x);
	is_answered(&y);
	assert_int_equal(one.asked, 0);

	one.mode = FAKEDNS_ANSWERS;
	run_until(one_is_back);
	resolve(&z, "a3.test");
	is_answered(&z);
	assert_int_equal(one.asked, 1);
}

static void a_server_that_dies_is_noticed_by_a_question(void **state)
{
	(void)state;
	resolver(2, HASTY_MS);
	resolve(&x, "a1.test");
	assert_int_equal(one.asked, 1);
	one.mode = FAKEDNS_SILENT;
	resolve(&y, "a2.test");
	is_answered(&y);
	run_until(one_is_dead);
	one.asked = 0;
	resolve(&z, "a3.test");
	is_answered(&z);
	assert_int_equal(one.asked, 0);
}

static void a_closed_port_is_followed_by_the_next_server(void **state)
{
	(void)state;
	fakedns_refuse(&one);
	resolver(2, PATIENT_MS);
	resolve(&x, "a.test");
	is_answered(&x);
	run_until(one_is_dead);
}

static void without_any_server_questions_fail_soon(void **state)
{
	int64_t began_ms;

	(void)state;
	one.mode = FAKEDNS_SILENT;
	resolver(1, PATIENT_MS);
	run_until(degraded);
	assert_true(has_logged("degraded id=- what=dns"));
	began_ms = loop_now_ms(loop);
	resolve(&x, "a.test");
	assert_int_equal(x.err, ERR_TIMEOUT);
	assert_true(loop_now_ms(loop) - began_ms < PATIENT_MS / 2);
	assert_int_equal(one.asked, 1);

	one.mode = FAKEDNS_ANSWERS; /* what failed meanwhile is not held against it */
	resolve(&y, "a.test");
	is_answered(&y);
	assert_true(recovered());
	assert_true(has_logged("recovered id=- what=dns"));
}

static void recovers_without_being_asked(void **state)
{
	(void)state;
	fakedns_refuse(&one);
	two.mode = FAKEDNS_SILENT;
	resolver(2, HASTY_MS);
	run_until(degraded);
	two.mode = FAKEDNS_ANSWERS;
	run_until(recovered);
	resolve(&x, "a.test");
	is_answered(&x);
}

static void open_questions_are_hurried_when_the_last_server_dies(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	ask_for(&x, "hold.test", 0);
	run_until(holds_one);
	fakedns_refuse(&one);
	one.held_count = 0;
	ask_for(&y, "a.test", 0); /* refused, so the server is doubted at once */
	run_until(degraded);
	run_until(nobody_waits);
	assert_int_equal(x.told, 1);
	assert_int_equal(y.told, 1);
	assert_int_equal(x.status, DNS_FAILED);
}

static void a_closed_port_alone_is_degraded(void **state)
{
	(void)state;
	fakedns_refuse(&one);
	resolver(1, HASTY_MS);
	run_until(degraded);
	resolve(&x, "a.test");
	assert_int_equal(x.err, ERR_UNREACHABLE);
}

/* ---- servers that are there, but answer nothing ---- */

enum { CROWD = LIMIT_DNS_UNHEARD };

static bool one_is_mute(void)
{
	return has_logged("is there, but answers no question");
}

static bool all_are_mute(void)
{
	return has_logged("name servers are there, but answer no question");
}

static bool one_hears(void)
{
	return has_logged("answers questions again");
}

/* So many different questions at once. */
static void ask_many(struct asker *crowd, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[32];
		struct out o = { .p = name, .cap = sizeof(name) - 1 };

		out_printf(&o, "a%u.crowd.test", i);
		name[o.n] = '\0';
		ask_for(&crowd[i], name, 0);
	}
	run_until(nobody_waits);
}

static void a_mute_server_alone_is_degraded(void **state)
{
	struct asker crowd[CROWD] = { 0 };

	(void)state;
	one.mode = FAKEDNS_MUTE;
	resolver(1, HASTY_MS);
	ask_many(crowd, CROWD);
	run_until(all_are_mute);
	assert_false(one_is_dead());

	one.asked = 0;
	resolve(&x, "a.test");
	assert_int_equal(x.err, ERR_TIMEOUT);
	assert_int_equal(one.asked, 1); /* there is no second try */

	one.mode = FAKEDNS_FAILS; /* that it cannot is no answer */
	resolve(&y, "a2.test");
	assert_int_equal(y.err, ERR_SERVFAIL);
	assert_false(recovered());

	one.mode = FAKEDNS_ANSWERS; /* what failed meanwhile is not held against it */
	resolve(&z, "a.test");
	is_answered(&z);
	assert_true(recovered() && one_hears());
}

static void a_server_that_fails_all_is_mute(void **state)
{
	struct asker crowd[CROWD] = { 0 };

	(void)state;
	one.mode = FAKEDNS_FAILS;
	resolver(1, PATIENT_MS);
	ask_many(crowd, CROWD);
	run_until(all_are_mute);
	one.mode = FAKEDNS_ANSWERS;
	resolve(&x, "a.test");
	is_answered(&x);
	assert_true(recovered());
}

static void a_late_answer_ends_it(void **state)
{
	struct asker crowd[CROWD] = { 0 };

	(void)state;
	one.mode = FAKEDNS_MUTE;
	resolver(1, HASTY_MS);
	ask_many(crowd, CROWD);
	run_until(all_are_mute);
	one.mode = FAKEDNS_ANSWERS;
	resolve(&x, "hold.test");
	assert_int_equal(x.err, ERR_TIMEOUT);
	fakedns_release(&one);
	run_until(recovered);
}

static void any_answer_keeps_a_server_from_being_mute(void **state)
{
	struct asker crowd[CROWD] = { 0 };

	(void)state;
	one.mode = FAKEDNS_MUTE;
	resolver(1, HASTY_MS);
	ask_many(crowd, CROWD - 1);
	one.mode = FAKEDNS_ANSWERS;
	resolve(&x, "nx.test");
	assert_int_equal(x.status, DNS_NXDOMAIN);
	one.mode = FAKEDNS_MUTE;
	ask_many(crowd, CROWD - 1);
	assert_false(one_is_mute());
}

static void a_mute_first_server_is_asked_last(void **state)
{
	struct asker crowd[CROWD] = { 0 };

	(void)state;
	one.mode = FAKEDNS_MUTE;
	resolver(2, 3 * HASTY_MS);
	ask_many(crowd, CROWD);
	for (unsigned i = 0; i < CROWD; i++)
		is_answered(&crowd[i]);
	run_until(one_is_mute);
	assert_false(all_are_mute());

	one.asked = two.asked = 0;
	resolve(&x, "a1.test");
	is_answered(&x);
	assert_int_equal(two.asked, 1);

	one.mode = FAKEDNS_ANSWERS;
	while (!one_hears()) { /* some of these go to it too */
		two.asked = 0;
		resolve(&y, "zero.test");
		is_answered(&y);
		assert_int_equal(two.asked, 1);
	}
	one.asked = two.asked = 0;
	resolve(&z, "a2.test");
	is_answered(&z);
	assert_true(one.asked == 1 && two.asked == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_asker_has_its_own_deadline),
		T(a_short_deadline_is_not_held_against_the_zone),
		T(a_silent_zone_is_remembered_for_a_while),
		T(a_late_answer_counts),
		T(a_failing_server_is_followed_by_the_next),
		T(a_malformed_answer_is_a_failure_of_its_server),
		T(when_all_fail_it_is_remembered_for_a_while),
		T(a_dead_first_server_costs_nothing_once_known),
		T(a_server_that_dies_is_noticed_by_a_question),
		T(a_closed_port_is_followed_by_the_next_server),
		T(without_any_server_questions_fail_soon),
		T(recovers_without_being_asked),
		T(open_questions_are_hurried_when_the_last_server_dies),
		T(a_closed_port_alone_is_degraded),
		T(a_mute_server_alone_is_degraded),
		T(a_server_that_fails_all_is_mute),
		T(a_late_answer_ends_it),
		T(any_answer_keeps_a_server_from_being_mute),
		T(a_mute_first_server_is_asked_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
