/* expr.h - expressions of rule files and verdicts: one language with two spellings.
 *
 *	or ||   and &&   not   < <= > >= == !=   + -   * /   ! - (before a value)   ( )
 *
 * and, as loose as the comparisons, those of texts:
 *
 *	from.domain == "example.com"   helo != "friend"   client.ip in ["192.0.2.0/24", "::1"]
 *
 * from loose to tight.  `not` is looser than a comparison, `!` tighter, as in Perl: `not score > 4`
 * is what it says, and so is `!A + !B > 1`.  Comparisons do not chain.  As in SpamAssassin (Perl),
 * `A && B` has the value of B where A is true, `A || B` that of A; x / 0 is 0 (Perl would stop).
 *
 * An expression is compiled to a flat array in postfix order; evaluating is a loop over a small
 * stack, whose depth was checked when it was compiled. */
#ifndef POLICY_EXPR_H
#define POLICY_EXPR_H

#include "base/arena.h"
#include "base/out.h"
#include "policy/finding.h"
#include "policy/interval.h"

enum expr_op {
	EXPR_NUMBER,
	EXPR_SYMBOL,
	EXPR_SCORE,
	EXPR_ENVELOPE_SCORE,
	EXPR_NOT,
	EXPR_NEGATE,
	EXPR_OR,
	EXPR_AND,
	EXPR_LESS,
	EXPR_LESS_EQUAL,
	EXPR_MORE,
	EXPR_MORE_EQUAL,
	EXPR_EQUAL,
	EXPR_UNEQUAL,
	EXPR_ADD,
	EXPR_SUBTRACT,
	EXPR_MULTIPLY,
	EXPR_DIVIDE,
};

struct expr_node {
	double number;    /* EXPR_NUMBER */
	uint32_t at;      /* where in the text */
	symbol_id symbol; /* EXPR_SYMBOL */
	uint8_t op;       /* enum expr_op */
};

struct expr {
	const struct expr_node *nodes;
	unsigned count;
	/* Set by the owner when no value in it can be a fraction: "true" is then 1 at the least,
	 * which is what bounds `U || A` from below while U is unknown. */
	bool whole;
};

struct expr_error {
	size_t at; /* in the text */
	char text[200];
};

/* A text as it is written: from its opening quote to the closing one. */
struct expr_text {
	struct str quoted;
	size_t at;
};

/* `name == "a"`, `name in ["a", "b"]`. */
struct expr_match {
	struct str name;
	size_t at;         /* of the name */
	struct str source; /* all of it, as it is written; a `!=` is this and a `not` */
	const struct expr_text *texts;
	size_t count;
};

/* What stands between the quotes, without the backslashes; at most as long. */
void expr_text_value(const struct expr_text *text, struct out *o);

/* What a name means. */
struct expr_names {
	void *ctx;
	/* Fills op and symbol or number; false: error->text says why not. */
	bool (*resolve)(void *ctx, struct str name, struct expr_node *node,
			struct expr_error *error);
	/* Both NULL: there are no texts.  Does the name mean a text, which is compared with texts only? */
	bool (*is_text)(void *ctx, struct str name);
	/* Fills op and symbol or number, as resolve(); m is the caller's. */
	bool (*match)(void *ctx, const struct expr_match *m, struct expr_node *node,
		      struct expr_error *error);
	/* NULL: there are none.  What rules_matching(pattern) means: fills op and symbol or number. */
	bool (*matching)(void *ctx, struct str pattern, struct expr_node *node,
			 struct expr_error *error);
	/* Of the `if` of a rule file, where plugin(A::B), has() and can() exist: whether there is such a thing. */
	bool (*provides)(void *ctx, struct str name);
};

/* Nodes in the arena.  False: error is filled. */
bool expr_parse(struct str text, const struct expr_names *names, struct arena *arena,
		struct expr *to, struct expr_error *error) NODISCARD;

/* What is known: a value per symbol, and the bounds of the scores. */
struct expr_values {
	const struct interval *symbols;
	struct interval score, envelope_score;
};

struct interval expr_eval(const struct expr *e, const struct expr_values *values);

#endif
