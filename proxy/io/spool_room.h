/* spool_room.h - how much of the disk the files of a worker's spools may take.
 *
 * Two bounds: so many bytes in all files together, and so many left free on the disk for others.  Bytes are asked for
 * before they are written, from jobs' threads too (a spool that is read there writes what it still has in memory).
 * The disk is looked at again when LIMIT_SPOOL_LOOK bytes were granted since. */
#ifndef IO_SPOOL_ROOM_H
#define IO_SPOOL_ROOM_H

#include "base/attr.h"

#include <stdbool.h>
#include <stdint.h>

/* Once, before there are spools.  0: no bound. */
void spool_room_bound(uint64_t max, uint64_t min_free);

/* What there is instead of an errno. */
enum { SPOOL_ROOM_MAX = -1, SPOOL_ROOM_DISK = -2 };

/* `more` bytes for a file on this disk.  0: they are granted. */
int spool_room_take(int fd, uint64_t more) NODISCARD;
void spool_room_give(uint64_t bytes);

/* As spool_room_take() for a message of this size, before there is a file of it: nothing is granted. */
int spool_room_for(const char *folder, uint64_t size);

/* For a file that holds no message, but is kept for the next one: only where there is far more room than such files take. */
bool spool_room_is_ample(int fd);

/* For the log; of an errno too. */
const char *spool_room_text(int error);

#endif
