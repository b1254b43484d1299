/* net/dns.h with one server that answers: what it keeps, and that every asker is told exactly once,
 * through the loop. */
#include "base/limits.h"
#include "base/mem.h"
#include "dnsfixture.h"

static void answers_and_keeps_what_it_heard(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	resolve(&x, "a.test");
	is_answered(&x);
	assert_int_equal(x.ttl_s, 300);
	resolve(&y, "a.test");
	is_answered(&y);
	assert_int_equal(one.asked, 1);
}

static void case_and_a_final_dot_do_not_matter(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	resolve(&x, "a.test");
	resolve(&y, "A.TEST.");
	is_answered(&y);
	assert_int_equal(one.asked, 1);
}

static void keeps_negative_answers_as_the_soa_says(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	resolve(&x, "nx.test");
	resolve(&y, "nx.test");
	assert_int_equal(y.status, DNS_NXDOMAIN);
	assert_true(y.ttl_s <= 60 && y.ttl_s > 0);
	assert_int_equal(one.asked, 1);
	resolve(&x, "nodata.test");
	resolve(&y, "nodata.test");
	assert_int_equal(y.status, DNS_NODATA);
	assert_true(y.ttl_s <= 30 && y.ttl_s > 0);
	assert_int_equal(one.asked, 2);
}

static void a_ttl_of_zero_is_asked_again(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	resolve(&x, "zero.test");
	resolve(&y, "zero.test");
	is_answered(&y);
	assert_int_equal(one.asked, 2);
}

static void refuses_what_is_no_name(void **state)
{
	static const char *const names[] = { "",          ".",        "a..test", "a\037b.test",
					     "\xff.test", "a\\b.test" };

	(void)state;
	resolver(1, PATIENT_MS);
	for (size_t i = 0; i < COUNTOF(names); i++) {
		resolve(&x, names[i]);
		assert_int_equal(x.err, ERR_SYNTAX);
	}
	assert_int_equal(one.asked, 0);
}

static void forged_answers_are_passed_over(void **state)
{
	static const char *const names[] = { "wrongid.test", "wrongname.test", "wrongtype.test" };

	(void)state;
	resolver(1, PATIENT_MS);
	for (size_t i = 0; i < COUNTOF(names); i++) {
		resolve(&x, names[i]);
		is_answered(&x);
	}
	assert_int_equal(one.asked, 3);
}

static void records_of_other_names_are_not_learnt(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	resolve(&x, "poison.test");
	is_answered(&x);
	assert_int_equal(x.count, 1);
	resolve(&y, "a.bank.test");
	is_answered(&y);
	assert_int_equal(one.asked, 2);
}

static void a_truncated_answer_is_fetched_over_tcp(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	resolve(&x, "long.test");
	assert_int_equal(x.err, ERR_OK);
	assert_int_equal(x.count, 50);
	assert_int_equal(one.asked_tcp, 1);
	resolve(&y, "long2.test");
	assert_int_equal(y.count, 50);
}

static bool tcp_is_gone(void)
{
	return one.asked_tcp == 1 && one.tcp < 0;
}

/* What a server does with TCP does not end what is on its way by UDP. */
static void a_tcp_connection_that_is_closed(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	ask_for(&x, "hold.test", 0);
	run_until(holds_one);
	ask_for(&y, "gone.test", 0);
	run_until(tcp_is_gone);
	assert_int_equal(x.told, 0);
	fakedns_release(&one);
	run_until(nobody_waits);
	is_answered(&x);
	assert_int_not_equal(y.err, ERR_OK);
	resolve(&z, "long.test");
	assert_int_equal(z.count, 50);
	assert_false(has_logged("does not answer"));
}

static void a_server_without_edns_is_asked_without(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	for (unsigned i = 0; i < 3; i++) {
		char name[] = "old0.test";

		name[3] = (char)('0' + i);
		resolve(&x, name);
		is_answered(&x);
	}
	assert_true(one.asked <= 5); /* c-ares learns it once, the resolver once */
}

/* ---- several askers ---- */

static void equal_questions_are_one_query(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	ask_for(&x, "hold.test", 0);
	ask_for(&y, "HOLD.test", 0);
	run_until(holds_one);
	ask_for(&z, "hold.test.", 0);
	op_cancel(&y.question.op);
	fakedns_release(&one);
	run_until(nobody_waits);
	is_answered(&x);
	is_answered(&z);
	assert_int_equal(y.told, 0);
	assert_int_equal(one.asked, 1);
}

static void cancel_others(struct asker *a)
{
	struct asker *all[] = { &x, &y, &z };

	for (size_t i = 0; i < COUNTOF(all); i++)
		if (all[i] != a && op_running(&all[i]->question.op))
			op_cancel(&all[i]->question.op);
}

static void one_asker_may_cancel_the_others_while_told(void **state)
{
	static const char *const names[] = { "hold.test", "hold.test", "-.-.", "" };

	(void)state;
	resolver(1, PATIENT_MS);
	for (size_t i = 0; i < COUNTOF(names); i++) { /* fresh, from the cache, refused */
		x.then = y.then = z.then = cancel_others;
		ask_for(&x, names[i], 0);
		ask_for(&y, names[i], 0);
		ask_for(&z, names[i], 0);
		if (i == 0) {
			run_until(holds_one);
			fakedns_release(&one);
		}
		run_until(nobody_waits);
		assert_int_equal(x.told + y.told + z.told, 1);
	}
}

static void cancelled_before_it_was_sent(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	ask_for(&x, "a1.test", 0);
	op_cancel(&x.question.op);
	resolve(&y, "a2.test");
	assert_int_equal(x.told, 0);
	assert_int_equal(one.asked, 1);
}

static bool answer_was_kept(void)
{
	return one.held_count == 0 && one.probed > 0;
}

static void the_answer_to_a_cancelled_question_is_kept(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	ask_for(&x, "hold.test", 0);
	run_until(holds_one);
	op_cancel(&x.question.op);
	fakedns_release(&one);
	run_until(answer_was_kept);
	resolve(&y, "hold.test");
	is_answered(&y);
	assert_int_equal(x.told, 0);
	assert_int_equal(one.asked, 1);
}

static void asks_the_next(struct asker *a)
{
	a->then = NULL;
	ask_for(&y, "a.test", 0); /* the same: from the cache, but not inside this call */
	ask_for(&z, "a2.test", 0);
}

static void who_is_told_may_ask(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	x.then = asks_the_next;
	resolve(&x, "a.test");
	is_answered(&y);
	is_answered(&z);
	assert_int_equal(one.asked, 2);
}

static void freeing_cancels_what_is_open(void **state)
{
	(void)state;
	resolver(1, PATIENT_MS);
	ask_for(&x, "hold.test", 0);
	run_until(holds_one);
	ask_for(&y, "a.test", 0);
	ask_for(&z, "", 0);
	dns_free(dns);
	dns = NULL;
	assert_int_equal(ops.pending, 0);
	assert_int_equal(x.told + y.told + z.told, 0);
}

/* Questions that nobody answers. */
static struct asker *ask_many(unsigned count, bool strangers)
{
	struct asker *many = mem_array(NULL, count, sizeof(*many));

	memset(many, 0, count * sizeof(*many));
	for (unsigned i = 0; i < count; i++) {
		char name[] = "drop....test";

		for (unsigned k = 0; k < 3; k++)
			name[4 + k] = (char)('a' + (i >> 4 * k) % 16);
		many[i].question.stranger = strangers;
		ask_for(&many[i], name, 0);
	}
	return many;
}

static void run_until_x_is_told(void)
{
	x.then = NULL;
	while (x.told == 0)
		run_until(one_was_asked);
}

static void open_questions_are_bounded(void **state)
{
	struct asker *many;

	(void)state;
	resolver(1, PATIENT_MS);
	many = ask_many(LIMIT_DNS_QUERIES, false);
	ask_for(&x, "drop.test", 0);
	ask_for(&y, "dropaaa.test", 0); /* one of the open ones */
	run_until_x_is_told();
	assert_int_equal(x.err, ERR_LIMIT);
	assert_int_equal(y.told, 0);
	ops_cancel_all(&ops);
	mem_free(many);
}

static void strangers_leave_questions_to_others(void **state)
{
	struct asker *many;

	(void)state;
	resolver(1, PATIENT_MS);
	many = ask_many(LIMIT_DNS_QUERIES - LIMIT_DNS_RESERVED, true);
	x.question.stranger = true;
	ask_for(&x, "drop.test", 0);
	ask_for(&y, "drop.list.test", 0);
	run_until_x_is_told();
	assert_int_equal(x.err, ERR_LIMIT);
	assert_int_equal(y.told, 0);
	ops_cancel_all(&ops);
	mem_free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_and_keeps_what_it_heard),
		T(case_and_a_final_dot_do_not_matter),
		T(keeps_negative_answers_as_the_soa_says),
		T(a_ttl_of_zero_is_asked_again),
		T(refuses_what_is_no_name),
		T(forged_answers_are_passed_over),
		T(records_of_other_names_are_not_learnt),
		T(a_truncated_answer_is_fetched_over_tcp),
		T(a_tcp_connection_that_is_closed),
		T(a_server_without_edns_is_asked_without),
		T(equal_questions_are_one_query),
		T(one_asker_may_cancel_the_others_while_told),
		T(cancelled_before_it_was_sent),
		T(the_answer_to_a_cancelled_question_is_kept),
		T(who_is_told_may_ask),
		T(freeing_cancels_what_is_open),
		T(open_questions_are_bounded),
		T(strangers_leave_questions_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
