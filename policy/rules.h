/* rules.h - one line of a rule file at a time: what rules.c (files, conditions) and directive.c
 * (the words) share. */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "base/limits.h"
#include "policy/inside.h"

/* SpamAssassin's words that are read past. */
enum {
	DIRECTIVE_COUNT = 0
#define DIRECTIVE(WORD, KIND) +1
#include "policy/directives.def"
#undef DIRECTIVE
};

struct condition {
	struct conf_place at;
	bool has_else;
};

struct rules_reader {
	struct policy *policy;
	struct conf_report *report;
	struct conf_place at; /* file and line; column is set by those who complain */
	struct str line;      /* without comment and trailing space */
	bool commented;       /* there was a comment on it */
	size_t next;          /* in the line: where the next word is looked for */
	unsigned depth;       /* of include */
	struct condition conditions[LIMIT_RULE_CONDITIONS];
	unsigned condition_count;
	unsigned skipping;      /* the condition (counted from 1) that is false; 0: none */
	struct rule_word *told; /* settings of this file already warned of */
};

/* The next word of the line, empty at its end; r->at.column is its place. */
struct str rules_word(struct rules_reader *r);
/* All that is left of the line; r->at.column is its place. */
struct str rules_rest(struct rules_reader *r);

/* directive.c: a line that is no condition, its first word taken. */
void rules_directive(struct rules_reader *r, struct str word);

/* settings.c: a setting that a filter reads.  False: it is none. */
bool settings_keep(struct rules_reader *r, struct str word);
/* When all lines are read: tells of those that no rule looks at. */
void settings_check(const struct policy *p, struct conf_report *report);

/* The rule a line is about, or NULL: complained. */
struct symbol *rules_rule(struct rules_reader *r, const char *word);
/* A rule is about to be defined by this line: warns where the same file has defined it before. */
void rules_begin(struct rules_reader *r, const struct symbol *s);
/* Whether a filter measures what this rule is named like: it is left out then, and a warning says so. */
bool rules_is_measured(struct rules_reader *r, const struct symbol *s, const char *word);
/* Text of the line, "\\#" as the '#' that it stands for. */
struct str rules_keep(struct policy *p, struct str text);
/* "m{re}i" as "/re/i"; empty: it is no expression. */
struct str rules_keep_regex(struct policy *p, struct str text);
/* The rule is one that this version does not run: one warning for it, `why`. */
void rules_turn_off(struct rules_reader *r, struct symbol *s, const char *why);

/* call.c: "eval:function(...)", of a rule on the message; raw: of a `rawbody` rule. */
void call_read(struct rules_reader *r, struct symbol *s, struct str text, bool raw);
/* `uri_detail NAME key =~ /re/ ...`: a call with a condition each argument. */
void call_read_uri_detail(struct rules_reader *r);
/* `askdns NAME name types test`: a call with three arguments. */
void call_read_askdns(struct rules_reader *r);
/* As it is wanted, when all lines are read. */
struct rule_call call_finish(const struct symbol *s);

/* field.c: what "Subject:raw" names, at the reader's column; s is the rule.  False: told, and the rule perhaps off. */
bool field_read(struct rules_reader *r, struct symbol *s, struct str text,
		struct pattern_view *view) NODISCARD;

/* pattern.c: "/re/flags" or "m{re}flags".  False: it is none. */
bool pattern_cut_regex(struct str text, struct str *regex, struct str *flags);
/* What ends an expression that begins with it. */
char pattern_closing(char c);
/* pattern.c: rules on the message. */
void pattern_read_header(struct rules_reader *r);
void pattern_read_part(struct rules_reader *r);
void pattern_read_body(struct rules_reader *r);
void pattern_read_rawbody(struct rules_reader *r);
void pattern_read_uri(struct rules_reader *r);
void pattern_read_full(struct rules_reader *r);
void pattern_read_test(struct rules_reader *r);

/* replace.c: tags in expressions. */
void replace_read_tag(struct rules_reader *r);
void replace_read_inter(struct rules_reader *r);
void replace_read_pre(struct rules_reader *r);
void replace_read_post(struct rules_reader *r);
void replace_read_rules(struct rules_reader *r);
/* Puts in what the tags of its expression stand for.  False: it gets too long. */
bool replace_tags(struct policy *p, struct pattern *pattern) NODISCARD;

/* rules.c: a file, or what it includes. */
void rules_read_file(struct policy *p, const char *path, const struct rules_reader *from,
		     struct conf_report *report);

#endif
