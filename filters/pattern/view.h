/* view.h - the texts that rules look at, made of a header section; pure but for charsets.
 *
 * The names that rules ask for are known beforehand.  A message's fields are indexed by them in one pass, and a text is
 * made when it is asked for, in a buffer that the next one takes over. */
#ifndef FILTERS_PATTERN_VIEW_H
#define FILTERS_PATTERN_VIEW_H

#include "base/limits.h"
#include "base/out.h"
#include "conf/pattern.h"
#include "filters/content/charset.h"
#include "filters/pattern/source.h"
#include "mail/header.h"

#include <stdint.h>

struct view_names; /* lives in an arena */

/* A view that is asked for: its names as numbers, in the order in which their fields come. */
struct view {
	struct pattern_view pattern;
	uint16_t names[SOURCE_NAMES];
	uint8_t name_count;
};

struct view_entry {
	struct header_field field;
	uint16_t next; /* with this name; 0: none, else an index + 1 */
};

/* One message's, in memory that the next one's is in too. */
struct view_index {
	struct str header;
	bool whole; /* with the fields that rules do not see */
	struct view_entry *entries;
	unsigned count;
	uint16_t *first, *last; /* by name */
	struct charsets *charsets;
	char *spare; /* a field while it is decoded */
};

struct view_names *view_names_new(struct arena *arena); /* NULL over the ceiling */
/* Fills in the names of v->pattern.  False: over the ceiling. */
bool view_prepare(struct view_names *names, struct arena *arena, struct view *v) NODISCARD;

/* For the names there are. */
void view_index_open(struct view_index *index, const struct view_names *names);
void view_index_close(struct view_index *index);
/* The message's own header section, or that of a part of it. */
void view_index_fill(struct view_index *index, const struct view_names *names, struct str header);
void view_index_fill_part(struct view_index *index, const struct view_names *names,
			  struct str header);

/* Rules see this field of a message: not what a filter before this one says of it, or a sender in such a one's name. */
static inline bool view_shows(struct str name)
{
	return !str_istarts(name, STR("X-Spam-"));
}

/* Appends the text to `o`, as much as fits.  False: there is no such field, or nothing of the kind in it, or the source
 * is none that is in a header section. */
bool view_put(const struct view *v, const struct view_index *index, struct out *o);

#endif
