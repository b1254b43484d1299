/* run.h - words with one space between them: what most of a text is, taken at once. */
#ifndef FILTERS_CONTENT_RUN_H
#define FILTERS_CONTENT_RUN_H

#include "base/eight.h"
#include "base/lanes.h"
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

/* A byte of sixteen is none of ASCII that is shown, or a space behind one. */
static inline bool run_breaks(const char *p)
{
	const lanes x = lanes_load(p), before = lanes_load(p - 1);
	const lanes others = (lanes)(x - ' ' > '~' - ' ');

	return lanes_or(others | (lanes)((x == ' ') & (before == ' ')));
}

/* The same of eight, the high bit of each; only the first of them is sure. */
static inline uint64_t run_stops_of(const char *p)
{
	const uint64_t x = eight_load(p), spaces = eight_of(' ');
	const uint64_t doubled =
		eight_zeroes(x ^ spaces) & eight_zeroes(eight_load(p - 1) ^ spaces);

	return (x | (x + EIGHT_ONES) | (x - spaces) | doubled) & EIGHT_HIGHS;
}

/* How many of the bytes surely are of it, as the first one is. */
static inline size_t run_of_ascii(struct str s)
{
	size_t n = 1;

	while (n + sizeof(lanes) <= s.n && !run_breaks(s.p + n))
		n += sizeof(lanes);
	for (; n + 8 <= s.n; n += 8) {
		const uint64_t stops = run_stops_of(s.p + n);

		if (stops) {
			n += eight_first(stops);
			break;
		}
	}
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
