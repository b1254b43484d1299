/* directory.h - the directory of a 7z archive (7zFormat.txt), pure. */
#ifndef FILTERS_FILE_DIRECTORY_H
#define FILTERS_FILE_DIRECTORY_H

#include "filters/file/listing.h"

/* A directory that is packed itself. */
struct directory_packed {
	bool is, encrypted;
	uint64_t at, size; /* where it is, behind the archive's first header */
	uint64_t unpacked;
	struct str method, properties; /* views */
};

/* What it lists, into the listing.  packed: what it says instead; NULL: it must not be packed once more. */
void directory_read(struct str bytes, struct listing *listing, struct directory_packed *packed);

#endif
