/* lmdb_file.h - the open file of a worker, and the helper thread's work on it.
 *
 * Every `every_ms` it is looked whether something is not on the disk yet, or is too much, or might have expired, which
 * is searched for each LIMIT_STORE_WALK_MS; one worker of all does something about it, and takes out LIMIT_STORE_TIDY
 * rows at a time with pauses between: nobody waits long to write.  Readers that were killed are forgotten by each. */
#ifndef LMDB_LMDB_FILE_H
#define LMDB_LMDB_FILE_H

#include "io/job.h"
#include "lmdb/lmdb_tidy.h"

struct lmdb_file_options {
	struct loop *loop; /* of the jobs */
	struct jobs *jobs; /* NULL: no work */
	struct str folder;
	size_t bytes_max;
	int64_t every_ms;
};

struct lmdb_file {
	struct lmdb_env env; /* env.env == NULL: not open */
	size_t pages_max;
	/* its own: */
	struct lmdb_file_options options;
	char *path;
	uint64_t me;      /* among those who could do the work */
	uint64_t settled; /* the last transaction known to be on the disk */
	struct lmdb_walk walk;
	uint64_t walked; /* the last transaction before the walk, and our own since */
	struct timer timer;
	struct ops ops;
	struct op op;   /* the job; while it runs the file stays open */
	int64_t now_ms; /* the job's, of the wall clock */
	bool more;      /* the job's: the walk goes on */
};

/* NULL: `rc` says why. */
struct lmdb_file *lmdb_file_open(const struct lmdb_file_options *options, int *rc);
void lmdb_file_close(struct lmdb_file *f);
/* After an error that the library does not get over by itself.  EBUSY: the helper thread is at it. */
int lmdb_file_reopen(struct lmdb_file *f) NODISCARD;

/* What the helper thread does, for tests. */
enum err lmdb_file_work(void *file);

#endif
