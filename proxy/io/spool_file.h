/* spool_file.h - the unlinked files behind large messages.
 *
 * What such a file costs is mostly its making and throwing away: for each block and page the kernel finds
 * room, and takes it back.  So a few that are done with are kept for the next messages, which write over
 * them: behind his last byte a reader finds what was there before. */
#ifndef IO_SPOOL_FILE_H
#define IO_SPOOL_FILE_H

#include "base/attr.h"

#include <stdbool.h>
#include <stdint.h>

struct spool_file {
	const char *folder;
	int fd; /* -1: none */
	int64_t made_ms;
	uint64_t bytes; /* it has been made so long: taken of spool_room.h */
};

/* To be written from its beginning on; fd is -1 when it fails, errno says why.  The text of folder must
 * stay. */
void spool_file_open(struct spool_file *f, const char *folder);
/* again: nobody will look at its bytes any more, another message may be written over them. */
void spool_file_close(struct spool_file *f, bool again);
/* The worker's kept files, at the end. */
void spool_files_free(void);

#endif
