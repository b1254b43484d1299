/* detail.h - what a `uri_detail` rule wants of an address in the message, a condition each argument: "text =~ /re/i". */
#ifndef FILTERS_EVALS_DETAIL_H
#define FILTERS_EVALS_DETAIL_H

#include "filters/filter.h"
#include "filters/regex/regex.h"

/* X(ID, key): of these one value must match, or one must not. */
#define DETAILS(X)                                                                                 \
	X(RAW, "raw")         /* as it is written */                                               \
	X(TYPE, "type")       /* the element it is in: "a", "img", ...; "parsed": text */          \
	X(DOMAIN, "domain")   /* the registered domain that it leads to */                         \
	X(HOST, "host")       /* the host */                                                       \
	X(TEXT, "text")       /* what the link shows */                                            \
	X(CLEANED, "cleaned") /* as it is written, and all forms of it */

/* In the order in which they are looked at: what costs least first. */
enum detail_key {
#define X(ID, KEY) DETAIL_##ID,
	DETAILS(X)
#undef X
		DETAIL_COUNT
};

struct detail {
	enum detail_key key;
	bool differs; /* "!~" */
	struct regex *regex;
};

/* False: it is no condition, and *error says why where it is the expression. */
bool detail_read(struct filter_setup *s, struct str text, struct detail *detail,
		 struct regex_error *error);

#endif
