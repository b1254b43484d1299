/* group.h - the rules that look at one text, together.
 *
 * A text may be in pieces, and each is looked at alone.  A pass over the text tells of most rules where in it they may
 * match (pattern/sieve.h), of a large group two do (pattern/prefilter.h), of few rules on long texts the latter alone, and only
 * there they are tried.  The rest is tried on each piece. */
#ifndef FILTERS_PATTERN_GROUP_H
#define FILTERS_PATTERN_GROUP_H

#include "filters/filter.h"
#include "filters/pattern/lane.h"
#include "filters/pattern/outset.h"
#include "filters/pattern/places.h"
#include "filters/pattern/prefilter.h"
#include "filters/pattern/sieve.h"
#include "filters/pattern/single.h"
#include "filters/pattern/view.h"
#include "filters/regex/need.h"
#include "filters/regex/regex.h"
#include "filters/regex/tree.h"

struct rule;

/* Who tells where it may match, how often in each match at least, where alone a match begins, and what it needs. */
struct rule_watch {
	enum rule_watcher { WATCHED_BY_NOBODY, WATCHED_BY_SIEVE, WATCHED_BY_PREFILTER } by;
	unsigned times;
	enum tree_place start;
	bool is_asked; /* the outset, whether what is seen goes on as a match */
	struct need need;
	uint16_t line; /* in each match so many bytes of one line are, which is many; 0: fewer */
	/* Of what nobody watches; NULL: it is watched, or nothing is known. */
	const struct single *single;
	const struct lane *head; /* where each match begins with the text: these bytes of it */
};

struct rule_group {
	struct view view;
	enum filter_phase phase;
	const struct rule *rules; /* they lie together */
	size_t count;
	bool is_large; /* a second pass over each text is worth it, by what looks for many at once */
	struct rule_watch *watches; /* by rule */
	uint32_t *unwatched;        /* rules */
	size_t unwatched_count;
	uint32_t *unmatched; /* rules that may hit where they do not match, or there is no text */
	size_t unmatched_count;
	const struct sieve *sieve;         /* NULL: it would watch none */
	const struct prefilter *prefilter; /* the same */
	struct outset *outset;             /* of those that are large and watched; NULL: none is */
};

/* What rules look at: one text, or pieces that lie behind one another. */
struct rule_text {
	const char *bytes;
	const uint32_t *ends; /* of the pieces */
	uint32_t count;
	bool there;
	bool subject; /* the first piece is it */
};

/* What looking at a message has come to. */
struct rule_effort {
	unsigned gave_up; /* expressions that came to their limits */
	bool no_time;     /* the engine had none left: what was not tried is not known */
};

/* Matching needs them, for one message at a time. */
struct rule_tools {
	struct regex_engine *engine;
	struct prefilter_scratch *prefilter;
	struct places *places;
	int *hits;                /* one for each rule of a group */
	struct regex_toil *toils; /* the same */
};
void rule_tools_open(struct rule_tools *tools);
void rule_tools_size(struct rule_tools *tools, size_t largest_group);
void rule_tools_close(struct rule_tools *tools);

/* False: over the arena's ceiling, which was reported. */
bool group_prepare(struct rule_group *group, struct filter_setup *s,
		   const struct rule_tools *tools) NODISCARD;

/* How often each rule hits the text is in tools->hits then, or that it came to its limits. */
enum { RULE_GAVE_UP = -1 };
void group_look(const struct rule_group *group, const struct rule_tools *tools,
		const struct rule_text *text, struct rule_effort *effort);

/* One rule on a text of its own, as group_look(). */
int rule_look(const struct rule *rule, struct regex_engine *engine, struct str text,
	      struct rule_effort *effort);

#endif
