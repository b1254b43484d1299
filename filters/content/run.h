/* run.h - words with one space between them: what most of a text is, taken at once. */
#ifndef FILTERS_CONTENT_RUN_H
#define FILTERS_CONTENT_RUN_H

#include "base/eight.h"
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

/* How many of the bytes surely are of it, of which the first is no space: eight and eight that are ASCII. */
static inline size_t run_of_eights(struct str s)
{
	bool space = false;
	size_t n = 0;

	for (; n + 8 <= s.n; n += 8) {
		const uint64_t x = eight_load(s.p + n);
		const uint64_t spaces = eight_all_zeroes(x ^ eight_of(' '));

		if (eight_above(x, ' ' - 1) != EIGHT_HIGHS || eight_above(x, '~') ||
		    (spaces & (spaces << 8 | (space ? 0x80 : 0))))
			break;
		space = spaces >> 63;
	}
	return n - space;
}

/* 0: it begins with one that stops. */
static inline size_t run_length(struct str s, run_stops stops)
{
	size_t n = run_word(s, stops);

	while (n && n + 1 < s.n && s.p[n] == ' ' && !stops[(uint8_t)s.p[n + 1]]) {
		n++;
		n += run_of_eights(str_from(s, n));
		n += run_word(str_from(s, n), stops);
	}
	return n;
}

#endif
