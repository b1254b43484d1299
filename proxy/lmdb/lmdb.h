/* lmdb.h - the embedded store: a file that all workers have open, old and new ones at once (lmdb/lmdb_env.h).
 *
 * What is asked within a turn of the loop is one transaction, and none that writes when nothing changes.  Whatever is
 * wrong (no space, no folder) is STORE_FAILED, for as long as it lasts, and a log line now and then; it never
 * ends the process.  On the helper thread, by one worker of all: what has expired goes, and the file is brought to
 * the disk. */
#ifndef LMDB_LMDB_H
#define LMDB_LMDB_H

#include "base/out.h"
#include "io/job.h"
#include "store/local.h"

struct lmdb_options {
	struct loop *loop;
	struct jobs *jobs; /* NULL: nothing is tidied up */
	struct str folder;
	int64_t size_max; /* bytes */
	int64_t sync_ms;
};

/* False, with a reason: it cannot be opened.  Once in a process. */
bool store_lmdb(const struct lmdb_options *options, struct store_side *side,
		struct out *why) NODISCARD;

#endif
