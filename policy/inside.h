/* inside.h - struct policy as its own rooms see it.  Nobody outside policy/ includes this. */
#ifndef POLICY_INSIDE_H
#define POLICY_INSIDE_H

#include "conf/pattern.h"
#include "conf/symbol.h"
#include "policy/expr.h"
#include "policy/policy.h"
#include "policy/template.h"

struct match;
struct measured;
struct held;
struct rule_test;
struct rule_tags;
struct glob;

enum symbol_kind {
	SYMBOL_NAMED,    /* somebody speaks of it, nobody defines it */
	SYMBOL_MEASURED, /* of a filter, or a fact */
	SYMBOL_META,
	SYMBOL_PATTERN, /* a rule on the message; whoever takes it measures it */
	SYMBOL_OFF,     /* a rule that this version does not run */
	SYMBOL_MATCH,   /* a comparison of texts: see policy/match.h */
};

struct symbol {
	struct str name; /* NUL-terminated */
	struct str about;
	enum symbol_kind kind;
	enum stage stage; /* at which it is known; STAGE_RCPT counts for envelope_score */
	uint64_t sources; /* of a meta: of all that it depends on */
	int64_t score;    /* valid when `scored`, and for all after compiling */
	struct conf_place score_at;
	struct conf_place at; /* of a meta's expression, or of the rule that is off */
	struct expr expr;     /* meta */
	const struct match *match;
	struct pattern *pattern; /* SYMBOL_PATTERN: this, or a call */
	struct rule_call *call;
	uint16_t most; /* tflags multiple: its value is the number of hits, up to this; 0: 1 */
	uint8_t asks;  /* tflags that say how DNS is asked: enum call_ask */
	bool has_tags, no_subject; /* replace_rules names it; tflags nosubject */
	bool some_parts; /* tflags that say which parts a `mimeheader` rule looks at, and how */
	bool scored;     /* a `score` line says so */
	bool nice;       /* tflags nice: the default score of a meta is negative */
	bool in_verdict;
	bool idle;   /* a rule on which nothing hangs: not looked for, false */
	bool hidden; /* nobody gave it its name, and nobody is told of it */
};

enum verdict_mode { MODE_ENFORCE, MODE_SHADOW, MODE_CANARY };

struct verdict {
	const char *name;
	struct conf_place at; /* line 0: of no operator's */
	struct expr when;
	unsigned written; /* so many nodes of it are the operator's */
	enum action action;
	struct template reply; /* without pieces: accept, tag */
	enum verdict_mode mode;
	unsigned
		share; /* percent of transactions in which it acts: 100, 0 (shadow), or of a canary */
	uint64_t classes; /* recipient classes it is for; 0: everybody */
	uint64_t bit;     /* in what policy_class() returns; all bits: always applies */
};

/* Of rule files: a list of words. */
struct rule_word {
	struct rule_word *next;
	struct str word;
};

/* Of an address, as recipients blocks list it: "user@domain", "@domain", ".domain". */
struct recipient_end {
	struct str text; /* empty: none */
	uint64_t classes;
};

/* Two recipients are not alike when it was found of one only: where each has his own answer, or always. */
enum divides { DIVIDES_ANSWERS, DIVIDES_ALL, DIVIDES_COUNT };
/* In how many percent of transactions: as struct verdict has it. */
struct divide {
	uint8_t share[DIVIDES_COUNT];
};

struct policy {
	struct arena arena; /* lives as long as the policy */
	enum conf_scores choice;
	struct symbol *symbols;
	unsigned symbol_count, symbol_room;
	symbol_id *hash; /* open addressing; SYMBOL_NONE: empty */
	unsigned hash_size;
	symbol_id *defer_on;
	unsigned defer_count;
	symbol_id *matches; /* the comparisons of texts */
	unsigned match_count;
	struct glob *globs;                    /* policy/globs.c: of metas, not looked for yet */
	struct rule_test *tests, **tests_last; /* of rules, as they stand in the files */
	struct rule_tags *tags;                /* of expressions: policy/replace.c; NULL: none */
	struct rule_setting *settings, **settings_last; /* for a filter */
	struct rule_word *compats;                      /* of `enable_compat` */
	unsigned file_count;                            /* of rules, that were read */
	bool too_many;                                  /* a symbol got no number */
	bool refused;                                   /* a rule file had errors */

	/* filled by policy_compile() */
	uint64_t *sources; /* by symbol: the hot copy */
	uint16_t *most;    /* by symbol: its highest value */
	symbol_id *metas;  /* in the order in which to evaluate them */
	unsigned meta_count;
	symbol_id *off; /* rules that are off, in metas: never known */
	unsigned off_count;
	int64_t *scores;        /* by symbol: the hot copy */
	bool *listed;           /* by symbol: judgement.symbols may name it */
	struct divide *divides; /* by symbol */
	const char **classes;   /* their names */
	unsigned class_count;
	struct recipient_end *ends; /* open addressing */
	size_t end_room;            /* a power of two, more than there are */
	struct verdict *verdicts;
	unsigned verdict_count;
	uint16_t *users; /* which of metas name symbol i: from users[first_user[i]] on */
	uint32_t *first_user;
	bool *hangs; /* by symbol: a meta that cannot be known, for a rule in it is off */
	/* Scratch of judging: no transaction's arena could hold one per recipient. */
	struct measured *measured; /* by stage */
	uint64_t *stirred;         /* of metas, a bit: it may have become something else */
	struct held *held;         /* of policy_each_symbol() */
};

/* pattern.c: rules on the message that no filter has taken are off. */
void pattern_settle(struct policy *p);

/* alike.c */
void alike_compile(struct policy *p);

/* symbol.c */
void *policy_keep(struct policy *p, size_t n); /* zeroed, never NULL */
struct str policy_keep_str(struct policy *p, struct str s);
/* False: the list has had it. */
bool policy_keep_word(struct policy *p, struct rule_word **words, struct str word);
/* The number of a name, known or new; SYMBOL_NONE when there are too many. */
symbol_id symbol_intern(struct policy *p, struct str name);
/* SYMBOL_NONE: unknown. */
symbol_id symbol_find(const struct policy *p, struct str name);
/* "; did you mean X?" of the defined ones without `but`, or "". */
struct str symbol_hint(const struct policy *p, struct str wrong, const struct symbol *but, char *to,
		       size_t room);
bool symbol_is_sub(const struct symbol *s);      /* __NAME: no score, not listed */
bool symbol_is_measured(const struct symbol *s); /* a filter finds it */

/* meta.c: whether no value in it can be a fraction (struct expr). */
bool meta_is_whole(const struct policy *p, const struct expr *e);
/* Orders the metas, warns of what they miss.  False: errors were reported. */
bool meta_compile(struct policy *p, struct conf_report *report) NODISCARD;

/* verdict.c, recipients.c */
bool verdict_compile(struct policy *p, const struct conf *conf,
		     struct conf_report *report) NODISCARD;
bool recipients_compile(struct policy *p, const struct conf *conf,
			struct conf_report *report) NODISCARD;
/* The symbols that are named in what verdicts say of when; what is wrong there is not reported. */
void verdict_each_name(struct policy *p, const struct conf *conf, void fn(void *ctx, symbol_id id),
		       void *ctx);
uint64_t recipients_match(const struct policy *p, struct str rcpt);
/* Whether it decides, in a transaction with this canary number. */
bool verdict_acts(const struct verdict *v, unsigned canary);

#endif
