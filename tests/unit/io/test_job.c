/* io/job.h: work on the helper thread, its end on the loop. */
#include "io/job.h"
#include "unit/io/probe.h"

#include <stdatomic.h>

struct piece {
	struct op op;
	struct loop *loop;
	unsigned *told, *dropped;
	unsigned *left; /* stops the loop when none is left */
	atomic_uint worked;
	enum err result;
	int gate; /* a pipe's end the work waits at; -1: none */
};

static enum err work(void *arg)
{
	struct piece *p = arg;
	char c;

	if (p->gate >= 0 && read(p->gate, &c, 1) != 1)
		return ERR_IO;
	atomic_fetch_add(&p->worked, 1);
	return p->result;
}

static void count_down(struct piece *p)
{
	if (--*p->left == 0)
		loop_stop(p->loop);
}

static void on_done(struct op *op, enum err err, const void *result)
{
	struct piece *p = op->arg;

	assert_ptr_equal(result, p);
	assert_int_equal(err, p->result);
	++*p->told;
	count_down(p);
}

static void drop(void *arg)
{
	struct piece *p = arg;

	++*p->dropped;
	count_down(p);
}

struct bench {
	struct loop *loop;
	struct jobs *jobs;
	struct ops ops;
	unsigned told, dropped, left;
	struct piece pieces[8];
};

static void start(struct bench *b, unsigned i, enum err result, int gate)
{
	struct piece *p = &b->pieces[i];

	*p = (struct piece){ .op = { .label = "test", .done = on_done, .arg = p },
			     .loop = b->loop,
			     .told = &b->told,
			     .dropped = &b->dropped,
			     .left = &b->left,
			     .result = result,
			     .gate = gate };
	b->left++;
	job_start(b->jobs, &b->ops, &p->op, work, drop, p);
}

static void bench_init(struct bench *b)
{
	*b = (struct bench){ .loop = loop_new() };
	b->jobs = jobs_new(b->loop);
}

static void bench_end(struct bench *b)
{
	assert_int_equal(b->ops.pending, 0);
	jobs_free(b->jobs);
	loop_free(b->loop);
}

static void results_come_back_through_the_loop(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	for (unsigned i = 0; i < 8; i++)
		start(&b, i, i % 2 ? ERR_IO : ERR_OK, -1);
	assert_int_equal(b.told, 0);
	run_guarded(b.loop);
	assert_int_equal(b.told, 8);
	assert_int_equal(b.dropped, 0);
	bench_end(&b);
}

static void a_cancelled_job_is_dropped_not_told(void **state)
{
	struct bench b;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	bench_init(&b);
	start(&b, 0, ERR_OK, fd[0]);
	start(&b, 1, ERR_OK, -1);
	start(&b, 2, ERR_OK, -1);
	op_cancel(&b.pieces[0].op);
	op_cancel(&b.pieces[2].op);
	say(fd[1], STR("x"));
	run_guarded(b.loop);
	assert_int_equal(b.told, 1);
	assert_int_equal(b.dropped, 2);
	assert_int_equal(atomic_load(&b.pieces[0].worked), 1);
	close(fd[0]);
	close(fd[1]);
	bench_end(&b);
}

static void what_is_queued_at_the_end_is_done_and_dropped(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	for (unsigned i = 0; i < 8; i++)
		start(&b, i, ERR_OK, -1);
	ops_cancel_all(&b.ops);
	bench_end(&b);
	assert_int_equal(b.dropped, 8);
	assert_int_equal(atomic_load(&b.pieces[7].worked), 1);
}

static void no_job_no_thread(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_come_back_through_the_loop),
		cmocka_unit_test(a_cancelled_job_is_dropped_not_told),
		cmocka_unit_test(what_is_queued_at_the_end_is_done_and_dropped),
		cmocka_unit_test(no_job_no_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
