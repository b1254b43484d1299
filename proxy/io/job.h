/* job.h - a blocking piece of work (fsync, rename) on a helper thread of the worker.
 *
 * The op ends through the loop when the work is done.  Cancelling means that nobody is told;
 * the work itself is not undone.  `work` runs on the other thread: it touches nothing but `arg`,
 * and `arg` belongs to the job until `work` has returned (the job frees it with `drop` when the op
 * was cancelled meanwhile; drop runs on the loop's thread). */
#ifndef IO_JOB_H
#define IO_JOB_H

#include "base/op.h"
#include "io/loop.h"

typedef enum err job_fn(void *arg);
typedef void job_drop_fn(void *arg);

struct jobs; /* the helper thread and its queue; one per worker */

struct jobs *jobs_new(struct loop *loop);
/* After all ops have ended or were cancelled.  What is queued is still done, and waited for. */
void jobs_free(struct jobs *jobs);

/* op's result is `arg` back.  `drop` may be NULL; `work` must not log (the log is the loop's). */
void job_start(struct jobs *jobs, struct ops *ops, struct op *op, job_fn *work, job_drop_fn *drop,
	       void *arg);

#endif
