/* unpack.h - what is packed alone, as its bytes come: files of gzip and xz, and the streams of a PDF (zlib).  The algorithms are
 * zlib's and liblzma's; what is packed so that it needs more than LIMIT_UNPACK_MEMORY is not unpacked. */
#ifndef FILTERS_FILE_UNPACK_H
#define FILTERS_FILE_UNPACK_H

#include "filters/file/kind.h"

#include <lzma.h>
#include <zlib.h>

enum unpack_method { UNPACK_NONE, UNPACK_GZIP, UNPACK_XZ, UNPACK_ZLIB };

struct unpack {
	enum unpack_method method; /* UNPACK_NONE: not begun */
	bool over;                 /* nothing comes any more */
	uint64_t in, out;          /* bytes so far */
	union {
		z_stream zlib;
		lzma_stream xz;
	};
};

/* UNPACK_NONE: files of this kind are not packed alone. */
enum unpack_method unpack_method_of(enum kind kind);
void unpack_begin(struct unpack *u, enum unpack_method method);
/* Takes the head off *in and writes at most `size` bytes; returns how many.  All of them: there may be more, even without input. */
size_t unpack_take(struct unpack *u, struct str *in, char *out, size_t size);
/* What all of it has cost, in steps of a walk (LIMIT_ARCHIVE_STEPS). */
uint64_t unpack_steps(const struct unpack *u);
void unpack_end(struct unpack *u); /* of a zeroed one too; what it has counted stays */

#endif
