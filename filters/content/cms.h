/* cms.h - what S/MIME has signed and packed up (RFC 8551 3.5.2): the content in a SignedData (RFC 5652 5.1), as its bytes come.
 * Pure; no signature is looked at.  Of what else there is in CMS, as what is encrypted, nothing comes out. */
#ifndef FILTERS_CONTENT_CMS_H
#define FILTERS_CONTENT_CMS_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { CMS_HEADER = 6 }; /* a tag, and a length of at most four bytes */

/* A zeroed one is at its beginning. */
struct cms {
	uint8_t step; /* of the way to the content, that is due */
	uint8_t n;    /* of header */
	char header[CMS_HEADER];
	bool over;     /* nothing comes any more */
	uint32_t skip; /* bytes to step over */
	uint32_t left; /* of the piece of content at work */
};

/* Takes the head off *in; returns what of it is content, perhaps nothing. */
struct str cms_take(struct cms *c, struct str *in);

#endif
