/* bulk.h - a mail as the bulk radar sees it, and what the store knows of the mails that are like it: a cluster.
 *
 * One question (STORE_BULK of base/store.h) finds the cluster a mail belongs to, counts it in, and tells what is
 * known of the cluster: atomic, one round trip.  How it is found:
 *
 *   - By text.  The signature's values, two by two, make BULK_BANDS keys.  Each leads to at most one cluster; those
 *     that are found are compared by their whole signature, and the one with most equal values is it, if these
 *     are enough.
 *   - By one of the mail's other signs, in the order given, where no text is like it.  A sign is exact.  One that many
 *     mails share who have nothing to do with each other leads nowhere: it is counted among what two mails have in
 *     common, where something else has led from one to the other.
 *   - Otherwise the mail is the first of a new cluster.  Its signature and its signs stay those of the cluster: none
 *     drifts, and what an operator said of it holds for what he has seen.
 *
 * A mail that was held, and comes again, is the same mail: it is counted once.  What held it tells the store (BULK_HOLD),
 * which remembers that for a while where it remembers ways: bounded, and asked with the same question.
 *
 * Who hashes what is counted uses bulk_hash(): it is the same on all machines that share a store. */
#ifndef BASE_BULK_H
#define BASE_BULK_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	BULK_VALUES = 32, /* of a signature (minhash) */
	BULK_BANDS = 16,
	BULK_SIGNS = 10,     /* of a mail, besides the text */
	BULK_RECIPIENTS = 8, /* of a mail that are counted */
	BULK_SAMPLE = 96,    /* bytes of the question's label that are kept */
	BULK_KEY = 9         /* bytes of a key below */
};

/* What makes two mails the same. */
#define BULK_SIGN_KINDS(X)                                                                         \
	X(TEXT, "text")                                                                            \
	X(LINKS, "links")                                                                          \
	X(LINKS_SKELETON, "links+skeleton")                                                        \
	X(ATTACHMENT, "attachment")                                                                \
	X(LINKS_SUBJECT, "links+subject")                                                          \
	X(RECIPIENT, "recipient")                                                                  \
	X(SKELETON_SUBJECT, "skeleton+subject")

enum bulk_kind {
#define X(ID, NAME) BULK_##ID,
	BULK_SIGN_KINDS(X)
#undef X
		BULK_KIND_COUNT
};

struct bulk_sign {
	enum bulk_kind kind; /* not BULK_TEXT */
	uint64_t hash;
	bool leads_nowhere;
};

/* Of what a cluster counts how many different ones there are: exact up to 16, about an eighth off beyond. */
#define BULK_SETS(X)                                                                               \
	X(NETWORKS, "networks")   /* that sent it */                                               \
	X(ENVELOPES, "envelopes") /* domains of MAIL FROM */                                       \
	X(FROMS, "froms")         /* domains of the From field */                                  \
	X(DOMAINS, "domains")     /* authenticated, aligned with From */                           \
	X(RECIPIENTS, "recipients")

enum bulk_set {
#define X(ID, NAME) BULK_OF_##ID,
	BULK_SETS(X)
#undef X
		BULK_SET_COUNT
};

struct bulk_sighting {
	bool has_text;
	uint32_t text[BULK_VALUES];
	/* Where there is no text, the first one leads; a mail with neither is not asked about. */
	struct bulk_sign signs[BULK_SIGNS];
	unsigned sign_count;
	/* bulk_hash() of each; 0: there is none. */
	uint64_t network, envelope, from, domain;
	uint64_t again; /* of all that stays the same when this very mail comes again */
	uint64_t recipients[BULK_RECIPIENTS];
};

/* What became of a mail of the cluster, or was said of it. */
#define BULK_OUTCOMES(X)                                                                           \
	X(ACCEPTED, "accepted")                                                                    \
	X(TAGGED, "tagged")                                                                        \
	X(REJECTED, "rejected")                                                                    \
	X(REPORTED, "reported")

enum bulk_outcome {
#define X(ID, NAME) BULK_##ID,
	BULK_OUTCOMES(X)
#undef X
		BULK_OUTCOME_COUNT
};

/* By the operator, of a cluster or of an authenticated domain. */
enum bulk_said { BULK_SAID_NOTHING, BULK_SAID_ALLOW, BULK_SAID_BLOCK, BULK_SAID_COUNT };

/* The answer.  The mail that asks is counted in. */
struct bulk_seen {
	uint64_t id; /* 0: there is no such cluster */
	bool is_new; /* this mail is the first */
	bool again;  /* it was held, and is counted already */
	enum bulk_kind by;
	/* Bits, 1 << enum bulk_kind: what the cluster is known by, and what of that the mail that asks has too. */
	unsigned signs, common;
	unsigned alike; /* equal values of the signature; BULK_VALUES by another sign */
	enum bulk_said said, domain_said;
	int64_t first_ms, last_ms;
	uint32_t messages;
	uint32_t in_window; /* of these, in the last `window` ms, about */
	uint32_t with_domain;
	uint32_t distinct[BULK_SET_COUNT];
	uint32_t outcomes[BULK_OUTCOME_COUNT];
	unsigned sample_n; /* the label of the first */
	char sample[BULK_SAMPLE];
};

uint64_t bulk_hash(struct str s); /* never 0 */

/* Keys of questions: of a mail that is asked about, of a cluster, of an authenticated domain. */
struct str bulk_mail_key(const struct bulk_sighting *s, char to[BULK_KEY]);
struct str bulk_cluster_key(uint64_t id, char to[BULK_KEY]);
struct str bulk_domain_key(uint64_t domain, char to[BULK_KEY]);

/* The cluster whose key it is; 0: it is another's. */
uint64_t bulk_key_id(struct str key);
bool bulk_key_is_domain(struct str key);

/* What of the mail leads to clusters: the bands of its text, if it has one, then its signs. */
unsigned bulk_ways(const struct bulk_sighting *s, uint64_t ways[BULK_BANDS + BULK_SIGNS]);
uint64_t bulk_again_way(const struct bulk_sighting *s); /* 0: there is none */
/* Of a sign's way: its kind, BULK_KIND_COUNT when it is none's; and whether it leads anywhere. */
enum bulk_kind bulk_way_kind(uint64_t way);
bool bulk_way_leads(uint64_t way);

const char *bulk_kind_name(enum bulk_kind k);

/* For people: 16 hexadecimal digits. */
enum { BULK_ID_TEXT = 16 };
struct str bulk_print_id(uint64_t id, char to[BULK_ID_TEXT]);
bool bulk_read_id(struct str text, uint64_t *id) NODISCARD;

#endif
