/* judge.h - what a cluster of mails is, by what was counted of it; pure. */
#ifndef FILTERS_BULK_JUDGE_H
#define FILTERS_BULK_JUDGE_H

#include "base/bulk.h"

/* Of the sizes only the largest is found. */
#define BULK_FINDINGS(X)                                                                           \
	X(FEW, "the same mail has come a few times")                                               \
	X(SOME, "the same mail has come many times")                                               \
	X(MANY, "the same mail has come hundreds of times")                                        \
	X(MASS, "the same mail has come thousands of times")                                       \
	X(SPREAD, "the same mail comes from many networks, or in the name of many domains")        \
	X(SINGLE_SENDER, "all mail like this is of one domain")                                    \
	X(KNOWN_LIST, "a mailing of one domain that stands behind it, with list headers")          \
	X(WAVE, "the same mail began to come a moment ago, quickly, and nobody stands behind it")  \
	X(SPAM, "mail like this was rejected or reported")                                         \
	X(ALLOWED, "the operator lets mail like this, or of this domain, in")                      \
	X(BLOCKED, "the operator wants no mail like this, or of this domain")

enum bulk_finding {
#define X(ID, ABOUT) BULK_IS_##ID,
	BULK_FINDINGS(X)
#undef X
		BULK_FINDING_COUNT
};
enum { BULK_SIZES = BULK_IS_MASS + 1 };

struct bulk_rules {
	int64_t sizes[BULK_SIZES]; /* mails from which on a cluster is that large */
	int64_t spread;            /* networks, or domains */
	int64_t wave, hold_ms;     /* so many mails in the window, and for how long */
};

/* Of the mail itself. */
struct bulk_mail {
	int64_t now_ms;
	bool by_text;    /* what it has in common with the others is enough text */
	bool is_list;    /* it has list headers */
	bool is_aligned; /* a domain that is authenticated stands behind the author */
};

/* Bits, 1 << enum bulk_finding. */
unsigned bulk_judge(const struct bulk_rules *rules, const struct bulk_seen *seen,
		    const struct bulk_mail *mail);

#endif
