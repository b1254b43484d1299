/* eval.h - DMARC of a message (RFC 9989 5.3) as a state machine: no lookups of its own, no memory but the arena's.
 *
 * First the policy is found, which needs the author's domain only; then the domains that were authenticated are
 * compared with it.  Each of dmarc_eval_policy() and dmarc_eval_align() goes on as far as it can; DMARC_ASK: the tree's
 * open questions are to be answered (DNS_FAILED where there is no answer), then it is called again.
 *
 * Bounded: two rounds of questions each, LIMIT_DMARC_NAMES names and one question more. */
#ifndef FILTERS_DMARC_EVAL_H
#define FILTERS_DMARC_EVAL_H

#include "filters/auth.h"
#include "filters/dmarc/walk.h"

#include "base/limits.h"

enum dmarc_next { DMARC_ASK, DMARC_OVER };

/* A domain that SPF or DKIM has passed, or might have: with DNS at hand. */
struct dmarc_identifier {
	struct str domain;
	bool dkim;
	bool doubtful;
};

struct dmarc_outcome {
	enum auth_result result; /* none pass fail temperror */
	enum auth_policy
		policy; /* with temperror: as far as it is known, the strictest it may be */
	bool test;
	struct str published;                 /* whose record it is; empty: none */
	struct str organization;              /* the author's; empty: not known, or not needed */
	struct str dkim_aligned, spf_aligned; /* the domain; empty: none is */
	const char *reason;                   /* of none and temperror; else NULL */
};

struct dmarc_eval {
	struct dmarc_tree *tree; /* several authors of a message share it */
	struct dmarc_method methods[2];
	unsigned method_count;
	struct str author;
	bool asked_existence;
	struct dmarc_question existence; /* does the author's domain exist? */
	struct dmarc_identifier identifiers[LIMIT_DMARC_IDENTIFIERS];
	unsigned identifier_count;
};

/* author: by domain_ascii().  psl NULL: by the walk alone; else `walk` says whether by both. */
void dmarc_eval_begin(struct dmarc_eval *e, struct dmarc_tree *tree, struct str author,
		      const struct suffixes *psl, bool walk);
enum dmarc_next dmarc_eval_policy(struct dmarc_eval *e) NODISCARD;
/* The policy is found.  Over LIMIT_DMARC_IDENTIFIERS they are left out. */
void dmarc_eval_add(struct dmarc_eval *e, struct dmarc_identifier identifier);
enum dmarc_next dmarc_eval_align(struct dmarc_eval *e) NODISCARD;
/* By methods[method], when all is answered. */
struct dmarc_outcome dmarc_eval_outcome(struct dmarc_eval *e, unsigned method);

#endif
