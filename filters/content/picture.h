/* picture.h - how large a picture is: the head of a GIF, PNG or JPEG as its bytes come, pure.
 * Of a JPEG, what LIMIT_PICTURE_SEGMENTS have not told is not known. */
#ifndef FILTERS_CONTENT_PICTURE_H
#define FILTERS_CONTENT_PICTURE_H

#include "base/str.h"

#include <stdint.h>

enum picture_kind { PICTURE_NONE, PICTURE_GIF, PICTURE_PNG, PICTURE_JPEG, PICTURE_KINDS };

struct picture {
	enum picture_kind kind; /* PICTURE_NONE: nothing more is to be learned */
	uint32_t width, height; /* 0: not known */

	/* its own */
	uint8_t head[24], n;
	uint16_t segments; /* of a JPEG, that have come */
	uint32_t skip;     /* bytes until what is looked for next */
};

/* By what it says to be ("image/png"); bytes that say otherwise are no picture. */
void picture_begin(struct picture *p, struct str type);
void picture_feed(struct picture *p, struct str bytes);

#endif
