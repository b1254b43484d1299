/* objects.h - for scan.c: the object stream of a PDF that is at work: found behind its dictionary, unpacked and scanned. */
#ifndef FILTERS_FILE_OBJECTS_H
#define FILTERS_FILE_OBJECTS_H

#include "filters/file/scan.h"

/* Such a dictionary is at work: its stream comes.  What was at work before is over. */
void objects_begin(struct scan *s);
/* The bytes behind that; returns bits of enum listing_flag. */
unsigned objects_feed(struct scan *s, struct str bytes, struct steps *left);
void objects_free(struct scan *s);

#endif
