/* transfer_inside.h - a transfer as transfer.c (questions, connections) and transfer_reply.c (what
 * replies lead to) share it. */
#ifndef DELIVERY_TRANSFER_INSIDE_H
#define DELIVERY_TRANSFER_INSIDE_H

#include "delivery/body.h"
#include "delivery/envelope.h"
#include "delivery/transfer.h"

enum goal { GOAL_NONE, GOAL_SAY, GOAL_RCPT, GOAL_SEND };

/* What comes behind the message's end. */
enum ending {
	ENDING_ONE,    /* a reply for all */
	ENDING_EACH,   /* a reply for each recipient (RFC 2033 4.2) */
	ENDING_EITHER, /* a reply for all, or 353 and then BLOCK (PRDR) */
	ENDING_BLOCK,  /* a reply for each recipient, and one for the message */
};

struct transfer {
	struct delivery delivery;
	struct pool *pool;
	struct envelope envelope;
	struct script script; /* on `up` */
	struct body body;
	int64_t body_until_ms; /* it has to be taken by then */
	struct str line;       /* GOAL_SAY */
	struct upstream *up;   /* leased, or NULL */
	struct server *server; /* the last one used */
	struct waiter waiter;
	struct wake wake; /* begins a question: no answer comes from inside the asking */
	struct op *op;    /* the question being answered */
	enum goal goal;
	delivery_each_fn *each; /* of GOAL_SEND */
	enum ending ending;
	unsigned told;   /* of ENDING_EACH and BLOCK: recipients who have their reply */
	bool fresh;      /* the connection was made for this question, or is part of it */
	bool replaced;   /* a dead connection was, for this question */
	bool ended;      /* the final dot was handed over */
	bool incomplete; /* what `up` holds lacks a recipient, or has one who is to get nothing */
};

/* What a step's reply leads to: the next steps; or the question has ended and t may be gone. */
enum next { GO_ON, OVER };

static inline bool is_2xx(const struct reply *reply)
{
	return reply->code / 100 == 2;
}

static inline bool is_refusal(const struct reply *reply)
{
	return reply->code / 100 == 4 || reply->code / 100 == 5;
}

/* --- transfer.c --- */

/* The last thing done: the op's owner may ask again or close the delivery.  A recipient who was not
 * accepted is no part of the envelope. */
enum next transfer_finish(struct transfer *t, enum err err, const struct reply *reply);
/* The connection is dead, or has said what ends it. */
enum next transfer_lose(struct transfer *t, enum err err, const struct reply *reply);
/* The question is answered, the connection is kept for the next one. */
enum next transfer_hold(struct transfer *t, const struct reply *reply);
/* Whatever is open stays unanswered. */
void transfer_give_up(struct transfer *t);
struct upstream *transfer_detach(struct transfer *t);
void transfer_acquire(struct transfer *t);
void transfer_proceed(struct transfer *t); /* says the next steps */
unsigned transfer_unanswered(const struct transfer *t);
/* What was answered for a recipient: noted, or no longer true. */
void transfer_remember(struct transfer *t, const struct delivery_rcpt *r,
		       const struct reply *reply);
void transfer_forget(struct transfer *t);
void transfer_log(const struct transfer *t, const char *what, const struct reply *reply);

/* --- transfer_reply.c --- */

void transfer_reply(struct transfer *t, const struct reply *reply);
enum next transfer_begin(struct transfer *t, enum body_form form); /* the message's first piece */
enum next transfer_write(struct transfer *t);                      /* the next one */

#endif
