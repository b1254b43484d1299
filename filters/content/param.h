/* param.h - words and parameters of the MIME fields (RFC 2045 5.1, RFC 2231), pure.
 *
 * Lenient where readers are: whatever stands between two parameters separates them, a quoted text may lack its end,
 * a value may hold characters that RFC 2045 wants quoted. */
#ifndef FILTERS_CONTENT_PARAM_H
#define FILTERS_CONTENT_PARAM_H

#include "base/limits.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Steps over whitespace, folds and comments, and takes a word: all up to whitespace or one of ()<>@,;:\"/[]?= */
struct str param_word(struct str *rest);
/* The same for one character: true when it stands there, and is taken. */
bool param_mark(struct str *rest, char c);

/* Those that anybody asks for: X(ID, name). */
#define PARAMS(X)                                                                                  \
	X(BOUNDARY, "boundary")                                                                    \
	X(CHARSET, "charset")                                                                      \
	X(NAME, "name")                                                                            \
	X(FILENAME, "filename")

enum param_id {
#define X(ID, NAME) PARAM_##ID,
	PARAMS(X)
#undef X
		PARAM_COUNT
};

/* What a field says of one: views into it. */
struct param {
	struct str values[2 + LIMIT_MIME_PARAMETER]; /* name=, name*=, name*0=, name*1= ...: between
							 quotes, escapes still in them */
	uint32_t there, quoted, extended;            /* bit of each */
};

struct params {
	struct param of[PARAM_COUNT];
};

/* Reads those of `wanted`, a bit each, in one pass; of what is there twice the first one counts.  Zeroed before. */
void params_read(struct params *all, struct str field, unsigned wanted);
bool params_has(const struct params *all, enum param_id id);
/* The value, quotes, escapes, continuations and percent signs undone, into *o as bytes; charset: what RFC 2231 says of
 * them, p == NULL: nothing.  A value in the form of RFC 2231 goes before a plain one.  False: there is none. */
bool params_value(const struct params *all, enum param_id id, struct out *o, struct str *charset);

#endif
