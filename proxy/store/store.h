/* store.h - the store of a worker: questions in, answers through the loop.
 *
 * Behind it lies one of several kinds (memory, LMDB, Redis), each a struct store_backend; a shared one that is down is
 * stood in for by a local one (STORE_LOCAL), and where there is none the answer is STORE_FAILED.  A full store
 * forgets what is oldest and never refuses. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/op.h"
#include "base/store.h"
#include "store/record.h"
#include "io/loop.h"

enum { STORE_PAGE = 128 };

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

struct store_listed {
	struct str key;
	struct store_record record;
};

/* A page of the records of a procedure, asked for; embeds its op, whose result is nothing.  In an order of the store's
 * own: what is there all the while is told, what is written meanwhile perhaps, or twice.  The memory is the asker's,
 * texts are in the arena. */
struct store_listing {
	struct op op; /* first; done and arg are the caller's */
	enum store_procedure procedure;
	int64_t now_ms; /* what has expired by then is left out */
	int64_t deadline_ms;
	struct str from; /* empty: the begin; or `next` of the page before */
	struct arena *arena;
	/* filled: */
	struct store_listed items[STORE_PAGE];
	unsigned count;
	struct str next; /* empty: there is no more */
	/* the store's: */
	struct store_listing *after, **link; /* where it is queued */
};

/* A kind of store.  ask() is given a running op and does not end it before it returns; it sets op.cancel, and fills
 * the answer before op_finish(). */
struct store_backend {
	void (*ask)(void *ctx, struct store_call *call);
	void (*list)(void *ctx, struct store_listing *l); /* the same */
	void (*close)(void *ctx); /* after all calls have ended or were cancelled */
};

struct store_side {
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

/* Of the main side: what stands in for it is not looked through. */
void store_list(struct store *s, struct ops *ops, struct store_listing *l);
/* For the kinds: adds to a page that has room for it. */
void store_listing_add(struct store_listing *l, struct str key, const struct store_record *record);

#endif
