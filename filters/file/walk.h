/* walk.h - reads what is in an archive or a document while its bytes come, pure: from header to header, what lies between is stepped
 * over, or looked into as a file of its own where that costs little (inside.h).  Memory is a header's.
 *
 * A walker is a function that is handed the bytes at a header, and says how many of them it has used and how many
 * are of no interest behind them, or that it needs more.  It is called again with what comes there. */
#ifndef FILTERS_FILE_WALK_H
#define FILTERS_FILE_WALK_H

#include "base/limits.h"
#include "filters/file/kind.h"
#include "filters/file/listing.h"
#include "filters/file/scan.h"
#include "filters/file/steps.h"

struct inside;
struct walk;
typedef void walk_step(struct walk *w, struct str have);

struct walk {
	struct listing *listing;
	walk_step *step;     /* NULL: over, or no archive */
	struct steps *steps; /* that are left, of all walks of a message */
	uint64_t at;         /* where in the file the bytes are that a step is handed */

	/* what a step says; before it all are zero */
	size_t want;   /* it needs so many bytes there, at most LIMIT_ARCHIVE_TAIL */
	size_t used;   /* or: it is through with so many, */
	uint64_t skip; /* and with so many behind them, */
	uint64_t file; /* of which so many are a file's: it is looked into; */
	bool search;   /* or: it goes on at the next "PK" */
	size_t first;  /* bytes of the next header to begin with; it stays */
	uint64_t
		left; /* what is still to come, as the walker counts; 0 at the end of a whole archive */

	/* the walkers' own */
	const struct listing_entry *known; /* zip: so far the directory has repeated the entries */
	size_t extra;                      /* zip: bytes behind a name that may have another one, */
	bool large;                        /* and the file's size */
	uint64_t size_at_end;              /* 7z: the directory's */
	bool packed;                       /* gzip, xz: all of it is one file */
	struct scan scan;                  /* of what has words in it */

	/* the rest is walk.c's and inside.c's own */
	unsigned depth;        /* it is in a file that is in a file */
	struct inside *inside; /* NULL: no file in it has come */
	char *buffer;
	size_t n, size;
};

/* Whether there may be something to be seen in this kind. */
bool walk_knows(enum kind kind);
/* Of one that is not known nothing is. */
void walk_begin(struct walk *w, enum kind kind, struct listing *listing, struct steps *steps);
void walk_feed(struct walk *w, struct str bytes);
void walk_end(struct walk *w);  /* nothing more comes */
void walk_free(struct walk *w); /* of a zeroed one too */

/* What comes may still tell something. */
static inline bool walk_goes_on(const struct walk *w)
{
	return w->step || w->packed || w->scan.language;
}

/* ---- for walkers ---- */

void walk_broken(struct walk *w); /* what comes is no header: it is over */
void walk_over(struct walk *w);
/* What costs as much as so many headers; false: over. */
bool walk_pay(struct walk *w, uint64_t steps);
/* An entry with such a name; false: over. */
bool walk_entry(struct walk *w, struct str name);

static inline uint32_t walk_u16(struct str s, size_t at)
{
	return (uint32_t)(uint8_t)s.p[at] | (uint32_t)(uint8_t)s.p[at + 1] << 8;
}

static inline uint32_t walk_u32(struct str s, size_t at)
{
	return walk_u16(s, at) | walk_u16(s, at + 2) << 16;
}

static inline uint64_t walk_u64(struct str s, size_t at)
{
	return walk_u32(s, at) | (uint64_t)walk_u32(s, at + 4) << 32;
}

walk_step walk_zip, walk_rar4, walk_rar5, walk_tar, walk_gzip, walk_cab, walk_sevenzip, walk_ole,
	walk_tnef;

#endif
