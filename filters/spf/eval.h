/* eval.h - check_host() of RFC 7208 as a state machine: no lookups of its own, no clock, no memory but the arena's.
 *
 * spf_eval_step() goes on as far as it can.  SPF_ASK: the questions are to be answered (all of them, DNS_FAILED where
 * there is no answer), then it is called again.  SPF_OVER: the result stands.  Answers must stay until then.
 *
 * Bounded by RFC 7208 4.6.4: 10 terms that look up, 10 names of an MX or PTR, 2 lookups without an answer; so it
 * ends after at most LIMIT_FILTER_TURNS steps. */
#ifndef FILTERS_SPF_EVAL_H
#define FILTERS_SPF_EVAL_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/rr.h"
#include "filters/auth.h"
#include "filters/spf/record.h"

/* Whom to check; texts stay the caller's and must live as long. */
struct spf_identity {
	struct str domain;
	struct str sender; /* "a@example.org"; without a local part it is postmaster's */
	struct str helo;
	struct ip ip; /* not IP_NONE */
	int64_t unix_s;
};

struct spf_question {
	struct str name;
	enum rr_type type;
	bool for_record; /* other texts than SPF records do not matter */
	struct dns_answer answer;
};

/* One record at work: the domain's own, or an included one. */
struct spf_frame {
	struct str domain;
	struct spf_record record;
	struct str rest; /* terms not looked at yet */
	struct spf_term term;
	bool redirected;
};

enum spf_next { SPF_AGAIN, SPF_ASK, SPF_OVER };

struct spf_eval {
	struct spf_identity who;
	struct arena *arena;
	unsigned step, back; /* see eval.c */
	struct spf_frame frames[LIMIT_SPF_TERMS + 1];
	unsigned depth, terms, voids;
	struct str target; /* of the term at work; at last the explanation */
	struct {
		bool known;
		unsigned count;
		struct str names[LIMIT_SPF_NAMES];
		bool valid[LIMIT_SPF_NAMES];
	} client; /* by reverse DNS (RFC 7208 5.5) */
	struct spf_question questions[LIMIT_SPF_NAMES];
	unsigned question_count;
	bool forgive; /* of these questions a failure does not matter */
	struct auth_spf *result;
};

/* *result is the caller's and is filled. */
void spf_eval_begin(struct spf_eval *e, struct arena *arena, const struct spf_identity *who,
		    struct auth_spf *result);
/* SPF_ASK or SPF_OVER. */
enum spf_next spf_eval_step(struct spf_eval *e) NODISCARD;

#endif
