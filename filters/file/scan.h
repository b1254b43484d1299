/* scan.h - for walk.c: what a document or a page is made to do, by words in it that are written nowhere else: of PDF names, of RTF
 * control words, of HTML and SVG what scripts are written with.  So are the object streams of a PDF (ISO 32000-2 7.5.7), unpacked.
 * Pure; time is linear in the bytes, of which as many are looked at as there are steps for (LISTING_UNSEEN: not all of them). */
#ifndef FILTERS_FILE_SCAN_H
#define FILTERS_FILE_SCAN_H

#include "filters/file/kind.h"
#include "filters/file/steps.h"

enum { SCAN_WORD = 31 };

struct objects;
struct scan_language;

struct scan {
	const struct scan_language *language; /* NULL: it is over, or of no kind that is scanned */
	char word[SCAN_WORD];
	uint8_t n;     /* of it; SCAN_WORD: it is longer than any */
	char before;   /* what stands before it */
	unsigned seen; /* bits of what has been met, of the language */
	unsigned last; /* the one that was met last, with no word since */
	uint32_t first[SCAN_WORD +
		       1];       /* bits of what the language's words of such a length begin with */
	unsigned effort;         /* that is not paid for yet */
	bool nested;             /* it is what objects are in */
	struct objects *objects; /* NULL: none has come */
};

bool scan_knows(enum kind kind);
void scan_begin(struct scan *s, enum kind kind);
/* Returns bits of enum listing_flag. */
unsigned scan_feed(struct scan *s, struct str bytes, struct steps *left);
void scan_free(struct scan *s); /* of a zeroed one too */

#endif
