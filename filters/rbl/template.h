/* template.h - a name that is asked, with tags in it which a message fills in: "_DKIMDOMAIN_.zone.example"; pure. */
#ifndef FILTERS_RBL_TEMPLATE_H
#define FILTERS_RBL_TEMPLATE_H

#include "base/arena.h"
#include "filters/uribl/names.h"

enum template_fact {
#define TAG(NAME, PHASE, ABOUT) FACT_##NAME,
#include "filters/rbl/tags.def"
#undef TAG
};

enum { TEMPLATE_TAGS = 4, TEMPLATE_PIECES = 16, TEMPLATE_VALUES = 9 };

struct template_tag {
	enum template_fact fact;
	struct str argument; /* FACT_HEADER: of which field */
};

struct template_piece {
	struct str text;
	int tag; /* its index; -1: the text itself */
};

/* Views into what was read. */
struct name_template {
	struct str zone; /* behind the last tag; empty: whose zone it is, the message says */
	struct template_piece pieces[TEMPLATE_PIECES];
	unsigned piece_count;
	struct template_tag tags[TEMPLATE_TAGS]; /* no two are the same */
	unsigned tag_count;
};

/* False: *wrong is the tag that is not known, or all of the text when there is too much in it. */
bool template_read(struct str text, struct name_template *t, struct str *wrong) NODISCARD;

/* What a tag stands for in a message. */
struct template_values {
	struct str items[TEMPLATE_VALUES];
	unsigned count;
	bool cut; /* there were more */
};

/* Adds the names that come of all values of all tags (by tag), as A-labels in lower case, no name twice; what is no name
 * of two labels or more is left out, and so is what is over TEMPLATE_VALUES in all.  Scratch memory is the arena's. */
void template_put(const struct name_template *t, const struct template_values *values,
		  struct arena *arena, struct names *names);

#endif
