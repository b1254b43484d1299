/* css.h - for style.c, sheet.c and color.c: what CSS is written with (CSS Syntax 3).  Pure. */
#ifndef FILTERS_CONTENT_CSS_H
#define FILTERS_CONTENT_CSS_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

static inline struct str css_trim(struct str s)
{
	while (s.n && (uint8_t)s.p[0] <= ' ')
		s = str_from(s, 1);
	while (s.n && (uint8_t)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* "12.5px": in thousandths, cut; 0 without a number.  *unit: what is behind it. */
uint32_t css_thousandths(struct str value, struct str *unit);
bool css_is_number(struct str value);

/* Surely nothing in it is a comment or an escape. */
bool css_is_plain(struct str s);
/* In place: a comment is a space, "\64 isplay" is "display"; an escape of what cannot be in a name is a backslash.  What is in
 * quotes or in url() stays.  Returns how many bytes are left. */
size_t css_clean(char *p, size_t n);
enum { CSS_STEP = 8 }; /* bytes that are a step of it (LIMIT_TEXT_STEPS) */

#endif
