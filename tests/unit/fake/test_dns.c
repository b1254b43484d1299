/* tests/fake/dns.c and job.c: answers and jobs end through the loop, in time, or not at all. */
#include "base/mem.h"
#include "fake/fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct asker {
	struct loop *loop;
	struct dns *dns;
	struct ops ops;
	struct dns_question question;
	bool done;
	enum err err;
	enum dns_status status;
	unsigned count;
	struct ip ip;
	int64_t at;
};

static void on_answer(struct op *op, enum err err, const void *result)
{
	const struct dns_answer *answer = result;
	struct asker *a = op->arg;

	a->done = true;
	a->err = err;
	a->status = answer->status;
	a->count = answer->count;
	a->at = loop_now_ms(a->loop);
	if (answer->count)
		a->ip = answer->records[0].ip;
}

static int begin(void **state)
{
	struct asker *a = mem_new(sizeof(*a));

	a->loop = loop_new();
	a->dns = dns_new(a->loop, &(struct dns_options){ .timeout_ms = 3000 });
	a->question.op.done = on_answer;
	a->question.op.arg = a;
	*state = a;
	return 0;
}

static int end(void **state)
{
	struct asker *a = *state;

	assert_int_equal(a->ops.pending, 0);
	dns_free(a->dns);
	loop_free(a->loop);
	mem_free(a);
	return 0;
}

static void ask(struct asker *a, const char *name, int64_t deadline_ms)
{
	a->done = false;
	dns_ask(a->dns, &a->ops, &a->question, str_z(name), RR_A, deadline_ms);
	assert_false(a->done);
	assert_int_equal(fake_pending(a->loop).questions, 1);
}

static void an_answer_comes_when_the_table_says(void **state)
{
	struct asker *a = *state;
	struct ip want;

	fake_dns_record(a->loop, "a.test", RR_A, "192.0.2.1");
	fake_dns_record(a->loop, "a.test", RR_A, "192.0.2.2");
	fake_dns_delay(a->loop, "a.test", RR_A, 300);
	ask(a, "A.test", 0);
	fake_advance(a->loop, 1000);
	assert_true(a->done && a->err == ERR_OK && a->status == DNS_OK);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->at, 300);
	assert_true(ip_parse(STR("192.0.2.1"), &want) && ip_eq(&want, &a->ip));
}

static void what_is_not_there_is_told_apart(void **state)
{
	struct asker *a = *state;

	fake_dns_record(a->loop, "a.test", RR_TXT, "v=spf1");
	fake_dns_status(a->loop, "bad.test", RR_A, DNS_FAILED);
	ask(a, "a.test", 0);
	fake_turn(a->loop);
	assert_true(a->done && a->status == DNS_NODATA);
	ask(a, "b.test", 0);
	fake_turn(a->loop);
	assert_true(a->done && a->status == DNS_NXDOMAIN && a->err == ERR_OK);
	ask(a, "bad.test", 0);
	fake_turn(a->loop);
	assert_true(a->done && a->status == DNS_FAILED && a->err == ERR_SERVFAIL);
	ask(a, "not a name", 0);
	fake_turn(a->loop);
	assert_true(a->done && a->status == DNS_FAILED && a->err == ERR_SYNTAX);
}

static void a_deadline_holds(void **state)
{
	struct asker *a = *state;

	fake_dns_delay(a->loop, "slow.test", RR_A, -1);
	ask(a, "slow.test", 200);
	fake_advance(a->loop, 10000);
	assert_true(a->done && a->err == ERR_TIMEOUT && a->at == 200);
	ask(a, "slow.test", 0);
	fake_advance(a->loop, 10000);
	assert_int_equal(a->at, 10000 + 3000);
}

static void a_cancelled_question_is_silent(void **state)
{
	struct asker *a = *state;

	ask(a, "a.test", 0);
	ops_cancel_all(&a->ops);
	fake_advance(a->loop, 10000);
	assert_false(a->done);
}

static void the_nth_question_fails_when_told(void **state)
{
	struct asker *a = *state;

	fake_dns_record(a->loop, "a.test", RR_A, "192.0.2.1");
	fake_dns_fault(a->loop, 1, FAKE_DNS_FAILS);
	ask(a, "a.test", 0);
	fake_turn(a->loop);
	assert_true(a->status == DNS_OK);
	ask(a, "a.test", 0);
	fake_turn(a->loop);
	assert_true(a->status == DNS_FAILED);
	assert_int_equal(fake_dns_asked(a->loop), 2);
}

struct work {
	bool worked, dropped, done;
};

static enum err do_work(void *arg)
{
	((struct work *)arg)->worked = true;
	return ERR_IO;
}

static void drop_work(void *arg)
{
	((struct work *)arg)->dropped = true;
}

static void on_work(struct op *op, enum err err, const void *result)
{
	struct work *w = op->arg;

	assert_true(err == ERR_IO && result == w);
	w->done = true;
}

static void a_job_ends_in_a_later_turn(void **state)
{
	struct asker *a = *state;
	struct jobs *jobs = jobs_new(a->loop);
	struct work w = { 0 };
	struct op op = { .done = on_work, .arg = &w };

	job_start(jobs, &a->ops, &op, do_work, drop_work, &w);
	assert_false(w.worked);
	fake_turn(a->loop);
	assert_true(w.worked && w.done && !w.dropped);
	w = (struct work){ 0 };
	job_start(jobs, &a->ops, &op, do_work, drop_work, &w);
	op_cancel(&op);
	fake_turn(a->loop);
	assert_true(w.worked && !w.done && w.dropped);
	jobs_free(jobs);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_comes_when_the_table_says),
		TEST(what_is_not_there_is_told_apart),
		TEST(a_deadline_holds),
		TEST(a_cancelled_question_is_silent),
		TEST(the_nth_question_fails_when_told),
		TEST(a_job_ends_in_a_later_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
