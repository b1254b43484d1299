/* lane.h - the bytes that a match of an expression can begin with: of each of the first ones, a set.  Pure.
 *
 * A lane takes more texts than the expression: what stands at one place does not depend on what stands at another.  That
 * is what makes it cheap to look for (pattern/sieve.h). */
#ifndef FILTERS_PATTERN_LANE_H
#define FILTERS_PATTERN_LANE_H

#include "filters/regex/tree.h"

enum {
	LANE_DEPTH = 16,
	LANE_DENSE = 6, /* so many of them are asked of all lanes at once, */
	LANE_CLOSE = 8, /* so many where any is left, and the others of each that is left then */
};

struct lane {
	struct byte_set sets[LANE_DEPTH];
	unsigned open; /* from here on anything may stand, or nothing */
};

/* A tree, and what stands behind it. */
struct step {
	const struct tree *tree;
	unsigned least, most; /* of a repetition: these, not its own */
	struct step *next;
	bool is_known; /* the lane */
	struct lane lane;
};

/* The lane of the texts that the trees take, one behind the other: it stands in the first step. */
const struct lane *lane_of(struct step *steps);

/* The byte may stand there. */
static inline bool lane_takes(const struct lane *lane, unsigned depth, unsigned byte)
{
	return depth >= lane->open || byte_set_has(&lane->sets[depth], byte);
}

/* The text may begin with what the lane is of. */
static inline bool lane_takes_head(const struct lane *lane, struct str text)
{
	if (text.n < lane->open)
		return false;
	for (unsigned d = 0; d < lane->open; d++)
		if (!byte_set_has(&lane->sets[d], (unsigned char)text.p[d]))
			return false;
	return true;
}

/* The texts of both. */
void lane_unite(struct lane *to, const struct lane *with);

/* What share of mail sets of bytes have, in tables. */
struct lane_shares {
	float of[32][256];
	struct str usual; /* with small letters; what is there has the share that it has there */
};
void lane_shares_open(struct lane_shares *shares, struct str usual);
/* At what share of places of mail so many bytes of the lane are: a guess, as if bytes did not depend on one another. */
float lane_share(const struct lane_shares *shares, const struct lane *lane, unsigned depth);
/* That of both united, all bytes. */
float lane_share_united(const struct lane_shares *shares, const struct lane *a,
			const struct lane *b);

#endif
