/* match.h - comparisons of texts, `from.domain in ["example.com", ".example.org"]`, as policy/ sees them.
 *
 * Each is a symbol of its own (SYMBOL_MATCH) that nobody but its expression can name: known when the text's sources
 * have finished, measured once per judgement, and the same one wherever it is written the same. */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "policy/inside.h"

/* One row of the table in policy/texts.h. */
struct text_row {
	const char *name;
	enum comparison kind;
	const char *symbol, *needs;
};
extern const struct text_row text_rows[POLICY_TEXT_COUNT];
extern const char *const text_names[POLICY_TEXT_COUNT];

struct match {
	enum policy_text text; /* POLICY_TEXT_COUNT: the detail of .detail_of */
	symbol_id detail_of;
	enum comparison kind;
	struct str *items; /* without quotes */
	size_t count;
	struct ip_nets nets; /* the items of COMPARE_ADDRESS */
};

/* POLICY_TEXT_COUNT: none of this name. */
enum policy_text text_find(struct str name);
/* The symbol that finds it, or NULL: nobody does, or nobody needs to. */
const struct symbol *text_finder(const struct policy *p, enum policy_text text);
/* "SYMBOL.detail": false: it is not of that form. */
bool text_is_detail(struct str name, struct str *symbol);

/* For struct expr_names: `ctx` is the policy. */
bool match_is_text(void *ctx, struct str name);
bool match_in_rule(void *ctx, const struct expr_match *m, struct expr_node *node,
		   struct expr_error *error);
/* Refuses texts that nobody finds. */
bool match_in_verdict(void *ctx, const struct expr_match *m, struct expr_node *node,
		      struct expr_error *error);

/* Once all symbols are defined: when the comparisons of rules are known. */
void match_link(struct policy *p);
/* Why it is always empty; "" when it is not. */
struct str match_missing(const struct policy *p, const struct match *m, struct out *o);
bool match_holds(const struct match *m, const struct evidence *e);

#endif
