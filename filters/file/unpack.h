/* unpack.h - the bytes of a file that is packed alone (gzip, xz), as they come; for inside.c.  The algorithms are zlib's and
 * liblzma's; what is packed so that it needs more than LIMIT_UNPACK_MEMORY is not unpacked. */
#ifndef FILTERS_FILE_UNPACK_H
#define FILTERS_FILE_UNPACK_H

#include "filters/file/kind.h"

#include <lzma.h>
#include <zlib.h>

struct unpack {
	enum kind kind;   /* KIND_UNKNOWN: not begun */
	bool over;        /* nothing comes any more */
	uint64_t in, out; /* bytes so far */
	union {
		z_stream gzip;
		lzma_stream xz;
	};
};

/* Whether files of this kind are unpacked at all. */
bool unpack_knows(enum kind kind);
void unpack_begin(struct unpack *u, enum kind kind);
/* Takes the head off *in and writes at most `size` bytes; returns how many.  All of them: there may be more, even without input. */
size_t unpack_take(struct unpack *u, struct str *in, char *out, size_t size);
/* What all of it has cost, in steps of a walk (LIMIT_ARCHIVE_STEPS). */
uint64_t unpack_steps(const struct unpack *u);
void unpack_end(struct unpack *u); /* of a zeroed one too */

#endif
