/* regex.h - Perl's regular expressions on bytes, each match with an end (PCRE2).
 *
 * An expression is compiled once and then only read.  Matching needs an engine, which is at one match at a time: a
 * worker has one.  Steps, depth and memory of a match are bounded by the limits table, and how far behind its beginning it
 * sees.  A place that takes more steps is given up, and the next one tried, until the expression has toiled too much in the
 * text, by steps or by bytes that it goes over at each place.  The CPU time of all of them is bounded by whoever lets the engine run. */
#ifndef FILTERS_REGEX_REGEX_H
#define FILTERS_REGEX_REGEX_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct regex;
struct regex_engine;

struct regex_error {
	size_t at;     /* in the expression */
	bool too_long; /* and nothing else is wrong with it */
	char text[160];
};

/* "/re/flags", its parts.  False: it is no such text. */
bool regex_cut(struct str text, struct str *expression, struct str *flags);

/* flags: the letters behind it.  NULL: *error says why. */
struct regex *regex_compile(struct str expression, struct str flags,
			    struct regex_error *error) NODISCARD;
/* It will be asked for matches soon: NULL is allowed. */
void regex_fetch(const struct regex *regex);
void regex_free(void *regex); /* a struct regex, as filter_setup_own() wants it; NULL is allowed */

struct regex_engine *regex_engine_new(void);
void regex_engine_free(struct regex_engine *engine);

/* Matches may take so much CPU time of this thread from now on; without it, any. */
void regex_engine_allow(struct regex_engine *engine, int64_t ns);
/* What is left of that; not more than 0: nothing. */
int64_t regex_engine_left(const struct regex_engine *engine);
/* It was, when a match was looked for: until more is allowed none is found. */
bool regex_engine_is_over(const struct regex_engine *engine);
/* Asked before work that takes so long, in thirds of a nanosecond: as long as it takes to step over a byte.  False:
 * there is no time for it. */
bool regex_engine_has_time(struct regex_engine *engine, size_t work);

/* How often it matches, one match behind the other, at most `most`; or it came to a limit and found none elsewhere,
 * or its time is up. */
enum { REGEX_GAVE_UP = -1, REGEX_NO_TIME = -2 };
int regex_count(struct regex_engine *engine, const struct regex *regex, struct str text,
		unsigned most);

/* How long an expression takes at a place. */
enum regex_pace {
	REGEX_UNKNOWN,
	REGEX_QUICK,
	REGEX_SLOW, /* much of the text is gone over */
};

/* What it took in vain in a text, where it takes more steps than others or is slow: {0}, or of a text before, which counts for
 * nothing. */
struct regex_toil {
	uint32_t text;
	uint32_t steps, ns; /* of CPU time */
	bool over;          /* it was too much: nothing else is found out */
	enum regex_pace pace;
	int64_t looked; /* at a clock, last */
	int64_t cpu;    /* the CPU's clock then; 0: it was not asked */
	size_t work;    /* asked for since then, */
	uint32_t tried; /* and places that it was tried at */
};
/* The engine goes on to another text. */
void regex_engine_turn(struct regex_engine *engine);

/* The same for matches that begin at `from` or behind it, before `to`: behind them, `from` is where the next may begin.
 * toil: NULL: that of the call alone. */
struct regex_range {
	size_t from, to;
};
int regex_count_in(struct regex_engine *engine, const struct regex *regex, struct str text,
		   struct regex_range *range, unsigned most, struct regex_toil *toil);

/* What its first group takes, in the text.  False: it does not match, or has none, or came to a limit. */
bool regex_first_group(struct regex_engine *engine, const struct regex *regex, struct str text,
		       struct str *group);

#endif
