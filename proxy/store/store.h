/* store.h - the store of a worker: questions in, answers through the loop.
 *
 * Behind it lies one of several kinds (memory, LMDB, Redis), each a struct store_backend; a shared one that is down is
 * stood in for by a local one (STORE_LOCAL), and where there is none the answer is STORE_FAILED.  A full store
 * forgets what is oldest and never refuses. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/op.h"
#include "base/store.h"
#include "io/loop.h"

/* A question on its way; embeds its op, whose result is a const struct store_answer (valid until done() returns).
 * err: ERR_OK, or why the status is STORE_FAILED.  The memory is the asker's; key and label stay until then. */
struct store_call {
	struct op op; /* first; done and arg are the caller's */
	struct store_question question;
	int64_t deadline_ms; /* at most this long from now; the embedded kinds never take long */
	/* the store's: */
	struct store *store;
	op_done_fn *done; /* the caller's */
	struct store_answer answer;
	struct store_call *next, **link; /* where it is queued */
};

/* A kind of store.  ask() is given a running op and does not end it before it returns; it sets op.cancel, and fills
 * the answer before op_finish(). */
struct store_backend {
	void (*ask)(void *ctx, struct store_call *call);
	void (*close)(void *ctx); /* after all calls have ended or were cancelled */
};

struct store_side {
	const char *name; /* for logs and status */
	const struct store_backend *backend;
	void *ctx;
};

struct store;

/* Takes over both contexts.  `fallback` may be NULL. */
struct store *store_new(struct store_side main, const struct store_side *fallback);
void store_free(struct store *s); /* may be NULL */

/* CHECKs that the question fits (store_question_fits). */
void store_ask(struct store *s, struct ops *ops, struct store_call *call);

/* A question nobody waits for; copied.  Over LIMIT_STORE_NOTES it is forgotten, and the log says so. */
void store_note(struct store *s, const struct store_question *question);
unsigned store_notes(const struct store *s); /* under way */
/* Is set whenever the last of them has ended. */
void store_tell(struct store *s, struct wake *noted);

const char *store_name(const struct store *s);

#endif
