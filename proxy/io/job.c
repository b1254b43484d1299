/* job.c - one helper thread and two lists: what is to be done, and what is done.
 *
 * A job's op is touched on the loop's thread only (cancelling clears it); the thread touches
 * `work`, `arg`, `err` and the lists, these under the lock.  An eventfd wakes the loop. */
#include "io/job.h"

#include "base/check.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
	struct job *next;
	struct op *op; /* NULL: cancelled */
	job_fn *work;
	job_drop_fn *drop;
	void *arg;
	enum err err;
};

struct list {
	struct job *head, **tail;
};

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct list todo, done; /* under the lock */
	bool stopping;          /* under the lock */
	bool started;
	pthread_t thread;
	struct watch watch; /* of the eventfd */
};

static void append(struct list *list, struct job *job)
{
	job->next = NULL;
	*list->tail = job;
	list->tail = &job->next;
}

static struct job *take_first(struct list *list)
{
	struct job *job = list->head;

	if (!job)
		return NULL;
	list->head = job->next;
	if (!list->head)
		list->tail = &list->head;
	return job;
}

static void lock(struct jobs *jobs)
{
	CHECK(pthread_mutex_lock(&jobs->lock) == 0);
}

static void unlock(struct jobs *jobs)
{
	CHECK(pthread_mutex_unlock(&jobs->lock) == 0);
}

static void tell_loop(struct jobs *jobs)
{
	const uint64_t one = 1;

	CHECK(write(jobs->watch.fd, &one, sizeof(one)) == sizeof(one));
}

/* What is queued is done before it stops: a message being filed is filed. */
static void *run_thread(void *arg)
{
	struct jobs *jobs = arg;

	lock(jobs);
	for (;;) {
		struct job *job = take_first(&jobs->todo);

		if (job) {
			unlock(jobs);
			job->err = job->work(job->arg);
			lock(jobs);
			append(&jobs->done, job);
			tell_loop(jobs);
		} else if (jobs->stopping) {
			break;
		} else {
			CHECK(pthread_cond_wait(&jobs->more, &jobs->lock) == 0);
		}
	}
	unlock(jobs);
	return NULL;
}

static struct job *take_done(struct jobs *jobs)
{
	struct job *job;

	lock(jobs);
	job = take_first(&jobs->done);
	unlock(jobs);
	return job;
}

static void on_done(struct watch *w, unsigned ready, void *arg)
{
	struct jobs *jobs = arg;
	struct job *job;
	uint64_t count;

	(void)ready;
	CHECK(read(w->fd, &count, sizeof(count)) == sizeof(count));
	while ((job = take_done(jobs)) != NULL) {
		const struct job j = *job;

		mem_free(job);
		if (j.op)
			op_finish(j.op, j.err, j.arg);
		else if (j.drop)
			j.drop(j.arg);
	}
}

struct jobs *jobs_new(struct loop *loop)
{
	struct jobs *jobs = mem_new(sizeof(*jobs));
	const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(pthread_mutex_init(&jobs->lock, NULL) == 0);
	CHECK(pthread_cond_init(&jobs->more, NULL) == 0);
	jobs->todo.tail = &jobs->todo.head;
	jobs->done.tail = &jobs->done.head;
	watch_init(&jobs->watch, loop, fd, on_done, jobs);
	return jobs;
}

/* Signals are the loop's: the thread takes none. */
static void start_thread(struct jobs *jobs)
{
	sigset_t all, before;

	CHECK(sigfillset(&all) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	CHECK(pthread_create(&jobs->thread, NULL, run_thread, jobs) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	jobs->started = true;
	watch_want(&jobs->watch, WATCH_READ);
}

static void cancel_job(struct op *op)
{
	struct job *job = op->provider;

	job->op = NULL;
}

void job_start(struct jobs *jobs, struct ops *ops, struct op *op, job_fn *work, job_drop_fn *drop,
	       void *arg)
{
	struct job *job = mem_new(sizeof(*job));

	*job = (struct job){ .op = op, .work = work, .drop = drop, .arg = arg };
	op->cancel = cancel_job;
	op->provider = job;
	op_start(ops, op);
	if (!jobs->started)
		start_thread(jobs);
	lock(jobs);
	append(&jobs->todo, job);
	CHECK(pthread_cond_signal(&jobs->more) == 0);
	unlock(jobs);
}

static void stop_thread(struct jobs *jobs)
{
	lock(jobs);
	jobs->stopping = true;
	CHECK(pthread_cond_signal(&jobs->more) == 0);
	unlock(jobs);
	CHECK(pthread_join(jobs->thread, NULL) == 0);
}

void jobs_free(struct jobs *jobs)
{
	struct job *job;

	if (jobs->started)
		stop_thread(jobs);
	while ((job = take_first(&jobs->done)) != NULL) {
		CHECK(job->op == NULL);
		if (job->drop)
			job->drop(job->arg);
		mem_free(job);
	}
	watch_want(&jobs->watch, 0);
	close(jobs->watch.fd);
	pthread_cond_destroy(&jobs->more);
	pthread_mutex_destroy(&jobs->lock);
	mem_free(jobs);
}
