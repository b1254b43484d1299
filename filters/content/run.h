/* run.h - words with one space between them: what most of a text is, taken at once. */
#ifndef FILTERS_CONTENT_RUN_H
#define FILTERS_CONTENT_RUN_H

#include "base/sixteen.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes at which a run ends; of ASCII no more than controls, DEL and the space, which is one of them. */
typedef const bool run_stops[256];

static inline size_t run_word(struct str s, run_stops stops)
{
	size_t n = 0;

	while (n < s.n && !stops[(uint8_t)s.p[n]])
		n++;
	return n;
}

/* Those that are none of ASCII that is shown, or a space behind one. */
static inline sixteen run_breaks(const char *p)
{
	const sixteen x = sixteen_load(p), before = sixteen_load(p - 1);

	return (sixteen)(x - ' ' > '~' - ' ') | (sixteen)((x == ' ') & (before == ' '));
}

/* How many of sixteen bytes are in front of the first of those. */
static inline unsigned run_unbroken(const char *p)
{
	const sixteen breaks = run_breaks(p);

	return sixteen_any(breaks) ? sixteen_first(breaks) : 16;
}

/* How many of the bytes surely are of it, as the first one is.  What is looked at last has been so in part. */
static inline size_t run_of_ascii(struct str s)
{
	unsigned last = 16;
	size_t n = 1;

	while (n + 16 <= s.n && last == 16) {
		last = run_unbroken(s.p + n);
		n += last;
	}
	if (last == 16 && s.n > 16 && n < s.n)
		n = s.n - 16 + run_unbroken(s.p + s.n - 16);
	return n - (s.p[n - 1] == ' ');
}

/* 0: it begins with one that stops. */
static inline size_t run_length(struct str s, run_stops stops)
{
	size_t n = 0;

	if (s.n == 0 || stops[(uint8_t)s.p[0]])
		return 0;
	for (;; n++) {
		n += run_of_ascii(str_from(s, n));
		n += run_word(str_from(s, n), stops);
		if (n + 1 >= s.n || s.p[n] != ' ' || stops[(uint8_t)s.p[n + 1]])
			return n;
	}
}

#endif
