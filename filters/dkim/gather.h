/* gather.h - the signatures of a message: what is known of them at the end of its header section, which are evaluated,
 * and libopendkim at work on these. */
#ifndef FILTERS_DKIM_GATHER_H
#define FILTERS_DKIM_GATHER_H

#include "base/arena.h"
#include "base/rr.h"
#include "filters/dkim/wrapper.h"

/* what is found besides */
#define DKIM_REMARKS(X)                                                                            \
	X(EXPIRED, "a DKIM signature has expired")                                                 \
	X(WEAK_KEY, "the key of a DKIM signature is too short")                                    \
	X(PARTIAL_BODY, "a DKIM signature leaves the end of the body unsigned")                    \
	X(MANY_FROM, "a signed message with several From fields, or none")                         \
	X(TOO_MANY, "more DKIM signatures than are evaluated")                                     \
	X(DOMAINKEYS, "the message has a DomainKeys signature, which is historic")

enum dkim_remark {
	DKIM_REMARK_NONE,
#define X(ID, ABOUT) DKIM_REMARK_##ID,
	DKIM_REMARKS(X)
#undef X
		DKIM_REMARK_COUNT
};

/* One of them. */
struct dkim_one {
	struct dkim_case at;
	struct auth_dkim *told; /* for the results of the message */
	enum dkim_remark remark;
	const struct dkim_one *asker; /* whose question is its own too */
	struct dns_answer answer;
	struct pubkey key;
};

/* Zeroed before, dkim_message_end() after. */
struct dkim_message {
	unsigned total, count; /* signatures; of these, looked at */
	struct dkim_one *ones[LIMIT_DKIM_SIGNATURES];
	unsigned froms, historic; /* From fields; DomainKeys signatures */
	unsigned case_count;
	struct dkim_case *cases[LIMIT_DKIM_SIGNATURES]; /* to be evaluated */
	struct dkim_check *check;                       /* NULL: there are none */
};

/* Reads the header section; results are appended to *told.  False: no memory. */
bool dkim_gather(struct dkim_message *m, struct dkim_library *library, struct arena *arena,
		 uint64_t now_s, struct str header, struct auth_dkim **told) NODISCARD;
/* Every case has its key, or is set aside, and the body is hashed: writes the results. */
void dkim_message_evaluate(struct dkim_message *m);
void dkim_message_end(struct dkim_message *m);

struct dkim_one *dkim_one_of(struct dkim_case *at);
/* It is not evaluated, or not trusted. */
void dkim_set_aside(struct dkim_one *one, enum auth_result result, const char *reason);

#endif
