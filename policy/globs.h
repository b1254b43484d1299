/* globs.h - `rules_matching(__A*)` in the expression of a meta. */
#ifndef POLICY_GLOBS_H
#define POLICY_GLOBS_H

#include "policy/inside.h"

/* For struct expr_names: `ctx` is the policy. */
bool glob_in_rule(void *ctx, struct str pattern, struct expr_node *node, struct expr_error *error);
/* Once all rules are read, before anything looks into expressions; again is nothing. */
void globs_expand(struct policy *p);

#endif
