/* file.h - the journal's files: one for each hour, 2026-11-28T10.jsonl (UTC), a record (a JSON object) a line.
 *
 * All workers append to the same one.  A write(2) to a regular file with O_APPEND goes to its end as one piece, because
 * Linux holds the file's lock meanwhile (ext4, xfs, btrfs, tmpfs; not NFS), however long it is: whole lines do not mix.
 * A process that is killed within a write, or a full disk, can leave a piece of a line without its end, and what the
 * next worker writes stands behind that in the same line; journal/find.h knows. */
#ifndef JOURNAL_FILE_H
#define JOURNAL_FILE_H

#include "base/attr.h"
#include "base/str.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* "2026-11-28T10.jsonl", with its NUL. */
enum { JOURNAL_NAME_MAX = 32 };
void journal_file_name(int64_t hour, char to[JOURNAL_NAME_MAX]); /* hour: since 1970 */
/* False: it is no file of ours. */
bool journal_file_hour(const char *name, int64_t *hour) NODISCARD;

struct journal_file {
	char folder[PATH_MAX];
	int fd;       /* -1: none is open */
	int64_t hour; /* whose it is */
};

/* Opens no file yet.  False: the path is too long, as errno says. */
bool journal_file_init(struct journal_file *f, struct str folder) NODISCARD;
/* As write(2), to the file of this hour, which is made: mode 0640, for there are mail addresses in it. */
ssize_t journal_file_write(struct journal_file *f, struct str bytes, int64_t unix_ms);
void journal_file_close(struct journal_file *f);

#endif
