/* spool.h - a message while it is received: in memory, past a limit in an unlinked file.
 *
 * Bytes are kept exactly as the message is (dot-stuffing already undone). */
#ifndef IO_SPOOL_H
#define IO_SPOOL_H

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct spool;

/* folder: where the unlinked file is made once memory_max is passed; the text must stay.  After
 * that the spool holds 128 KB of memory at most. */
struct spool *spool_new(const char *folder, size_t memory_max);
void spool_free(struct spool *s);

/* ERR_IO: disk full, no more room (spool_room.h) ...; it stays so, for reading too: the message is not whole. */
enum err spool_append(struct spool *s, struct str bytes) NODISCARD;
/* What failed, for the log; NULL: nothing. */
const char *spool_fault(const struct spool *s);
uint64_t spool_size(const struct spool *s);

/* What its writer has seen: no line of the message begins with a dot.  Who sends it needs no look. */
void spool_set_dotless(struct spool *s);
bool spool_is_dotless(const struct spool *s);

/* The run of bytes that starts at `at`: as long as it is contiguous, empty at the end.  What
 * lies in the file is read into a buffer of the spool: valid until the next spool_read() or
 * spool_append(). */
enum err spool_read(struct spool *s, uint64_t at, struct str *bytes) NODISCARD;

/* How many of the bytes from `at` on can be sent from the file (conn_write_file()), where they begin at
 * *offset; 0: spool_read() has them.  They stay as they are also after spool_free(), for the kernel may have
 * them still to send. */
uint64_t spool_lend(struct spool *s, uint64_t at, int *fd, uint64_t *offset);
/* Who was lent bytes has received them all: another message may be written over them. */
void spool_returned(struct spool *s);

#endif
