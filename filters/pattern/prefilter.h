/* prefilter.h - which of many expressions may match in a text, and where, found in one pass over it.
 *
 * Of each expression the texts are known of which one must be there (pattern/literal.h); those of all of them are looked
 * for at once: many where the CPU can (pattern/heads.h), others by Vectorscan.  Where that is not installed there is no
 * prefilter. */
#ifndef FILTERS_PATTERN_PREFILTER_H
#define FILTERS_PATTERN_PREFILTER_H

#include "base/str.h"
#include "filters/pattern/literal.h"
#include "filters/pattern/sight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who looks, and its version, as it is loaded; "": nobody. */
const char *prefilter_engine(void);

/* What looking needs, for one text at a time: a worker has one for all of its prefilters. */
struct prefilter_scratch;
struct prefilter_scratch *prefilter_scratch_new(void);
void prefilter_scratch_free(struct prefilter_scratch *scratch);

/* NULL: there are none. */
struct prefilter;
struct prefilter *prefilter_new(void);
void prefilter_free(void *prefilter);

/* Literals of an expression, of which there is one. */
void prefilter_add(struct prefilter *f, const struct literals *literals, uint32_t item);
/* All are added; from now on it is only read.  False: it cannot be used on this machine. */
bool prefilter_close(struct prefilter *f, struct prefilter_scratch *scratch) NODISCARD;

/* Tells of each of the literals that lie in the window, and in one of two windows of what lies across their border. */
void prefilter_look(const struct prefilter *f, struct prefilter_scratch *scratch, struct str text,
		    struct sight_window window, sight_seen *seen, void *ctx);

#endif
