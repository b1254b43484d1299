/* header.h - the header section of a message (RFC 5322 2.2), field by field, pure. */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/str.h"

#include <stdbool.h>

/* Views into the message. */
struct header_field {
	struct str whole; /* name, colon, value, folded lines, final CRLF */
	struct str name;  /* without trailing space */
	struct str value; /* behind the colon, without the final CRLF; folds are still in it */
};

/* Length of the header section in the bytes so far, with the empty line that ends it; 0: not complete.
 * A message that begins with an empty line has a header of 2 bytes. */
size_t header_length(struct str message);
/* The same when the first `seen` bytes were looked at before: for a message that grows. */
size_t header_length_from(struct str message, size_t seen);

/* A CR or LF that is no part of a CRLF. */
bool header_has_bare(struct str header);

/* The next field of *rest.  A line that is none is stepped over: some reader goes on behind it, and would see a field
 * that we had not looked at.  False at the empty line, or where the bytes end: *rest stands there. */
bool header_next(struct str *rest, struct header_field *field);
/* The next one whose name begins like this, in whatever case; others are stepped over line by line, and cost less. */
bool header_next_like(struct str *rest, struct str begins, struct header_field *field);
/* There is a field of one of these names. */
bool header_has_either(struct str header, struct str name, struct str other);

#endif
