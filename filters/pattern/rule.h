/* rule.h - the rules of the rule files, made ready: compiled, and together with those that look at the same text.
 *
 * What a rule says of a text that is not there does not depend on the message; it is found out once. */
#ifndef FILTERS_PATTERN_RULE_H
#define FILTERS_PATTERN_RULE_H

#include "filters/hit.h"
#include "filters/pattern/group.h"

#define RULE_IDLE SIZE_MAX

struct rule {
	const struct pattern *pattern;
	const struct regex *regex; /* NULL: PATTERN_EXISTS */
	struct str expression;     /* that it is made of */
	filter_symbol symbol;
	size_t view; /* its group, while they are read; RULE_IDLE: none, for its pattern is idle */
	unsigned absent; /* hits where there is nothing to look at */
	int most;        /* matches that count */
	/* As its pattern says, which lies far away. */
	enum pattern_when when;
	bool no_subject;
};

struct rule_set {
	struct rule *rules;
	struct rule_group *groups;
	size_t rule_count, group_count;
	struct view_names *names;
};

/* Compiles what the rule files want and runs their tests.  False: not ready, and what is wrong is reported. */
bool rule_set_read(struct rule_set *set, struct filter_setup *s, struct rule_tools *tools,
		   const struct patterns *patterns) NODISCARD;

#endif
