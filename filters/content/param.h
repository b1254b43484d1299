/* param.h - words and parameters of the MIME fields (RFC 2045 5.1, RFC 2231), pure.
 *
 * Lenient where readers are: whatever stands between two parameters separates them, a quoted text may lack its end,
 * a value may hold characters that RFC 2045 wants quoted. */
#ifndef FILTERS_CONTENT_PARAM_H
#define FILTERS_CONTENT_PARAM_H

#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

/* Steps over whitespace, folds and comments, and takes a word: all up to whitespace or one of ()<>@,;:\"/[]?= */
struct str param_word(struct str *rest);
/* The same for one character: true when it stands there, and is taken. */
bool param_mark(struct str *rest, char c);

/* The value of a parameter, quotes, escapes, continuations and percent signs undone, into *o as bytes; charset:
 * what RFC 2231 says of them, p == NULL: nothing.  A value in the form of RFC 2231 goes before a plain one.
 * False: there is none. */
bool param_value(struct str params, struct str name, struct out *o, struct str *charset);

#endif
