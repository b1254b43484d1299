/* net/dns.h against name servers of our own: whom it asks, what it keeps, and that every asker is
 * told exactly once, through the loop, whatever the servers do. */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "fakedns.h"
#include "net/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PATIENT_MS = 4000, HASTY_MS = 300, GUARD_MS = 20000, LOG_BYTES = 8192 };

static struct loop *loop;
static struct dns *dns;
static struct fakedns one, two;
static struct ops ops;
static char logged[LOG_BYTES];
static size_t logged_n;

/* One asker and what it was told. */
struct asker {
	struct dns_question question;
	unsigned told;
	enum err err;
	enum dns_status status;
	uint32_t ttl_s;
	unsigned count;
	uint8_t last_byte; /* of the first address */
	void (*then)(struct asker *);
};

static struct asker x, y, z;

static void catch_log(struct str lines, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < lines.n && logged_n < sizeof(logged) - 1; i++)
		logged[logged_n++] = lines.p[i];
	logged[logged_n] = '\0';
}

static bool has_logged(const char *text)
{
	log_flush();
	return strstr(logged, text) != NULL;
}

static int setup(void **state)
{
	(void)state;
	logged_n = 0;
	logged[0] = '\0';
	log_to(catch_log, NULL);
	loop = loop_new();
	fakedns_open(&one, loop);
	fakedns_open(&two, loop);
	ops = (struct ops){ 0 };
	x = y = z = (struct asker){ 0 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (dns)
		dns_free(dns);
	dns = NULL;
	assert_int_equal(ops.pending, 0);
	fakedns_close(&one);
	fakedns_close(&two);
	loop_free(loop);
	log_to(NULL, NULL);
	return 0;
}

static void resolver(unsigned servers, int64_t timeout_ms)
{
	const struct dns_server list[] = { one.address, two.address };
	const struct dns_options options = {
		.servers = list,
		.server_count = servers,
		.timeout_ms = timeout_ms,
	};

	dns = dns_new(loop, &options);
}

static void on_done(struct op *op, enum err err, const void *result)
{
	struct asker *a = op->arg;
	const struct dns_answer *answer = result;

	a->told++;
	a->err = err;
	a->status = answer->status;
	a->ttl_s = answer->ttl_s;
	a->count = answer->count;
	a->last_byte = answer->count ? answer->records[0].ip.bytes[3] : 0;
	assert_true((err == ERR_OK) == (answer->status != DNS_FAILED));
	if (a->then)
		a->then(a);
}

static void ask_for(struct asker *a, const char *name, int64_t deadline_ms)
{
	void (*then)(struct asker *) = a->then;

	*a = (struct asker){ .then = then };
	a->question.op.done = on_done;
	a->question.op.arg = a;
	dns_ask(dns, &ops, &a->question, str_z(name), RR_A, deadline_ms);
	assert_int_equal(a->told, 0);
}

/* ---- running the loop until something is true ---- */

typedef bool condition(void);

struct waiting {
	condition *condition;
	int64_t until_ms;
};

static void look(struct timer *t, void *arg)
{
	const struct waiting *w = arg;

	if (w->condition() || loop_now_ms(loop) > w->until_ms)
		loop_stop(loop);
	else
		timer_start(t, 1);
}

static void run_until(condition *c)
{
	struct waiting w = { .condition = c, .until_ms = loop_now_ms(loop) + GUARD_MS };
	struct timer t;

	timer_init(&t, loop, look, &w);
	timer_start(&t, 0);
	loop_run(loop);
	timer_stop(&t);
	assert_true(c());
}

static bool nobody_waits(void)
{
	return ops.pending == 0;
}

static bool holds_one(void)
{
	return one.held_count == 1;
}

static bool one_was_asked(void)
{
	return one.asked > 0;
}

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
	return dns_is_degraded(dns);
}

static bool recovered(void)
{
	return !dns_is_degraded(dns);
}

static void resolve(struct asker *a, const char *name)
{
	ask_for(a, name, 0);
	run_until(nobody_waits);
	assert_int_equal(a->told, 1);
}

static void is_answered(const struct asker *a)
{
	assert_int_equal(a->told, 1);
	assert_int_equal(a->err, ERR_OK);
	assert_int_equal(a->status, DNS_OK);
	assert_int_equal(a->last_byte, 2);
}

/* ---- one server that answers ---- */

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
	static const char *const names[] = {
		"", ".", "a..test", "a b.test", "\xff.test", "-.test:1"
	};

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

static void open_questions_are_bounded(void **state)
{
	struct asker *many = mem_array(NULL, LIMIT_DNS_QUERIES, sizeof(*many));

	(void)state;
	resolver(1, PATIENT_MS);
	memset(many, 0, LIMIT_DNS_QUERIES * sizeof(*many));
	for (unsigned i = 0; i < LIMIT_DNS_QUERIES; i++) {
		char name[] = "drop....test";

		for (unsigned k = 0; k < 3; k++)
			name[4 + k] = (char)('a' + (i >> 4 * k) % 16);
		ask_for(&many[i], name, 0);
	}
	ask_for(&x, "drop.test", 0);
	ask_for(&y, "dropaaa.test", 0); /* one of the open ones */
	x.then = NULL;
	while (x.told == 0)
		run_until(one_was_asked);
	assert_int_equal(x.err, ERR_LIMIT);
	assert_int_equal(y.told, 0);
	ops_cancel_all(&ops);
	mem_free(many);
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
	assert_false(dns_is_degraded(dns)); /* the server answers other questions */
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
	assert_false(dns_is_degraded(dns));
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
	fakedns_close(&one);
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
	fakedns_close(&one);
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
	fakedns_close(&one);
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
	fakedns_close(&one);
	resolver(1, HASTY_MS);
	run_until(degraded);
	resolve(&x, "a.test");
	assert_int_equal(x.err, ERR_UNREACHABLE);
}

#define T(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

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
		T(a_server_without_edns_is_asked_without),
		T(equal_questions_are_one_query),
		T(one_asker_may_cancel_the_others_while_told),
		T(cancelled_before_it_was_sent),
		T(the_answer_to_a_cancelled_question_is_kept),
		T(who_is_told_may_ask),
		T(freeing_cancels_what_is_open),
		T(open_questions_are_bounded),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
