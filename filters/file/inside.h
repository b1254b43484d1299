/* inside.h - for walk.c: a file in an archive as its bytes come: what it is by its first bytes, and what is in it, which has a
 * listing of its own (listing->inside).
 *
 * That is of files whose bytes lie there as they are, and of one that is packed alone (unpack.h), of which as much is unpacked as
 * there are steps for (LISTING_UNSEEN: not all of it); LIMIT_ARCHIVE_DEPTH of them within one another. */
#ifndef FILTERS_FILE_INSIDE_H
#define FILTERS_FILE_INSIDE_H

#include "filters/file/walk.h"

/* Bytes of the file, as they are there; as they are packed. */
void inside_put(struct walk *outer, struct str bytes);
void inside_unpack(struct walk *outer, struct str bytes);
void inside_end(struct walk *outer);  /* of the file: another may come */
void inside_free(struct walk *outer); /* of a zeroed one too */

#endif
