/* store.h - what is remembered beyond one session, as questions and answers.
 *
 * The store keeps records under keys, and changes them by named procedures only.  A procedure is atomic: it sees a
 * record (or that there is none), its arguments and the time, and leaves another record.  Each is the same on every
 * kind of store (store/procedures.h), touches one record, and takes and gives whole numbers; but for STORE_BULK, which
 * touches those that a mail leads to (base/bulk.h).
 *
 * Times are of the wall clock, in milliseconds: several machines share a store, and `scan` has a time of its own. */
#ifndef BASE_STORE_H
#define BASE_STORE_H

#include "base/bulk.h"
#include "base/str.h"
#include "base/units.h"

#include <stdint.h>

enum { STORE_ARGS = 5, STORE_RESULTS = 4 };

#define STORE_LIFETIME_MAX_MS (400 * DAY_MS) /* nothing is remembered for longer */

/* name (in keys, logs and scripts), what it does.  Arguments and results are below. */
#define STORE_PROCEDURES(X)                                                                        \
	X(GREYLIST, "greylist", "has this client come back with this mail?")                       \
	X(SOURCE, "source",                                                                        \
	  "what is known of a source of mail: how often it came back, what was said of it")        \
	X(BUCKET, "bucket", "may this be done once more?")                                         \
	X(REPUTATION, "reputation", "how its mail was judged lately")                              \
	X(MARK, "mark", "has this happened lately?")                                               \
	X(BULK, "bulk", "is there other mail like this?")

enum store_procedure {
#define X(ID, NAME, ABOUT) STORE_##ID,
	STORE_PROCEDURES(X)
#undef X
		STORE_PROCEDURE_COUNT
};

/* STORE_GREYLIST: do, delay, window, lifetime (ms) -> state, how long until it may pass (ms), when it first came,
 * when it passed. */
enum greylist_do {
	GREYLIST_LOOK,    /* passes it when it may; does not note what is new */
	GREYLIST_NOTE,    /* notes what is new: from now on the delay runs */
	GREYLIST_RELEASE, /* passes it at once, new or not */
	GREYLIST_FORGET,
};
enum greylist_state {
	GREYLIST_STATE_NEW,    /* not heard of, or not within the window */
	GREYLIST_STATE_EARLY,  /* back before the delay was over */
	GREYLIST_STATE_PASSED, /* back in time: passes now, for the first time */
	GREYLIST_STATE_KNOWN,  /* has passed before, within its lifetime */
};

/* STORE_SOURCE: do, lifetime (ms) -> what was said of it, how often it came back. */
enum source_do { SOURCE_LOOK, SOURCE_CREDIT, SOURCE_ALLOW, SOURCE_BLOCK, SOURCE_FORGET };
enum source_said { SOURCE_SAID_NOTHING, SOURCE_SAID_ALLOW, SOURCE_SAID_BLOCK };

/* STORE_BUCKET: take (0: only look), count, window (ms), how many -> 1 if there is room (and it was taken), what is
 * in it, how long until there is room (ms).  Up to `count` at once, and from then on `count` for each window, evenly
 * (GCRA: ITU-T I.371).  A full bucket is not made fuller. */

/* STORE_REPUTATION: half life (ms), how many were accepted, tagged, rejected -> the three in thousandths, halved each
 * half life; when it was first heard of.  Adding nothing only looks. */

/* STORE_MARK: set (0: only look), lifetime (ms) -> 1 if it was there. */

/* STORE_BULK: do, and by that -> `bulk` of the answer, of which id 0 says that there is no such cluster. */
enum bulk_do {
	/* Of a mail (bulk_mail_key, `sighting`, a label for people): window, lifetime (ms), alike. */
	BULK_NOTE, /* counts it in, as the first of a new cluster where there is none.  The cluster lives for
		    * `lifetime` from now.  alike: so many values of the text have to be equal */
	BULK_LOOK, /* the same, and nothing is written: a new cluster has id 0 */
	BULK_HOLD, /* it was held: when it comes again, within `lifetime`, it is counted already.  lifetime (ms), 0,
		    * alike; the answer is of the cluster, id 0: there is none */
	/* Of a cluster (bulk_cluster_key). */
	BULK_SHOW, /* window (ms) */
	BULK_TELL, /* enum bulk_outcome.  Also of a mail, whose cluster is found as above: outcome, 0, alike */
	BULK_SAY, /* enum bulk_said, lifetime (ms): from now at least.  Also of a domain (bulk_domain_key) */
	BULK_FORGET, /* also of a domain */
};

struct store_question {
	enum store_procedure procedure;
	struct str key; /* at most LIMIT_STORE_KEY bytes: see store_key() */
	struct str
		label; /* for people: what the key stands for; kept with a new record.  Empty: the key says it. */
	int64_t now_ms;
	int64_t args[STORE_ARGS];
	const struct bulk_sighting *sighting; /* stays until the answer comes; a note copies it */
};

enum store_status {
	STORE_OK,
	STORE_LOCAL, /* the shared store is down: answered by this machine's own */
	STORE_FAILED
};

struct store_answer {
	enum store_status status;
	union {
		int64_t results[STORE_RESULTS];
		struct bulk_seen bulk; /* of STORE_BULK */
	};
};

const char *store_procedure_name(enum store_procedure p);

/* Writes a key: the parts with a space between.  One that is longer than a key may be ends in the digest of what was
 * left out (SHA-256, its first 128 bits), so that different keys stay different. */
struct str store_key(char *to, size_t room, const struct str *parts, size_t count);

#endif
