/* transaction.h - one MAIL to its end: envelope, message, judgement, replay; internal to smtp/.
 *
 * It lives in the inspection's transaction arena and dies with it, at the latest when the client sends
 * RSET, EHLO or the end of the message has been answered. */
#ifndef SMTP_TRANSACTION_H
#define SMTP_TRANSACTION_H

#include "base/id.h"
#include "delivery/delivery.h"
#include "filters/outcome.h"
#include "io/spool.h"
#include "mail/path.h"
#include "policy/policy.h"
#include "protocol/text.h"

struct inspection_recipient;
struct ledger;
struct mail_command;
struct smtp_session;

/* What a step of the session says. */
enum next {
	NEXT_AGAIN, /* the state changed, run its step now */
	NEXT_WAIT,  /* nothing to do until the next wake */
};

struct group;

struct recipient {
	struct recipient *next;                 /* in the order of RCPT */
	struct group *group;                    /* NULL: not judged yet */
	uint64_t class;                         /* which verdicts apply */
	struct inspection_recipient *inspected; /* NULL: no filter looks at him */
	struct judgement judgement;
	struct str path; /* "<b@example.net>" */
	struct str address, params;
	/* With PRDR: what it hears of the message.  code 0: not known yet. */
	unsigned code;
	bool provisional; /* a 2xx, as long as the backend confirms the whole message behind it */
	char *text;
	bool known; /* he has had it before: smtp/duplicate.h */
};

/* Recipients who are alike: the same verdicts act on them, or one has decided already about all, and what was found of
 * them is the same to verdicts.  They are stamped and delivered together.  Without PRDR there is one group, for there is one answer to the message. */
struct group {
	struct group *next;
	struct judgement judgement;
	struct delivery *delivery;     /* NULL: nobody was asked for yet */
	const struct recipient *first; /* of those that the backend has accepted */
	unsigned count;
};

/* One MAIL to its end; lives in the inspection's transaction arena. */
struct transaction {
	struct id id;
	int64_t started_ms;
	struct delivery_sender sender;
	struct str from; /* address without brackets */
	bool utf8;
	bool flies;      /* its client is gone while it is delivered: duplicate.h */
	bool prdr;       /* each recipient gets its own answer to the message */
	unsigned canary; /* 0..99: which share of canary verdicts this one falls in */
	uint64_t acting; /* of classes, the bits of verdicts that act in it */
	struct group group;
	struct group *at;                /* the one being judged or replayed */
	struct recipient *first, **last; /* accepted by the backend */
	struct recipient *asking;        /* the one being judged or asked */
	unsigned recipient_count, rcpt_commands;
	struct filter_outcome outcome;
	struct recognition *recognition; /* NULL: none, or it is over */
	struct ledger *ledger;           /* for the journal; NULL: there is none */
	uint64_t *seen;                  /* symbols, in what was decided of its recipients */

	bool binary; /* BODY=BINARYMIME: the bytes are not lines (RFC 3030 3) */
	struct text_scan scan;
	struct spool *spool; /* from DATA or the first BDAT on */
	int64_t whole_ms;    /* when its last byte came */
	uint64_t received;   /* bytes of the message, over the limit too */
	uint64_t paid;       /* of these, what has bought the client time */
	size_t headless;     /* so many bytes from its begin hold no end of the header section */
	bool forged;         /* its header section has fields that only we may write */
	struct str clean;    /* the header section without them, once it was needed */
	struct str attested; /* what is told of who sent it, once it was needed */
	enum { RECEIVE_STORE, RECEIVE_TOO_BIG, RECEIVE_NO_SPACE } receive;
};

/* ---- transaction.c ---- */
enum err transaction_begin(struct smtp_session *s, const struct mail_command *m,
			   struct str params) NODISCARD;
enum err transaction_recipient(struct smtp_session *s, const struct path *to,
			       struct str params) NODISCARD;
void transaction_end(struct smtp_session *s);
enum next transaction_judge_rcpt(struct smtp_session *s);
struct inspection_subject transaction_subject(const struct transaction *tx,
					      const struct recipient *r);
enum next transaction_asked(struct smtp_session *s);

/* ---- message.c ---- */
enum next message_begin(struct smtp_session *s);
enum next message_receive(struct smtp_session *s);
enum next message_judge(struct smtp_session *s);
enum next message_replayed(struct smtp_session *s);
/* For chunk.c: the message begins, takes bytes, is whole; or is refused, and the transaction is over. */
void message_open(struct smtp_session *s, enum text_kind kind);
void message_store(struct smtp_session *s, struct str bytes);
enum next message_complete(struct smtp_session *s);
enum next message_refuse(struct smtp_session *s, unsigned code, struct str text);

/* ---- outcome.c: what recipients hear of the message, and the log with them ---- */
/* What a reply means to who hears it of the mail, the verdict being what it is. */
enum filter_fate outcome_fate(const struct judgement *j, unsigned code);
/* It is settled what became of him: counted, and told to the filters that looked at him. */
void outcome_tell(struct smtp_session *s, const struct recipient *r, enum filter_fate fate);
/* Makes one judgement for the group of those for each in it. */
void outcome_unite(const struct transaction *tx, struct group *g);
/* Those of the group who have heard nothing else by then. */
void outcome_group(struct smtp_session *s, struct group *g, const struct reply *reply);
/* Those of the group who have had it before are taken out of it. */
void outcome_known(struct smtp_session *s, struct group *g);
delivery_each_fn outcome_each; /* of a struct recipient */
/* All groups have their outcome. */
void outcome_end(struct smtp_session *s);
/* No answer of the backend is waited for any more: those who have none hear 451.  The transaction is over. */
void outcome_cut(struct smtp_session *s);

/* ---- chunk.c ---- */
/* argument: of BDAT. */
enum next chunk_begin(struct smtp_session *s, struct str argument);
enum next chunk_receive(struct smtp_session *s);

#endif
