/* code.h - what an expression is compiled to.  Part of regex.c and engine.c. */
#ifndef FILTERS_REGEX_CODE_H
#define FILTERS_REGEX_CODE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>

struct regex {
	pcre2_code *code;
	bool looks_ahead; /* what stands behind a match may decide on it */
};

#endif
