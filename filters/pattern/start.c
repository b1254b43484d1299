#define _GNU_SOURCE /* memrchr */
#include "filters/pattern/start.h"

#include "filters/pattern/sight.h"

enum { LOOK = 512 }; /* bytes in which a line end is looked for */

static enum tree_place of_choice(const struct tree *t)
{
	enum tree_place all = start_of(t);

	for (t = t->next; t; t = t->next) {
		const enum tree_place own = start_of(t);

		if (own == all)
			continue;
		/* The beginning of the text is one of a line. */
		if ((own == PLACE_LINE && all == PLACE_TEXT) ||
		    (own == PLACE_TEXT && all == PLACE_LINE))
			all = PLACE_LINE;
		else
			return PLACE_ANYWHERE;
	}
	return all;
}

/* The first place of which something is known, when nothing but places is before it. */
static enum tree_place of_sequence(const struct tree *t)
{
	for (; t; t = t->next) {
		const enum tree_place own = start_of(t);

		if (own != PLACE_ANYWHERE || t->kind != TREE_PLACE)
			return own;
	}
	return PLACE_ANYWHERE;
}

enum tree_place start_of(const struct tree *t)
{
	switch (t->kind) {
	case TREE_PLACE:
		return t->place == PLACE_END ? PLACE_ANYWHERE : t->place;
	case TREE_SEQUENCE:
		return of_sequence(t->first);
	case TREE_CHOICE:
		return of_choice(t->first);
	case TREE_REPEAT:
		return t->least ? start_of(t->first) : PLACE_ANYWHERE;
	case TREE_CLASS:
	case TREE_ANYTHING:
		break;
	}
	return PLACE_ANYWHERE;
}

/* ---- a text ---- */

static bool is_word(struct str text, size_t at)
{
	return at < text.n && (ascii_alnum(text.p[at]) || text.p[at] == '_');
}

/* PCRE2 knows letters of ASCII only, too, where bytes are matched. */
static bool is_edge(struct str text, size_t at)
{
	return is_word(text, at) != (at > 0 && is_word(text, at - 1));
}

bool start_narrow(enum tree_place start, struct str text, struct regex_range *range)
{
	switch (start) {
	case PLACE_ANYWHERE:
	case PLACE_LINE:
	case PLACE_END:
		break;
	case PLACE_TEXT:
		range->to = 1;
		return range->from == 0;
	case PLACE_EDGE:
		return range->to - range->from > 1 || is_edge(text, range->from);
	}
	return true;
}

size_t start_of_line(struct str text, size_t place, unsigned lines, unsigned reach)
{
	const size_t most = place > LOOK ? place - LOOK : 0;
	size_t first = 0;

	for (unsigned n = 0; n <= lines; n++) {
		const char *end = place > most ? memrchr(text.p + most, '\n', place - most) : NULL;

		if (!end)
			return first;
		place = (size_t)(end - text.p);
		if (n == 0 && reach < SIGHT_REACH && place + 1 > reach)
			first = place + 1 - reach;
	}
	return place + 1 > first ? place + 1 : first;
}

size_t start_of_next_line(struct str text, size_t from, size_t to)
{
	const char *end;

	if (from == 0 || from >= to)
		return from;
	end = memchr(text.p + from - 1, '\n', to - from);
	return end ? (size_t)(end + 1 - text.p) : to;
}

/* Before the last line end of so many bytes there is none: most bytes are not looked at. */
bool has_long_line(struct str text, size_t least)
{
	while (text.n >= least) {
		const char *end = memrchr(text.p, '\n', least);

		if (!end)
			return true;
		text = str_from(text, (size_t)(end + 1 - text.p));
	}
	return false;
}
