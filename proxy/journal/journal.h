/* journal.h - writes the evidence of each transaction, for `postern explain`: one of these in each worker.
 *
 * Records are gathered while a turn of the loop lasts and go out in one write at its end: who has heard his reply to
 * QUIT finds his record there.  They are not synced: a machine that crashes loses what the kernel had not written yet.
 *
 * Mail never waits for it.  A disk that is slow (a write of LIMIT_JOURNAL_SLOW_MS or more) or full is left alone for a
 * while, so that it can take one part in twenty of the loop's time; meanwhile records wait in memory, up to
 * LIMIT_JOURNAL_WAITING; more are lost.  The log says when that begins and when it ends, a counter how many. */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "base/attr.h"
#include "base/out.h"
#include "io/loop.h"

#include <stdint.h>
#include <sys/types.h>

/* As write(2): whole lines, to what belongs to this hour. */
typedef ssize_t journal_write_fn(void *arg, struct str lines, int64_t unix_ms);

struct journal_options {
	struct loop *loop;
	journal_write_fn *write; /* journal_to_file(), or of a test */
	void *arg;
	uint64_t *lost; /* counts records */
};

struct journal;

struct journal *journal_new(const struct journal_options *options);
void journal_free(struct journal *j); /* writes what waits, if it can; NULL is allowed */

/* A record begins: the caller writes a JSON object without line ends into it, at most LIMIT_JOURNAL_RECORD bytes, and
 * ends it in the same call.  NULL: no room, it is lost (and counted). */
struct out *journal_begin(struct journal *j);
/* One that is `full` is lost. */
void journal_end(struct journal *j);

/* arg: a struct journal_file (journal/file.h). */
journal_write_fn journal_to_file;

#endif
