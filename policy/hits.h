/* hits.h - what verdicts did and how often symbols were found: which counters a policy has.
 *
 * They lie in a row, in memory of whoever counts: one for where no verdict was true, one for each verdict that decided,
 * one for each that would have (shadow, or canary), one for each symbol.  A verdict counts each recipient it decided
 * about, a symbol each transaction. */
#ifndef POLICY_HITS_H
#define POLICY_HITS_H

#include "policy/policy.h"

enum hit_kind { HIT_VERDICT, HIT_WOULD, HIT_SYMBOL };

/* What a counter is of. */
struct hit {
	enum hit_kind kind;
	struct str name;    /* empty: no verdict was true */
	enum action action; /* of a verdict */
	bool hidden; /* nobody asks: a sub-rule (__NAME), what cannot be of a verdict with its mode */
};

/* After policy_compile(). */
size_t hits_count(const struct policy *p);
struct hit hits_of(const struct policy *p, size_t i);
/* The counter of the same thing; hits_count(): there is none. */
size_t hits_find(const struct policy *p, const struct hit *hit);

void hits_add_decided(const struct policy *p, uint64_t *row, const struct judgement *j);
/* seen: as judging has left it there (struct evidence). */
void hits_add_seen(const struct policy *p, uint64_t *row, const uint64_t *seen);

#endif
