/* heads.h - many literals, looked for in a text by the bytes that they begin with.
 *
 * What begins alike is put into sets, which are looked for at 64 places at once (pattern/planes.h).  At the places at which one
 * may be, the literals are found by a hash of their first bytes. */
#ifndef FILTERS_PATTERN_HEADS_H
#define FILTERS_PATTERN_HEADS_H

#include "base/str.h"
#include "filters/pattern/literal.h"
#include "filters/pattern/sight.h"

#include <stdint.h>

struct heads;

/* The literals, by their numbers: each once, none empty, in the order of their bytes.  NULL: this machine has no such CPU. */
struct heads *heads_new(const struct literal *const *literals, uint32_t count);
void heads_free(struct heads *h); /* of NULL too */

/* A literal, seen; `end`: behind it. */
typedef void heads_seen(void *ctx, uint32_t literal, size_t end);

/* Tells of each literal that begins in the window, whatever the case of its letters. */
void heads_look(const struct heads *h, struct str text, struct sight_window window,
		heads_seen *seen, void *ctx);

#endif
