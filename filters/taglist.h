/* taglist.h - "k=v; k=v", the language of signatures, keys and policies (RFC 6376 3.2), pure.
 *
 * A list that is wrong anywhere, or has a tag twice, is no list at all. */
#ifndef FILTERS_TAGLIST_H
#define FILTERS_TAGLIST_H

#include "base/limits.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

/* Views into the text.  Names compare with case; a value has no white space around it, perhaps in it (folds too). */
struct tag {
	struct str name, value;
};

struct taglist {
	struct tag tags[LIMIT_TAGS];
	unsigned count;
	struct str wrong; /* what is wrong with it, static; empty: nothing */
};

/* False: it is malformed, and wrong says how; tags before the fault are there. */
bool taglist_parse(struct str text, struct taglist *list) NODISCARD;

/* The value; p == NULL: there is no such tag. */
struct str taglist_get(const struct taglist *list, struct str name);

/* The next item of a value that is a list with colons between; trimmed, it may be empty.  rest->p == NULL: it was the
 * last. */
struct str taglist_item(struct str *rest);

/* Without any white space, folds included: base64, lists of names. */
void taglist_squeeze(struct out *o, struct str value);

#endif
