/* listing.h - what is in an archive, as far as it says so itself: nothing is unpacked to know it. */
#ifndef FILTERS_FILE_LISTING_H
#define FILTERS_FILE_LISTING_H

#include "base/arena.h"
#include "filters/file/kind.h"

#include <stdbool.h>
#include <stdint.h>

#define LISTING_FLAGS(X)                                                                           \
	X(LIMIT, "there is more in it than is looked at")                                          \
	X(BROKEN, "it cannot be read to its end")                                                  \
	X(ENCRYPTED, "a password is needed to see a file in it")                                   \
	X(NAMES_ENCRYPTED, "a password is needed to see what is in it")                            \
	X(MACROS, "a document with macros")                                                        \
	X(PROGRAM, "a document that installs programs, or a file in it begins as one")             \
	X(EMBEDDED, "a document with another file in it")                                          \
	X(ACTS, "a document that runs or fetches something when it is opened")                     \
	X(LINKS, "a PDF with links")                                                               \
	X(LOCKED, "a PDF that is encrypted, which need not ask for a password")                    \
	X(BUILDS, "a page with a script that makes a file")                                        \
	X(UNPACKS, "a page with a script that unpacks what is shown or run")                       \
	X(ASKS, "a page with a field for a password")                                              \
	X(SCRIPT, "a page or a picture with a script")                                             \
	X(UNSEEN, "it is not looked into to its end")

enum listing_flag {
#define X(ID, ABOUT) LISTING_##ID##_BIT,
	LISTING_FLAGS(X)
#undef X
#define X(ID, ABOUT) LISTING_##ID = 1 << LISTING_##ID##_BIT,
		LISTING_FLAGS(X)
#undef X
};

struct listing_entry {
	struct listing_entry *next;
	struct str name; /* bytes as they are there; never empty */
};

struct listing {
	struct listing *inside; /* of a file in it, and then of others; NULL: none */
	enum kind kind;
	struct arena *arena; /* where the entries are */
	struct listing_entry *first, *last;
	unsigned count;
	unsigned flags;    /* enum listing_flag */
	uint64_t unpacked; /* what the files in it say of their sizes */
};

/* A file in it says that it has so many bytes. */
static inline void listing_unpacks(struct listing *l, uint64_t bytes)
{
	l->unpacked += bytes < UINT64_MAX - l->unpacked ? bytes : UINT64_MAX - l->unpacked;
}

/* False: there are too many, no more are taken. */
bool listing_add(struct listing *l, struct str name);

#endif
