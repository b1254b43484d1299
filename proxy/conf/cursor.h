/* cursor.h - a position in config text that knows its line and column.
 *
 * Only what every part of the grammar needs: the next byte, space and comments, names, and how to
 * get past something that could not be read. */
#ifndef CONF_CURSOR_H
#define CONF_CURSOR_H

#include "base/str.h"
#include "conf/conf.h"

enum { CURSOR_END = -1 };

struct cursor {
	struct str rest;
	struct conf_place at; /* line 0 (the text of a default) stays 0 */
};

/* The byte `ahead` of the cursor, or CURSOR_END. */
static inline int cursor_peek_at(const struct cursor *c, size_t ahead)
{
	return ahead < c->rest.n ? (unsigned char)c->rest.p[ahead] : CURSOR_END;
}

static inline int cursor_peek(const struct cursor *c)
{
	return cursor_peek_at(c, 0);
}

void cursor_next(struct cursor *c);
void cursor_skip(struct cursor *c, size_t n);

void cursor_blanks(struct cursor *c); /* within the line */
void cursor_space(struct cursor *c);  /* also newlines and comments */
void cursor_string(struct cursor *c); /* a quoted string; it ends on its line, closed or not */

/* The name that begins here, not consumed; empty when none does. */
struct str cursor_name(const struct cursor *c);
bool cursor_is_name_byte(int byte);

/* Behind the next thing a reader may trust after an error: past the end of the line, or in front of
 * a `}`.  Blocks opened on the way are skipped whole. */
void cursor_resync(struct cursor *c);
/* Past the `}` of a block whose `{` was consumed; false when there is none. */
bool cursor_skip_block(struct cursor *c);

#endif
