/* find.h - the records of one id, or all there are, in the files of the journal.
 *
 * A record begins with {"event":"...","id":"...", which cannot stand within one: a quote in a text has a backslash
 * before it.  So it is found wherever it stands in its line: behind the piece of one that a crash has torn, too.  The
 * text of a record is whatever lies in the file up to the line's end: whoever reads it has to expect anything.
 *
 * Files are read piece by piece, from the hour in which the session began: a record is written when its transaction is
 * over, which is mostly the same hour. */
#ifndef JOURNAL_FIND_H
#define JOURNAL_FIND_H

#include "base/attr.h"
#include "base/id.h"

#include <stdbool.h>

/* One record, without its line end; valid during the call.  whole: it has one, else the file ends there. */
typedef void journal_record_fn(void *arg, struct str record, bool whole);

/* In these bytes (of a file, from its begin or behind a line end); returns how many there are.  id: of a transaction,
 * or of a session: then all of its transactions, and what else was recorded of it.  *rest: from here on more bytes are
 * needed to tell. */
enum journal_bytes { JOURNAL_PIECE, JOURNAL_LAST }; /* more of the file comes; it ends here */
unsigned journal_find_in(struct str bytes, enum journal_bytes are, const struct id *id,
			 size_t *rest, journal_record_fn *fn, void *arg);

/* Every record in these bytes that is whole. */
unsigned journal_each_in(struct str bytes, enum journal_bytes are, size_t *rest,
			 journal_record_fn *fn, void *arg);

struct journal_search {
	const char *folder;
	const struct id *id; /* NULL: all of them */
	int64_t unix_ms;     /* when the session began; 0 for all */
	journal_record_fn *fn;
	void *arg;
	/* The outcome. */
	unsigned found;
	unsigned files;      /* that were read */
	int64_t oldest_hour; /* since 1970, of which there is a file; -1: there is none */
};

/* 0, or errno: the folder, or a file in it, cannot be read. */
int journal_find(struct journal_search *s) NODISCARD;

#endif
