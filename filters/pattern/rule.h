/* rule.h - the rules of the rule files, made ready: compiled, and together with those that look at the same text.
 *
 * What a rule says of a text that is not there does not depend on the message; it is found out once. */
#ifndef FILTERS_PATTERN_RULE_H
#define FILTERS_PATTERN_RULE_H

#include "filters/hit.h"
#include "filters/pattern/prefilter.h"
#include "filters/pattern/regex.h"
#include "filters/pattern/view.h"

struct rule {
	const struct pattern *pattern;
	const struct regex *regex; /* NULL: PATTERN_EXISTS */
	filter_symbol symbol;
	size_t view;     /* its group, while they are read */
	unsigned absent; /* hits where there is nothing to look at */
};

/* The rules that look at it lie together. */
struct rule_group {
	struct view view;
	enum filter_phase phase;
	const struct rule *rules;
	size_t count;
	const struct prefilter *prefilter; /* NULL: there are few of them */
};

struct rule_set {
	struct rule *rules;
	struct rule_group *groups;
	size_t rule_count, group_count, largest; /* largest: rules of a group */
	struct view_names *names;
};

/* What a rule looks at: one text, or pieces that lie behind one another, each of them alone. */
struct rule_text {
	const char *bytes;
	const uint32_t *ends; /* of the pieces */
	uint32_t count;
	bool there;
	bool subject; /* the first piece is it */
};

static inline struct str rule_text_all(const struct rule_text *text)
{
	return (struct str){ .p = text->bytes, .n = text->count ? text->ends[text->count - 1] : 0 };
}

/* What looking at a message has come to. */
struct rule_effort {
	unsigned gave_up; /* expressions that came to their limits */
};

enum filter_phase rule_phase(const struct pattern_view *view);

/* Compiles what the rule files want and runs their tests.  False: not ready, and what is wrong is reported. */
bool rule_set_read(struct rule_set *set, struct filter_setup *s, struct regex_engine *engine,
		   const struct patterns *patterns) NODISCARD;

/* How often the rule hits the text. */
unsigned rule_look(const struct rule *rule, struct regex_engine *engine,
		   const struct rule_text *text, struct rule_effort *effort);

#endif
