/* rbl.h - the block lists that rule files ask, for setup.c, subject.c, asked.c and rbl.c.
 *
 * check_rbl('zen-lastexternal', 'zen.example.', '127.0.0.2') is a list (whom it is asked about, and where), and a rule that
 * looks at its answers; rules that ask the same share a list, and its answers.  Names that are asked for themselves (askdns)
 * are lists too, of which `zone` is where the name is, if that is for the rule to say. */
#ifndef FILTERS_RBL_RBL_H
#define FILTERS_RBL_RBL_H

#include "conf/pattern.h"
#include "filters/people.h"
#include "filters/filter.h"
#include "filters/rbl/template.h"
#include "filters/rbl/test.h"
#include "filters/uribl/names.h"

/* Whom a list is asked about: X(ID, phase in which that is known). */
#define RBL_SUBJECTS(X)                                                                            \
	X(RELAYS, HEADER)          /* all that are not trusted, the oldest first */                \
	X(LAST_EXTERNAL, HEADER)   /* the newest that is not ours */                               \
	X(NOT_FIRST_HOP, HEADER)   /* all that are not ours, but for the oldest */                 \
	X(FIRST_TRUSTED, HEADER)   /* the newest that is not trusted */                            \
	X(UNTRUSTED, HEADER)       /* all others of these */                                       \
	X(OLDEST, HEADER)          /* the oldest: its address, its names, and who wrote of it */   \
	X(FROM, HEADER)            /* the hosts of senders' addresses */                           \
	X(FIELDS, HEADER)          /* the hosts in some fields */                                  \
	X(ENVELOPE, HEADER)        /* the host of the envelope's sender */                         \
	X(SENDER_DNS, HEADER)      /* the same, of itself: no list at all */                       \
	X(URIS, END)               /* the hosts of addresses in the message */                     \
	X(URI_SERVERS, END)        /* the names of their name servers */                           \
	X(URI_ADDRESSES, END)      /* their addresses, or those of their name servers */           \
	X(ASKED, HEADER)           /* names made of what the header section tells */               \
	X(ASKED_LATE, ALIGN)       /* names made of signatures, and of addresses in the message */ \
	X(ASKED_OF_ANYBODY, ALIGN) /* names in zones of strangers: when the others have answered */

enum rbl_subject {
#define X(ID, PHASE) RBL_##ID,
	RBL_SUBJECTS(X)
#undef X
};

struct rbl_list {
	enum rbl_subject subject;
	enum rr_type type;
	uint8_t asks; /* enum call_ask */
	struct str set, zone, fields;
	const struct name_template *name; /* NULL: none is asked for itself */
};

struct rbl_rule {
	filter_symbol symbol;
	unsigned number; /* of the rule; one that looks at several lists is here for each of them */
	unsigned list;
	struct rbl_test test;
	struct str name;
	struct str blocks; /* when it hits, this zone answers us no more; empty: none */
};

/* A worker's, of one message at a time. */
struct rbl_scratch {
	struct names names;
	struct people people;
	struct regex_engine *engine;
	int64_t *blocked_until_ms; /* by list */
};

struct rbl {
	bool ask; /* the operator lets it */
	struct rbl_list *lists;
	struct rbl_rule *rules;
	unsigned list_count, rule_count, numbers;
	struct name_skips skip;
	const struct suffixes *suffixes;
	struct rbl_scratch *scratch; /* NULL: there are no rules */
	filter_symbol limit;
};

/* Whether the function is one of these. */
bool rbl_knows(struct str function);

enum filter_phase rbl_phase(enum rbl_subject subject);
void rbl_read(struct filter_setup *s, struct rbl *c, const struct patterns *patterns);

/* Domains that are not asked about. */
void rbl_skip_read(struct filter_setup *s, struct rbl *c, const struct patterns *patterns);

/* Zones that do not answer us: read behind all rules, told by one that has hit, left alone by this worker for
 * LIMIT_RBL_BLOCK_MS. */
void rbl_block_read(struct filter_setup *s, struct rbl *c, const struct patterns *patterns);
void rbl_block(struct filter_run *run, const struct rbl_rule *rule);
bool rbl_is_blocked(const struct filter_run *run, unsigned list);

/* Those whom the list is asked about, as names in front of its zone. */
void rbl_gather(struct filter_run *run, const struct filter_facts *facts, const struct rbl_list *l,
		struct names *names);

#endif
