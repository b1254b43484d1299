/* signs.h - what is odd in the structure of a message, and told to functions of rules alone; as SpamAssassin has it, pure. */
#ifndef FILTERS_CONTENT_SIGNS_H
#define FILTERS_CONTENT_SIGNS_H

#include "base/str.h"

#include <stdbool.h>

enum mime_sign {
	MIME_SIGN_EPILOGUE = 1,  /* more than dots behind the last boundary of a multipart */
	MIME_SIGN_NO_FIELDS = 2, /* a part that does not begin with a header field */
	MIME_SIGN_NO_SEPARATOR =
		4, /* a part whose header section does not end with an empty line */
};

/* A name and a colon; spaces: some may stand between them. */
bool signs_is_field(struct str line, bool spaces);
/* Of a line in a part's header section, the empty one that ends it too. */
unsigned signs_of_header_line(struct str line, bool first);
/* Of bytes behind the last boundary. */
unsigned signs_of_epilogue(struct str bytes);

#endif
