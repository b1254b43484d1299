/* template.h - replies with %{...}: taken apart when the config is read, put together when spoken. */
#ifndef POLICY_TEMPLATE_H
#define POLICY_TEMPLATE_H

#include "policy/policy.h"

struct piece {
	enum piece_kind { PIECE_TEXT, PIECE_NAME, PIECE_DETAIL } kind;
	struct str text;       /* PIECE_TEXT */
	enum policy_text name; /* PIECE_NAME */
	symbol_id symbol;      /* PIECE_DETAIL */
};

/* Lives as long as the policy. */
struct template
{
	struct piece *pieces;
	size_t count;
	uint64_t sources; /* of the symbols whose details stand in it */
	bool has_score;
};

/* What goes in when it is spoken. */
struct template_values {
	const struct evidence *evidence;
	int64_t score; /* see score.h */
};

/* False: errors were reported. */
bool template_compile(struct policy *p, const struct conf_text *text, enum action action,
		      struct template *to, struct conf_report *report) NODISCARD;
/* In printable ASCII; what has no room in `o` is cut off. */
void template_expand(const struct template *t, const struct template_values *values, struct out *o);

/* The detail of a finding, from the first list that has it. */
struct str evidence_detail(const struct evidence *e, symbol_id symbol);

#endif
