/* words.h - a header field's text as its reader sees it (RFC 2047), pure but for charsets.
 *
 * As programs that show mail have it: encoded words count within quotes and without space around them; the text of one
 * may have spaces in it; a character may be cut between two of one charset.  What is no encoded word stays as it is,
 * bytes over 127 as UTF-8, or else as Windows-1252. */
#ifndef FILTERS_CONTENT_WORDS_H
#define FILTERS_CONTENT_WORDS_H

#include "base/out.h"
#include "filters/content/charset.h"

/* Appends the value on one line, in UTF-8, as much of it as fits in whole characters. */
void words_put(struct str value, struct charsets *charsets, struct out *o);

/* A field's value without the spaces around it; a fold and the white space behind it is one space. */
void words_unfold(struct str value, struct out *o);

#endif
