/* ledger.h - what is said to the journal: one record for each transaction, written when it is over, one for what was
 * refused outside of any, and one for each size that a cluster of the bulk radar grows to.
 *
 * While a transaction lasts, record.c notes here what each recipient has heard; what was found is in the inspection
 * until the end.  Without a journal there is no ledger. */
#ifndef SMTP_LEDGER_H
#define SMTP_LEDGER_H

#include "base/out.h"
#include "base/str.h"

struct recipient;
struct smtp_session;

/* Who decided what a recipient has heard. */
#define LEDGER_BY(X)                                                                               \
	X(VERDICT, "verdict", "a verdict of the configuration")                                    \
	X(BACKEND, "backend", "the server behind, or that it did not answer")                      \
	X(GATE, "gate", "Postern itself: a limit, a broken message, no memory")                    \
	X(DUPLICATE, "duplicate", "he has had the mail before: it came again")                     \
	X(NOBODY, "nobody", "the client ended the transaction before there was an answer")

enum ledger_by {
#define X(ID, NAME, ABOUT) LEDGER_##ID,
	LEDGER_BY(X)
#undef X
		LEDGER_BY_COUNT
};

struct ledger_line {
	struct ledger_line *next;
	struct str rcpt;
	const struct recipient *recipient; /* NULL: refused before he was looked at */
	enum ledger_by by;
	unsigned code; /* 0: no reply */
	struct str reply;
};

struct ledger_refusal {
	struct ledger_refusal *next;
	struct str command;
	unsigned code;
	struct str reply;
};

/* In the transaction's arena. */
struct ledger {
	struct ledger_line *first, **last;
	struct ledger_refusal *refused, **last_refused;
	unsigned refused_count;
	unsigned
		left_out; /* for which there was no memory, or refusals past LIMIT_JOURNAL_REFUSED */
};

/* The transaction has just begun. */
void ledger_open(struct smtp_session *s);
/* What he has heard, for good.  line: copied, its texts too. */
void ledger_heard(struct smtp_session *s, const struct ledger_line *line);
/* A command was refused; outside of a transaction that is a record of its own. */
void ledger_refused(struct smtp_session *s, struct str command, unsigned code, struct str reply);
/* The transaction is over: its record. */
void ledger_close(struct smtp_session *s);
/* The cluster of its message has grown larger. */
void ledger_bulk(struct smtp_session *s);

const char *ledger_by_name(enum ledger_by by);

/* ---- ledger_print.c: a record, as a JSON object; where not even its begin fits the out is full ---- */

void ledger_print(struct out *o, struct smtp_session *s);
void ledger_print_refused(struct out *o, struct smtp_session *s, struct str command, unsigned code,
			  struct str reply);
void ledger_print_bulk(struct out *o, struct smtp_session *s);

#endif
