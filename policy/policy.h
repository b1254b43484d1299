/* policy.h - symbols, scores, meta rules and the ordered list of verdicts.
 *
 * A struct policy is built once per generation (symbols from filters, scores and metas from rule
 * files, verdicts from the config), compiled, and then immutable.  Judging is a pure function of
 * the evidence.
 *
 * Three values.  While a source (a filter in a phase) is outstanding, its symbols are unknown, and
 * so may be what depends on them; numbers are intervals [low, high].  A list of verdicts decides at
 * a stage when the first verdict that is not false is true, or when every way the unknown can fall
 * leads to the same action and reply.  Deciding early never differs from deciding at the end. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/attr.h"
#include "base/ip.h"
#include "base/out.h"
#include "conf/blocks.h"
#include "conf/conf.h"
#include "conf/pattern.h"
#include "policy/finding.h"
#include "policy/texts.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* name, reply code; 0: the client hears nothing of it, the mail goes on */
#define ACTIONS(X)                                                                                 \
	X(ACCEPT, "accept", 0)                                                                     \
	X(TAG, "tag", 0)                                                                           \
	X(GREYLIST, "greylist", 451)                                                               \
	X(DEFER, "defer", 451)                                                                     \
	X(REJECT, "reject", 550)

enum action {
#define X(ID, TEXT, CODE) ACTION_##ID,
	ACTIONS(X)
#undef X
		ACTION_COUNT
};
const char *action_name(enum action action);
unsigned action_code(enum action action);

/* Where verdicts are spoken.  Everything a source of the connection, the greeting or MAIL can say
 * is known at RCPT; the rest at the end of the message. */
enum stage { STAGE_RCPT, STAGE_END, STAGE_COUNT };
const char *stage_name(enum stage stage);

extern const struct conf_block block_verdict, block_recipients;

struct policy;

/* ---- building ---- */

struct policy *policy_new(void);

/* A rule may have four scores, for SpamAssassin's four ways to run: plain, with network tests, with Bayes, with
 * both.  Nothing here learns, so one of the first two counts; the second, unless this is called before rules are
 * read. */
void policy_choose_scores(struct policy *p, enum conf_scores scores);
void policy_free(struct policy *p);

/* source 0..63 (see filters/run.h).  A name already known keeps its number; a source is added. */
symbol_id policy_symbol(struct policy *p, struct str name, unsigned source, enum stage stage,
			const char *about);
/* The number of a symbol, or SYMBOL_NONE when nobody defines it. */
enum { SYMBOL_NONE = 0xffff };
symbol_id policy_find(const struct policy *p, struct str name);
/* Mail with this symbol is deferred, unless a verdict of the list decides otherwise. */
void policy_defer_on(struct policy *p, symbol_id symbol);
/* The symbol set by the proxy itself, known from the start: AUTHENTICATED, CLIENT_TLS ... */
symbol_id policy_fact(struct policy *p, struct str name, const char *about);

/* One rule file: score, describe, meta, include, if/ifplugin; errors with their place.  at: who names it. */
void policy_load_rules(struct policy *p, const char *path, const struct conf_place *at,
		       struct conf_report *report);
/* The same from memory: for tests, and fuzzers, which have no files. */
void policy_parse_rules(struct policy *p, struct str text, const char *name,
			struct conf_report *report);
/* Rules on which nothing hangs (score 0, and in no meta and no verdict that counts) are not looked for from now on.  When all
 * rule files are read; without it every rule is. */
void policy_find_idle(struct policy *p, const struct conf *conf);
/* When all rule files are read: what their rules look for in messages, for a filter that can, which makes the symbols
 * with policy_symbol().  A rule that nobody takes is off. */
struct patterns policy_patterns(struct policy *p, struct conf_report *report);
/* Verdicts and recipient classes of the config; links every name.  False: errors were reported. */
bool policy_compile(struct policy *p, const struct conf *conf,
		    struct conf_report *report) NODISCARD;

/* What `postern check` says: one line per verdict, with the earliest stage at which it can fire, and between
 * which bounds the score is. */
void policy_print_verdicts(const struct policy *p, FILE *to);
/* Warns of those that can never decide. */
void policy_warn_of_verdicts(const struct policy *p, struct conf_report *report);
/* How many rules there are, and how many are not looked for; nothing where all are. */
void policy_print_idle(const struct policy *p, FILE *to);
struct policy_counts {
	unsigned rules, files, verdicts; /* files: of rules */
};
struct policy_counts policy_counts(const struct policy *p);
/* What rules and verdicts can name: "NAME  score  stage  description" per line. */
void policy_print_symbols(const struct policy *p, FILE *to);

/* ---- judging ---- */

/* For %{rcpt}, %{rcpt.domain} and %{id} in replies. */
struct policy_names {
	struct str rcpt, id;
};

struct evidence {
	const struct findings *const *lists; /* one per scope */
	size_t list_count;
	uint64_t outstanding; /* sources whose symbols are not all known yet */
	enum stage stage;
	struct policy_names names;
	struct ip client_ip;  /* to compare; IP_NONE: not known */
	struct ip shown_ip;   /* for replies */
	policy_text_fn *text; /* the other texts; texts is its ctx */
	const void *texts;
	uint64_t *
		seen; /* what is true when it is decided is added: a bit each symbol; NULL: nobody asks */
};

/* Of such a set. */
size_t policy_seen_words(const struct policy *p);

struct judgement {
	bool decided;
	enum action action;
	enum stage stage;
	const char *name; /* of the verdict; "" when none was true */
	unsigned verdict; /* its number in the list, from 1; 0: none */
	struct str
		reply; /* "5.7.1 text", expanded, one line, no controls; empty: the default of the action */
	uint64_t wait_s;    /* ACTION_GREYLIST: when the client may come back */
	double score;       /* so far; exact once nothing is outstanding */
	bool score_is_open; /* what is outstanding can still change it */
	struct str
		symbols; /* "DNSBL_ZEN(4.0),HELO_BARE_IP(1.5)": those that weigh or stand in a verdict */
	struct str would;    /* shadow verdicts that were true: "new-rule:reject"; empty: none */
	uint64_t would_bits; /* the same by their place in the list */
};

/* Recipients are alike when the same verdicts apply to them: a bit per verdict. */
uint64_t policy_class(const struct policy *p, struct str rcpt);
/* Those of the bits whose verdicts act in a transaction with this canary number: the others divide nobody. */
uint64_t policy_acting(const struct policy *p, unsigned canary);

/* Would the verdicts that act, as far as they go by what was found of two recipients, be the same for both?
 * `greylisted`: also whether a mail passes the greylist, which otherwise divides nobody: who need not wait waits with
 * who must. */
bool policy_is_alike(const struct policy *p, const struct findings *a, const struct findings *b,
		     unsigned canary, bool greylisted);

/* Text in the judgement is in the arena; reply, symbols and would are filled when it is decided, and
 * empty over the arena's ceiling.  `canary`: a number 0..99, the same for all stages of a
 * transaction.  At STAGE_END with nothing outstanding it is always decided.  Not for two threads:
 * a policy has one scratch for judging. */
void policy_judge(const struct policy *p, const struct evidence *e, uint64_t class, unsigned canary,
		  struct arena *arena, struct judgement *j);

/* Walks all symbols that are true (metas and sub-rules included): for scan --json and the journal. */
typedef void policy_symbol_fn(void *arg, struct str name, double score, struct str detail);
void policy_each_symbol(const struct policy *p, const struct evidence *e, policy_symbol_fn *fn,
			void *arg);

#endif
