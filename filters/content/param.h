/* param.h - words and parameters of the MIME fields (RFC 2045 5.1, RFC 2231), pure.
 *
 * Lenient where readers are: whatever stands between two parameters separates them, a quoted text or a comment may lack its
 * end, a value may hold characters that RFC 2045 wants quoted, the name of a file even spaces. */
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

/* The forms in which a value may be there, each of which some reader takes; the first of them is ours. */
enum param_form {
	PARAM_WHOLE,  /* name*= */
	PARAM_PIECES, /* name*0=, name*1= ... */
	PARAM_PLAIN,  /* name= */
	PARAM_AGAIN,  /* the last name= or name*=, where there are more */
	PARAM_FORM_COUNT
};

/* What a field says of one: views into it. */
struct param {
	struct str values[PARAM_FORM_COUNT - 1 +
			  LIMIT_MIME_PARAMETER]; /* name*=, name=, again, name*0=,
									   name*1= ...: between quotes,
									   escapes still in them */
	uint64_t there, quoted, extended;        /* bit of each */
	bool cut; /* there are more pieces than are kept, or some that cannot be counted */
};

struct params {
	struct param of[PARAM_COUNT];
};

/* Reads those of `wanted`, a bit each, in one pass.  Zeroed before the first field; of another one what is there already
 * is there again. */
void params_read(struct params *all, struct str field, unsigned wanted);
bool params_has(const struct params *all, enum param_id id);
/* The value, quotes, escapes, continuations and percent signs undone, into *o as bytes; charset: what RFC 2231 says of
 * them, p == NULL: nothing.  False: there is none. */
bool params_value(const struct params *all, enum param_id id, struct out *o, struct str *charset);
/* The same in one form.  Pieces need not be all there: those that are, are joined. */
bool params_form(const struct params *all, enum param_id id, enum param_form form, struct out *o,
		 struct str *charset);

#endif
