/* select.h - which fields of a header section signatures can be about: of each name in an h=, the last ones (RFC 6376
 * 5.4.2), as often as the name is there.  So libopendkim, whose work is fields times names, sees only these. */
#ifndef FILTERS_DKIM_SELECT_H
#define FILTERS_DKIM_SELECT_H

#include "base/arena.h"
#include "filters/dkim/signature.h"

struct dkim_wanted;

struct dkim_select {
	struct dkim_wanted *table;
	size_t size; /* a power of two, more than twice the names */
};

/* Room for so many names.  False: no memory. */
bool dkim_select_new(struct dkim_select *s, struct arena *arena, size_t names) NODISCARD;
void dkim_select_names(struct dkim_select *s, const struct dkim_signature *signature);
/* First for each field of the header section, in order ... */
void dkim_select_count(struct dkim_select *s, struct str name);
/* ... then again for each: is it one of them? */
bool dkim_select_take(struct dkim_select *s, struct str name);

#endif
