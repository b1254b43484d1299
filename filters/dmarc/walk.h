/* walk.h - the tree of names above the domains of a message, and what they publish (RFC 9989 4.10); no lookups of its
 * own: it has questions, whose answers whoever asks writes into them.
 *
 * A name is asked once, however many walks pass it.  The names of a walk are asked all at once: but for psd= it goes up
 * to the top in any case, and what is above that is not looked at. */
#ifndef FILTERS_DMARC_WALK_H
#define FILTERS_DMARC_WALK_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/rr.h"
#include "filters/suffixes.h"
#include "filters/dmarc/record.h"

struct dmarc_question {
	struct dmarc_question *next;
	struct str name;
	enum rr_type type;
	struct dns_answer answer;
};

enum dmarc_found { DMARC_NOTHING, DMARC_RECORD, DMARC_FAILED };

struct dmarc_name {
	struct dmarc_name *next;
	struct dmarc_question question;
	struct str domain; /* what it is about, without "_dmarc." */
	bool read;
	enum dmarc_found found;
	struct dmarc_record record;
};

struct dmarc_tree {
	struct arena *arena;
	struct dmarc_name *names;
	unsigned count;              /* a name that finds no room is as if DNS had failed */
	struct dmarc_question *open; /* to be asked */
};

/* How organizations are told: RFC 9989's walk, or a list (RFC 7489). */
struct dmarc_method {
	const struct suffixes *psl; /* NULL: the walk */
};

struct dmarc_organization {
	bool known; /* false: DNS failed on the way */
	struct str domain;
	/* Its record, else that of the public suffix above it; NULL: none.  With a list it may be DMARC_FAILED. */
	const struct dmarc_name *policy;
};

/* Adds what is to be asked to know the organization of the domain (by domain_ascii()) and its policy. */
void dmarc_tree_want(struct dmarc_tree *tree, struct dmarc_method method, struct str domain);
/* Adds a question. */
void dmarc_tree_ask(struct dmarc_tree *tree, struct dmarc_question *question);
/* The next one to be asked; NULL: all are. */
struct dmarc_question *dmarc_tree_open(struct dmarc_tree *tree);

/* All that was asked is answered. */
const struct dmarc_name *dmarc_tree_name(struct dmarc_tree *tree, struct str domain);
struct dmarc_organization dmarc_tree_organization(struct dmarc_tree *tree,
						  struct dmarc_method method, struct str domain);

#endif
