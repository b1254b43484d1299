/* filter.h - everything a filter may see of the proxy.
 *
 * A filter measures; it does not judge.  It reports findings (a symbol, a detail, perhaps a
 * value); policy turns findings into a verdict; the proxy speaks SMTP.  A filter never sees a
 * socket, a reply code, a verdict or another filter; what it is told of the mail is in facts.h.
 *
 * A filter is one const struct filter and a line in filters.def.  A phase function returns
 * FILTER_DONE, or FILTER_WAIT after starting lookups through its `filter_run`; the runner calls
 * it again each time all of them have ended.  The runner counts the waits, gives every lookup what
 * is left of the filter's deadline, and reports <NAME>_UNAVAILABLE when one failed.
 *
 * Scopes.  What is learnt of the connection holds for every transaction in it; what EHLO said until the next
 * EHLO; what is learnt of a recipient is his alone; the rest belongs to one transaction.  Each has its own run, state and
 * findings:  connection = CONNECT;  greeting = HELO;  transaction = MAIL, HEADER, END, ALIGN;  recipient = RCPT, RCPT_END.
 *
 * The message comes as it arrives: HEADER begins when the header section is there, then body() is handed the
 * rest piece by piece, then END begins.  ALIGN begins when every filter is through with END: what they know of
 * the sender (filters/auth.h) is complete.  RCPT begins, for each recipient, when they are through with CONNECT,
 * HELO and MAIL, and is awaited before he is accepted; RCPT_END when they are through with the message. */
#ifndef FILTERS_FILTER_H
#define FILTERS_FILTER_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/limits.h"
#include "base/rr.h"
#include "base/store.h"
#include "base/str.h"
#include "conf/conf.h"
#include "filters/common.h"
#include "filters/facts.h"

#include <stdbool.h>
#include <stdint.h>

struct filter_outcome;
struct body_hash;
struct patterns;

#define FILTER_PHASES(X)                                                                           \
	X(CONNECT, CONNECTION, "connect")                                                          \
	X(HELO, GREETING, "helo")                                                                  \
	X(MAIL, TRANSACTION, "mail")                                                               \
	X(HEADER, TRANSACTION, "header")                                                           \
	X(END, TRANSACTION, "end")                                                                 \
	X(ALIGN, TRANSACTION, "align")                                                             \
	X(RCPT, RECIPIENT, "rcpt")                                                                 \
	X(RCPT_END, RECIPIENT, "rcpt-end")

enum filter_phase {
#define X(ID, SCOPE, TEXT) PHASE_##ID,
	FILTER_PHASES(X)
#undef X
		PHASE_COUNT
};

enum filter_scope {
	SCOPE_CONNECTION,
	SCOPE_GREETING,
	SCOPE_TRANSACTION,
	SCOPE_RECIPIENT, /* the only one of which there are many at a time */
	SCOPE_COUNT
};

enum filter_step {
	FILTER_DONE, /* findings of this phase are complete */
	FILTER_WAIT, /* lookups are running; call again when all have ended */
};

struct filter_run; /* one filter at work in one scope (opaque) */
typedef enum filter_step filter_fn(struct filter_run *, const struct filter_facts *, void *state);
/* A piece of the message behind its header section, in order; before PHASE_END begins.  No lookups here. */
typedef void filter_body_fn(struct filter_run *run, struct str bytes, void *state);
/* The mail is settled: see filters/outcome.h. */
typedef void filter_outcome_fn(struct filter_run *, const struct filter_facts *,
			       const struct filter_outcome *, void *state);

/* What a filter does on its own, outside of mail: a block list probes its zone every hour.  Called when the worker starts
 * and when the time it asked for is up (answered: false), and each time all lookups it started have ended (answered:
 * true).  Returns in how many milliseconds to call again; not heard while lookups are running. */
struct filter_watch;
typedef int64_t filter_watch_fn(struct filter_watch *watch, void *watched, bool answered);

/* While the config is read. */
struct filter_setup;
typedef uint16_t filter_symbol; /* a symbol's number, given at setup */

/* A titled and repeated block makes an instance of the filter per section: each has its own
 * options, deadline, state and findings, and waits for nobody else. */
struct TABLE_ROW filter {
	const char *name;               /* config block, log field, metric label */
	const char *about;              /* one line */
	const struct conf_block *block; /* begins with struct filter_common */
	bool strangers, remembers;      /* clients choose the names it asks for; asks the store */
	size_t state_size;              /* per run, zeroed */
	size_t watched_size;            /* per instance and worker, zeroed: see filter_watched() */
	/* Compiles a section into what filter_conf() returns; errors: filter_setup_report().  NULL without one: off. */
	void *(*setup)(struct filter_setup *s, const struct conf_section *section);
	void (*patterns)(struct filter_setup *, void *conf,
			 const struct patterns *); /* optional: hit.h */
	/* Whether rules may call it by this function; NULL, with patterns(): what has an expression is its own. */
	bool (*answers)(struct str function);
	filter_watch_fn *watch;                                 /* optional */
	filter_fn *on[PHASE_COUNT];                             /* NULL: not interested */
	unsigned (*phases)(const struct conf_section *section); /* optional: of these, as bits */
	/* Optional; with on[PHASE_HEADER], and nothing in PHASE_MAIL, where it might wait when the message comes. */
	filter_body_fn *body;
	filter_outcome_fn *outcome; /* optional; such a filter has a phase in the transaction */
	bool hashes_body; /* it asks for filter_body_hash(); has on[PHASE_HEADER], and nothing in PHASE_MAIL, too */
	void (*end)(void *state); /* optional: gives back what is not in the arena */
};

#define FILTER(NAME)                                                                               \
	extern const struct filter filter_##NAME;                                                  \
	extern const struct conf_block block_##NAME;
#include "filters/filters.def"
#undef FILTER

/* ---- setup ---- */

/* Registers a symbol this filter may report in `phase`.  The same name twice is the same symbol.
 * `about` is its description until a rule file says otherwise; it is static text. */
filter_symbol filter_define(struct filter_setup *s, struct str name, enum filter_phase phase,
			    const char *about);
struct arena *filter_setup_arena(struct filter_setup *s); /* the config's */
struct conf_report *filter_setup_report(struct filter_setup *s);
/* drop(p) when the config is freed: for what is too large for the arena.  False: at once, and reported. */
bool filter_setup_own(struct filter_setup *s, void *p, void (*drop)(void *p)) NODISCARD;

/* ---- at run time ---- */

const void *filter_conf(const struct filter_run *run);
struct arena *filter_arena(struct filter_run *run); /* dies with the scope */
int64_t filter_now_ms(const struct filter_run *run);
int64_t filter_unix_ms(const struct filter_run *run); /* for signatures: scan's --now */

/* What this instance knows in this worker across all mail (zeroed at the start): the one thing
 * besides findings that a filter may write and that outlives the scope. */
void *filter_watched(const struct filter_run *run);
/* Has the watch called again in at most so many milliseconds; nothing while it is at work. */
void filter_watch_soon(const struct filter_run *run, int64_t in_ms);

/* The symbol was defined for the phase that runs.  detail is copied, printable ASCII remains. */
void filter_report(struct filter_run *run, filter_symbol symbol, struct str detail);

/* Ask.  *out is filled before the next call of the phase function and stays until the scope ends;
 * status DNS_FAILED makes the run degraded.  Returns without asking (DNS_FAILED, at once) when the
 * lookup limit, the deadline or the arena's ceiling is reached.  FILTER_WAIT is right in any case. */
void filter_dns(struct filter_run *run, struct str name, enum rr_type type, struct dns_answer *out);

/* Asks for TXT records of which those alone are kept that are wanted, and of them two: one more than one.  What else a
 * zone says takes neither their place nor memory. */
typedef bool filter_wanted_fn(struct str text);
void filter_dns_txt(struct filter_run *run, struct str name, filter_wanted_fn *wanted,
		    struct dns_answer *out);

/* Asks the store, with filter_unix_ms() as the time of the question; key and label are copied.  *out as above; status
 * STORE_FAILED makes the run degraded, STORE_LOCAL does so without more. */
void filter_store(struct filter_run *run, const struct store_question *question,
		  struct store_answer *out);

/* Tells the store something: nobody waits for the answer, it outlives the scope, and over LIMIT_STORE_NOTES
 * under way it is forgotten.  Allowed in struct filter's outcome too. */
void filter_store_note(struct filter_run *run, const struct store_question *question);

/* The body's hash as a signature has it (filters/body_hash.h), ended in PHASE_END.  Of a filter that hashes_body, in
 * its first call in PHASE_HEADER.  NULL: no memory. */
const struct body_hash *filter_body_hash(struct filter_run *run, bool relaxed, uint64_t length);

/* For lookups of which only some must work: takes back the degraded mark of failed lookups so far. */
void filter_forgive(struct filter_run *run);
/* Degraded for a reason of the filter's own; `what` is what <NAME>_UNAVAILABLE tells. */
void filter_unavailable(struct filter_run *run, struct str what);

/* ---- in a watch ---- */

const void *filter_watch_conf(const struct filter_watch *watch);
/* As filter_dns(); *out stays until the watch sleeps. */
void filter_watch_dns(struct filter_watch *watch, struct str name, enum rr_type type,
		      struct dns_answer *out);

#endif
