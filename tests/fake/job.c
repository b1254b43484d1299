/* job.c - io/job.h without a thread: the work is done in a later turn of the loop. */
#include "io/job.h"

#include "base/check.h"
#include "base/mem.h"
#include "fake/inside.h"

struct job {
	struct job *next, **link;
	struct jobs *jobs;
	struct fake_post *post;
	struct op *op; /* NULL: cancelled */
	job_fn *work;
	job_drop_fn *drop;
	void *arg;
};

struct jobs {
	struct loop *loop;
	struct job *head;
};

static void job_end(struct job *job)
{
	*job->link = job->next;
	if (job->next)
		job->next->link = job->link;
	mem_free(job);
}

static void run_job(void *arg)
{
	struct job *job = arg;
	struct op *op = job->op;
	void *result = job->arg;
	const enum err err = job->work(result);

	if (!op && job->drop)
		job->drop(result);
	if (op)
		job->jobs->loop->pending.jobs--;
	job_end(job);
	if (op)
		op_finish(op, err, result);
}

/* Nobody is told; the work is done all the same. */
static void cancel(struct op *op)
{
	struct job *job = op->provider;

	job->op = NULL;
	job->jobs->loop->pending.jobs--;
}

struct jobs *jobs_new(struct loop *loop)
{
	struct jobs *jobs = mem_new(sizeof(*jobs));

	jobs->loop = loop;
	return jobs;
}

void jobs_free(struct jobs *jobs)
{
	while (jobs->head) {
		struct job *job = jobs->head;

		CHECK(job->op == NULL); /* its owner has gone first */
		fake_unpost(jobs->loop, job->post);
		run_job(job);
	}
	mem_free(jobs);
}

void job_start(struct jobs *jobs, struct ops *ops, struct op *op, job_fn *work, job_drop_fn *drop,
	       void *arg)
{
	struct job *job = mem_new(sizeof(*job));

	*job = (struct job){ .jobs = jobs, .op = op, .work = work, .drop = drop, .arg = arg };
	job->next = jobs->head;
	job->link = &jobs->head;
	if (job->next)
		job->next->link = &job->next;
	jobs->head = job;
	job->post = fake_post(jobs->loop, jobs->loop->job_delay, run_job, job);
	op->label = "job";
	op->provider = job;
	op->cancel = cancel;
	op_start(ops, op);
	jobs->loop->pending.jobs++;
}

void fake_job_delay(struct loop *loop, int64_t ms)
{
	loop->job_delay = ms;
}
